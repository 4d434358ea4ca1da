"""The pages and interfaces of the cashier."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories.cashier import make_collected, part
from tests.factories.configuration import make_method, make_methods
from tests.factories.patients import make_patient
from tests.factories.staff import make_member
from tests.factories.till import cashier_of, make_deposit
from tests.factories.visits import make_visit
from tests.factories.wallet import make_balance
from wxapp.admin.models import AuditRow
from wxapp.core.db import change, db, transaction
from wxapp.core.permissions import Permission
from wxapp.hospital.models import Method, MethodKind
from wxapp.till import queries as till
from wxapp.till.models import Deposit, DepositStatus
from wxapp.visits.models import Stage, Visit
from wxapp.wallet.services import patient_balance

FRONT_DESK = {
    Permission.VISIT_READ, Permission.VISIT_COLLECT, Permission.VISIT_INTAKE, Permission.PATIENT_REVEAL,
}  # fmt: skip
HTML = {"Accept": "text/html"}


@pytest.fixture
def methods(app: Flask) -> Mapping[str, Method]:
    return make_methods()


@pytest.fixture
def csrf(client: FlaskClient, sign_in_staff: Callable[[FlaskClient, Any], str]) -> str:
    return sign_in_staff(client, make_member(FRONT_DESK))


def approved(fen: int = 450_000, **over: Any) -> Visit:
    return make_visit(stage=Stage.APPROVED, final_fen=fen, **over)


def lists(methods: Mapping[str, Method], visit: Visit, **changes: str) -> dict[str, str]:
    given = {
        "id": str(visit.id),
        "collect_num": "100.00,200.00,1800.00,2400.00,",
        "collect_type": "支付宝,微信,分期甲,分期乙,",
        "collect_remarks": "备注1,备注2,备注3, ,",
        "bank_id": f"{methods['分期甲'].id},{methods['分期乙'].id},",
        "periods_num": "12,6,",
        "loan_num": "1800.00,2400.00,",
        "repayment_date": "08,13,",
    }
    return {**given, **changes}


def row(method: str, amount: str, **more: str) -> dict[str, str]:
    blank = {"pay_remark": "", "pay_periods": "", "pay_day": ""}
    return {"pay_method": method, "pay_amount": amount, **blank, **more}


def rows(*each: dict[str, str]) -> dict[str, list[str]]:
    return {name: [one[name] for one in each] for name in each[0]}


def send(client: FlaskClient, path: str, csrf: str, data: Mapping[str, Any], **over: Any) -> TestResponse:
    return client.post(path, data={**data, "csrf_token": csrf}, **over)


def test_a_program_collects_with_parallel_lists(client: FlaskClient, csrf: str, methods: Mapping[str, Method]) -> None:
    visit = approved()
    answer = send(client, "/pc/collect/pay", csrf, lists(methods, visit))
    assert answer.status_code == 200
    assert answer.json is not None
    assert (answer.json["code"], answer.json["msg"]) == (1, "操作成功")
    db.session.refresh(visit)
    assert (visit.stage, visit.collected_fen) == (Stage.COLLECTED, 450_000)
    again = send(client, "/pc/collect/pay", csrf, lists(methods, visit)).json
    assert again is not None
    assert (again["code"], again["msg"]) == (0, "操作失败：状态已变化，请刷新")
    assert len(till.entries_of(f"visit:{visit.id}")) == 4


def test_a_broken_list_saves_nothing(client: FlaskClient, csrf: str, methods: Mapping[str, Method]) -> None:
    visit = approved()
    answer = send(client, "/pc/collect/pay", csrf, lists(methods, visit, periods_num=" , ,12,6,"))
    assert answer.json is not None
    assert answer.json["code"] == 0
    assert "整数" in answer.json["msg"]
    db.session.refresh(visit)
    assert (visit.stage, list(till.receipts_of(f"visit:{visit.id}"))) == (Stage.APPROVED, [])


def test_a_change_and_a_second_collection_by_lists(
    client: FlaskClient, csrf: str, methods: Mapping[str, Method]
) -> None:
    visit = make_collected([part(methods["现金"], 10_000)])
    simple = {"id": visit.id, "collect_num": "100,", "collect_type": "微信,", "collect_remark": " ,"}
    assert send(client, "/pc/collect/edit.html", csrf, simple).json["code"] == 1  # type: ignore[index]
    with transaction():
        change(sa.update(Visit).where(Visit.id == visit.id).values(stage=Stage.COLLECT_AGAIN, final_fen=15_000))
    more = {"id": visit.id, "collect_num": "50.00", "collect_type": "现金", "bank_id": "", "loan_num": ""}
    assert send(client, "/pc/collect/again", csrf, more).json["code"] == 1  # type: ignore[index]
    assert [entry.method_name for entry in till.entries_of(f"visit:{visit.id}")] == ["微信", "现金"]
    db.session.refresh(visit)
    assert (visit.stage, visit.collected_fen) == (Stage.COLLECTED, 15_000)


def test_the_page_collects_and_leads_on(client: FlaskClient, csrf: str, methods: Mapping[str, Method]) -> None:
    visit = approved(30_000)
    page = client.get(f"/pc/collect/pay?id={visit.id}", headers=HTML).text
    assert "应收" in page
    assert 'value="300"' in page
    form = {
        "id": visit.id, "version": visit.version, "form_key": "once",
        **rows(row("现金", "100"), row("分期甲", "200", pay_periods="6", pay_day="31"), row("", "")),
    }  # fmt: skip
    answer = send(client, "/pc/collect/pay", csrf, form, headers=HTML)
    assert answer.status_code == 303
    assert answer.location.endswith(f"/pc/collect/details?id={visit.id}")
    again = send(client, "/pc/collect/pay", csrf, form, headers=HTML)
    assert again.location == answer.location
    assert len(till.receipts_of(f"visit:{visit.id}")) == 1
    shown = client.get(answer.location, headers=HTML).text
    assert "6期，每月31日还款" in shown
    assert "已结清" in shown


def test_a_refused_page_keeps_what_was_typed(client: FlaskClient, csrf: str, methods: Mapping[str, Method]) -> None:
    visit = approved(30_000)
    form = {"id": visit.id, **rows(row("现金", "100.50", pay_remark="尾款"), row("分期甲", "100"))}
    answer = send(client, "/pc/collect/pay", csrf, form, headers=HTML)
    assert answer.status_code == 422
    assert "请填写贷款期数" in answer.text
    assert 'value="100.50"' in answer.text
    assert 'value="尾款"' in answer.text


def test_a_change_on_the_page_says_why(client: FlaskClient, csrf: str, methods: Mapping[str, Method]) -> None:
    visit = make_collected([part(methods["现金"], 10_000)])
    form = {"id": visit.id, **rows(row("微信", "100"))}
    assert "请填写变更原因" in send(client, "/pc/collect/edit", csrf, form, headers=HTML).text
    assert send(client, "/pc/collect/edit", csrf, {**form, "reason": "登记错误"}, headers=HTML).status_code == 303
    assert till.receipts_of(f"visit:{visit.id}")[-1].reason == "登记错误"
    shown = client.get(f"/pc/collect/details?id={visit.id}", headers=HTML).text
    assert "已作废的付款（1笔）" in shown


def test_stored_value_needs_the_patients_password(
    client: FlaskClient, csrf: str, methods: Mapping[str, Method]
) -> None:
    make_method("储值余额", MethodKind.BALANCE)
    patient = make_patient(balance_password="739164")
    make_balance(patient.id, 10_000)
    visit = approved(10_000, patient=patient)
    form = {"id": visit.id, "collect_num": "100", "collect_type": "储值余额"}
    for wrong in ("", "111111"):
        answer = send(client, "/pc/collect/pay", csrf, {**form, "balance_password": wrong}).json
        assert answer is not None
        assert answer["code"] == 0
    assert patient_balance(patient.id) == 10_000
    right = {**form, "balance_password": "739164"}
    assert send(client, "/pc/collect/pay", csrf, right).json["code"] == 1  # type: ignore[index]
    assert patient_balance(patient.id) == 0
    # Booking the same part anew asks for nothing; nothing more leaves the account.
    changed = {"id": visit.id, "collect_num": "60,40", "collect_type": "储值余额,现金"}
    assert send(client, "/pc/collect/edit", csrf, changed).json["code"] == 1  # type: ignore[index]
    assert patient_balance(patient.id) == 4_000


def test_the_lists_have_their_visits(client: FlaskClient, csrf: str, methods: Mapping[str, Method]) -> None:
    waiting, paid = approved(), make_collected([part(methods["现金"], 10_000)])
    again = make_visit(stage=Stage.COLLECT_AGAIN, final_fen=100)
    for status, visit in (("1", waiting), ("2", again), ("3", paid)):
        answer = client.get(f"/pc/collect/index?status={status}").json
        assert answer is not None
        assert [found["id"] for found in answer["list"]] == [str(visit.id)]
        assert "****" in answer["list"][0]["user_phone"]
        assert client.get(f"/pc/collect/index?status={status}", headers=HTML).status_code == 200


def test_details_are_whole_for_who_may_see_them_and_logged(
    client: FlaskClient, csrf: str, methods: Mapping[str, Method]
) -> None:
    visit = make_collected([part(methods["现金"], 10_000, remark="现场")])
    info = client.get(f"/pc/Collect/details.html?id={visit.id}").json["info"]  # type: ignore[index]
    assert info["zhifu"] == [
        {"col_type": "现金", "col_num": "100.00", "col_remark": "现场", "create_time": info["zhifu"][0]["create_time"]}
    ]
    assert "****" not in info["user_phone"]
    assert isinstance(info["preoperative_img"], list)
    assert isinstance(info["ct_img"], str)
    looks = db.session.scalars(sa.select(AuditRow.subject).where(AuditRow.action == "audit.look")).all()
    assert f"visit:{visit.id}" in looks
    page = client.get(f"/pc/collect/details?id={visit.id}", headers=HTML).text
    assert info["user_phone"] not in page


@pytest.mark.parametrize("path", ["pay", "edit", "again", "details", "index"])
def test_others_have_no_access(
    client: FlaskClient, sign_in_staff: Callable[[FlaskClient, Any], str], path: str
) -> None:
    visit = approved()
    sign_in_staff(client, make_member({Permission.VISIT_READ, Permission.CONSULT}))
    assert client.get(f"/pc/collect/{path}?id={visit.id}").status_code == 403


def test_nothing_is_collected_without_the_token(client: FlaskClient, csrf: str, methods: Mapping[str, Method]) -> None:
    visit = approved()
    assert client.post("/pc/collect/pay", data=lists(methods, visit)).status_code == 419
    db.session.refresh(visit)
    assert visit.stage is Stage.APPROVED


@pytest.mark.parametrize("path", ["pay", "edit", "again", "details", "deposit"])
@pytest.mark.parametrize("asked", ["", "id=0", "id=x", "id=999999", "id=" + "9" * 30])
def test_unknown_visits_are_not_found(client: FlaskClient, csrf: str, path: str, asked: str) -> None:
    assert client.get(f"/pc/collect/{path}?{asked}", headers=HTML).status_code == 404


def test_a_get_changes_nothing(client: FlaskClient, csrf: str, methods: Mapping[str, Method]) -> None:
    visit = approved(10_000)
    client.get("/pc/collect/pay", query_string={**lists(methods, visit), "collect_num": "100", "collect_type": "现金"})
    db.session.refresh(visit)
    assert (visit.stage, visit.version) == (Stage.APPROVED, 1)


def test_a_lowered_price_leads_to_the_change(client: FlaskClient, csrf: str, methods: Mapping[str, Method]) -> None:
    visit = make_collected([part(methods["现金"], 10_000)])
    with transaction():
        change(sa.update(Visit).where(Visit.id == visit.id).values(stage=Stage.COLLECT_AGAIN, final_fen=8_000))
    page = client.get(f"/pc/collect/again?id={visit.id}", headers=HTML).text
    assert "应退还差额" in page
    assert f"/pc/collect/edit?id={visit.id}" in page


# --- deposits --------------------------------------------------------------------------------------------------------


def test_a_password_that_was_forgotten_to_be_typed_is_no_wrong_one(client: FlaskClient, csrf: str) -> None:
    make_method("储值余额", MethodKind.BALANCE)
    patient = make_patient(balance_password="739164")
    make_balance(patient.id, 1_000)
    visit = approved(1_000, patient=patient)
    form = {"id": visit.id, "collect_num": "10,", "collect_type": "储值余额,"}
    for _ in range(6):
        answer = send(client, "/pc/collect/pay", csrf, form).json
        assert answer is not None
        assert "须由客户输入余额密码" in answer["msg"]
    assert send(client, "/pc/collect/pay", csrf, {**form, "balance_password": "739164"}).json["code"] == 1  # type: ignore[index]
    assert patient_balance(patient.id) == 0


def test_a_deposit_is_taken_once_and_given_back(client: FlaskClient, csrf: str, methods: Mapping[str, Method]) -> None:
    visit = make_visit()
    page = client.get(f"/pc/collect/deposit?id={visit.id}", headers=HTML).text
    assert "分期甲" not in page
    form = {"id": visit.id, "amount": "500", "method": "现金", "form_key": "k"}
    for _ in range(2):
        assert send(client, "/pc/collect/deposit", csrf, form, headers=HTML).status_code == 303
    [deposit] = till.deposits_of(visit.patient_id)
    assert (deposit.amount_fen, deposit.subject) == (50_000, f"visit:{visit.id}")
    address = f"/pc/collect/deposits/{deposit.no}"
    assert send(client, address, csrf, {}, headers=HTML).status_code == 422
    assert send(client, address, csrf, {"reason": "客户取消"}, headers=HTML).status_code == 303
    db.session.refresh(deposit)
    assert (deposit.left_fen, deposit.status) == (0, DepositStatus.RETURNED)
    done = client.get(address, headers=HTML).text
    assert "已全部抵扣或退还" in done
    assert f"/pc/collect/deposit?id={visit.id}" in done  # the way back, and what is printed for the patient
    for receipt in till.receipts_of(f"deposit:{deposit.id}"):
        assert f"/pc/till/receipts/{receipt.no}" in done
    assert send(client, address, csrf, {"reason": "客户取消"}, headers=HTML).status_code == 409


def test_a_deposit_is_given_back_as_the_page_said_and_once(
    client: FlaskClient, csrf: str, methods: Mapping[str, Method]
) -> None:
    deposit = make_deposit(
        500, patient_id=make_patient().id, method=methods["现金"], cashier=cashier_of(make_member())
    )  # fmt: skip
    address = f"/pc/collect/deposits/{deposit.no}"
    page = client.get(address, headers=HTML).text
    assert 'name="left_fen" value="500"' in page
    form = {"reason": "客户取消", "form_key": "k"}
    refused = send(client, address, csrf, {**form, "left_fen": "400"}, headers=HTML)
    assert (refused.status_code, "定金余额已变化" in refused.text) == (409, True)
    for _ in range(2):
        assert send(client, address, csrf, {**form, "left_fen": "500"}, headers=HTML).status_code == 303
    assert [receipt.net_fen for receipt in till.receipts_of(f"deposit:{deposit.id}")] == [500, -500]


@pytest.mark.parametrize("method", ["分期甲", "定金", "没有"])
def test_a_deposit_is_no_loan(client: FlaskClient, csrf: str, methods: Mapping[str, Method], method: str) -> None:
    visit = make_visit()
    answer = send(client, "/pc/collect/deposit", csrf, {"id": visit.id, "amount": "1", "method": method}, headers=HTML)
    assert answer.status_code == 422
    assert db.session.scalars(sa.select(Deposit)).all() == []


def test_the_visit_shows_payments_and_deposits(
    app: Flask, client: FlaskClient, csrf: str, methods: Mapping[str, Method]
) -> None:
    cashier = cashier_of(make_member())
    visit = approved(10_000)
    make_deposit(2_000, patient_id=visit.patient_id, method=methods["现金"], cashier=cashier)
    make_collected([part(methods["现金"], 8_000), part(methods["定金"], 2_000)], visit=visit, cashier=cashier)
    page = client.get(f"/pc/visits/{visit.id}?part=money", headers=HTML)
    assert page.status_code == 200
    assert "已抵扣" in page.text
    assert "变更付款" in page.text


@pytest.mark.parametrize(
    ("wrong", "column", "sentence"),
    [
        (row("", "1000"), "pay_method", "第2笔请选择付款方式"),
        (row("支付宝", "1,00.5"), "pay_amount", "第2笔“1,00.5”不是正确的金额"),
        (row("支付宝", "0"), "pay_amount", "第2笔（支付宝）金额应大于0"),
        (row("分期甲", "1000"), "pay_periods", "第2笔（分期甲）请填写贷款期数"),
        (row("分期甲", "1000", pay_periods="12", pay_day="32"), "pay_day", "第2笔（分期甲）还款日应为1至31日"),
    ],
)
def test_a_wrong_payment_is_told_beside_its_row(
    client: FlaskClient, csrf: str, methods: Mapping[str, Method], wrong: dict[str, str], column: str, sentence: str
) -> None:
    visit = approved()
    typed = {"id": str(visit.id), **rows(row("支付宝", "3500"), row("", ""), wrong)}  # a blank row does not count
    answer = send(client, "/pc/collect/pay", csrf, typed, headers=HTML)
    page = answer.text
    assert answer.status_code == 422
    assert page.count('aria-invalid="true"') == 1
    [marked] = re.findall(r'<(?:input|select)[^>]*aria-invalid="true"[^>]*>', page)
    assert f'name="{column}"' in marked
    assert re.search(rf'id="row-error-2"[^>]*>{re.escape(sentence)}', page)


def test_who_comes_too_late_is_told_that_nothing_was_saved(
    client: FlaskClient, csrf: str, methods: Mapping[str, Method]
) -> None:
    visit = approved(10_000)
    typed = {"id": str(visit.id), **rows(row("支付宝", "100"))}
    send(client, "/pc/collect/pay", csrf, typed, headers=HTML)
    late = send(client, "/pc/collect/pay", csrf, typed, headers=HTML)
    assert late.status_code == 409
    assert "您填写的内容没有保存" in late.text
    assert f"/pc/collect/details?id={visit.id}" in late.text
