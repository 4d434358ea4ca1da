"""The patients' pages of recharges: right, wrong, closed, not one's own, pressed twice."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories.patients import make_patient, make_wechat_user
from tests.factories.payments import CHIEF
from tests.factories.recharge import make_recharge, pay, place
from tests.factories.wallet import make_balance
from tests.recharge.conftest import Phone, SignIn
from wxapp.core import settings as core_settings
from wxapp.core.db import db
from wxapp.patients import services as patients
from wxapp.payments import services as payments
from wxapp.recharge import queries
from wxapp.recharge.models import Recharge, RechargeRefund, RefundStatus
from wxapp.wallet import services as wallet
from wxapp.wallet import settings as stored_value

MOST_QUERIES = 12


def count(model: type) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def only() -> Recharge:
    return db.session.scalars(sa.select(Recharge)).one()


def test_the_page_shows_whose_balance_it_is_and_what_is_suggested(phone: Phone) -> None:
    make_balance(phone.patient_id, 12_345)
    page = phone.get("/recharge").text
    assert re.search(r"林\*\*", page)
    assert re.search(r"9999\*{4}\d{3}[\dX]", page)
    assert "123.45" in page
    assert re.findall(r'data-amount="(\d+)"', page) == ["50", "100", "500", "1000", "2000", "8888"]
    assert 'value="8888"' in phone.get("/recharge?amount=8888").text


@pytest.mark.parametrize("amount", ["x", "-1", "", "1e3", "１００", "9" * 40])
def test_an_address_with_rubbish_fills_nothing_in(phone: Phone, amount: str) -> None:
    answer = phone.get(f"/recharge?amount={amount}")
    assert answer.status_code == 200
    assert re.search(r'name="amount"[^>]*value=""', answer.text)


def test_placing_leads_to_wechat_pay_alone(phone: Phone) -> None:
    make_balance(phone.patient_id, 50_000)
    answer = phone.recharge("128.50")
    recharge = only()
    assert recharge.amount_fen == 12_850
    assert (answer.status_code, answer.location) == (303, f"/pay/{recharge.payment_no}")
    assert re.findall(r'name="way" value="(\w+)"', phone.get(answer.location).text) == ["wechat"]
    for way in ("balance", "hospital"):
        assert phone.get(f"{answer.location}/{way}").status_code == 409
        assert phone.post(f"{answer.location}/{way}").status_code == 409


def test_after_a_switch_in_another_tab_nothing_is_done_for_the_other_patient(phone: Phone) -> None:
    shown = re.search(r'name="patient_id" value="(\d+)"', phone.get("/recharge").text)
    assert shown is not None
    child = make_patient(name="林小小")
    make_balance(child.id, 1_000)
    patients.bind_by_staff(phone.user_id, child.id, by=CHIEF)
    patients.switch_patient(phone.user_id, child.id)
    for path in ("/recharge", "/recharge/refunds"):
        answer = phone.post(path, amount="5", patient_id=shown[1], once="switched-00001")
        assert (answer.status_code, "当前就诊人已切换" in answer.text) == (409, True)
    assert (count(Recharge), count(RechargeRefund)) == (0, 0)


def test_a_double_press_places_one(phone: Phone) -> None:
    first, second = phone.recharge(), phone.recharge()
    assert first.location == second.location
    assert count(Recharge) == 1


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("", "请填写充值金额"),
        ("abc", "金额格式不正确"),
        ("0.50", "单笔充值不能低于1.00元"),
        ("10000.01", "单笔充值不能超过10000.00元"),
        ("-5", "金额格式不正确"),
    ],
)
def test_a_wrong_amount_is_told_beside_the_field_and_kept(phone: Phone, amount: str, sentence: str) -> None:
    answer = phone.recharge(amount)
    assert (answer.status_code, sentence in answer.text) == (422, True)
    assert f'value="{amount}"' in answer.text
    assert count(Recharge) == 0


def test_the_limit_of_the_day_is_told_beside_the_field(phone: Phone) -> None:
    core_settings.write(stored_value.TOP_UP_DAY, 15_000, by=CHIEF)
    phone.recharge("100")
    answer = phone.recharge("100", key="once-0000000002")
    assert (answer.status_code, "超过每日充值上限150.00元" in answer.text) == (409, True)
    assert "1.00 至 50.00 元" in phone.get("/recharge").text


@pytest.mark.parametrize("mode", ["run_down", "off"])
def test_a_closed_page_says_why_and_leads_on(phone: Phone, mode: str) -> None:
    core_settings.write(stored_value.MODE, mode, by=CHIEF)
    page = phone.get("/recharge").text
    assert "在线充值当前未开放" in page
    assert 'name="amount"' not in page
    assert 'href="/me/wallet"' in page
    assert 'href="/recharge/refunds"' in page
    assert phone.recharge().status_code == 409


def test_without_a_patient_binding_comes_first(client: FlaskClient, sign_in_wechat: SignIn) -> None:
    sign_in_wechat(client, make_wechat_user())
    answer = client.get("/recharge")
    assert (answer.status_code, answer.location) == (302, "/me/bind?next=/recharge")


def test_one_recharge_from_unpaid_to_booked(phone: Phone) -> None:
    phone.recharge()
    no = only().no
    assert "去付款" in phone.get(f"/recharge/{no}").text
    assert f"/recharge/{no}" in phone.get("/recharge").text
    pay(no)
    page = phone.get(f"/recharge/{no}").text
    assert "当前余额 100.00 元" in page
    assert "去付款" not in page


def test_an_unpaid_recharge_can_be_cancelled(phone: Phone) -> None:
    phone.recharge()
    no = only().no
    for _ in range(2):
        assert phone.post(f"/recharge/{no}/cancel").status_code == 303
    assert "用户取消" in phone.get(f"/recharge/{no}").text
    pay(no)
    assert wallet.patient_balance(phone.patient_id) == 10_000


# --- giving back -----------------------------------------------------------------------------------------------------


def ask(phone: Phone, amount: str = "40", *, key: str = "once-0000000009", reason: str = "") -> str:
    answer = phone.post("/recharge/refunds", amount=amount, reason=reason, once=key)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def test_asking_for_money_back_shows_how_it_was_calculated(phone: Phone) -> None:
    make_recharge(phone.patient_id, 10_000)
    assert 'value="100.00"' in phone.get("/recharge/refunds").text
    address = ask(phone, reason="不需要了")
    assert ask(phone, reason="不需要了") == address
    page = phone.get(address).text
    assert all(text in page for text in ("40.00", "100.00", "不需要了", "撤回申请"))
    assert wallet.patient_balance(phone.patient_id) == 6_000
    assert "退款处理中" in phone.get("/recharge/refunds").text
    assert address in phone.get("/me/wallet").text


def test_a_request_is_withdrawn(phone: Phone) -> None:
    make_recharge(phone.patient_id, 10_000)
    address = ask(phone)
    assert phone.post(f"{address}/withdraw").status_code == 303
    assert wallet.patient_balance(phone.patient_id) == 10_000
    assert "已撤回" in phone.get(address).text
    assert phone.post(f"{address}/withdraw").status_code == 409


def test_a_decided_request_can_not_be_withdrawn(phone: Phone) -> None:
    make_recharge(phone.patient_id, 10_000)
    address = ask(phone)
    payments.approve_refund(db.session.scalars(sa.select(RechargeRefund)).one().refund_no, by=CHIEF)
    assert "正在原路退回" in phone.get(address).text
    assert phone.post(f"{address}/withdraw").status_code == 409


@pytest.mark.parametrize(("amount", "status"), [("100.01", 409), ("0", 422), ("x", 422), ("", 422)])
def test_more_than_is_left_is_refused_beside_the_field(phone: Phone, amount: str, status: int) -> None:
    make_recharge(phone.patient_id, 10_000)
    answer = phone.post("/recharge/refunds", amount=amount, once="once-0000000009")
    assert answer.status_code == status
    assert 'aria-invalid="true"' in answer.text
    assert count(RechargeRefund) == 0


def test_what_can_not_go_back_says_where_it_can(phone: Phone) -> None:
    make_balance(phone.patient_id, 10_000)
    page = phone.get("/recharge/refunds").text
    assert "请携带身份证到前台办理" in page
    assert 'name="amount"' not in page


def test_nothing_to_give_back_says_so(phone: Phone) -> None:
    assert "没有可以退款的充值" in phone.get("/recharge/refunds").text


def test_nobody_sees_or_changes_what_is_another_s(phone: Phone, client: FlaskClient, sign_in_wechat: SignIn) -> None:
    no = make_recharge(phone.patient_id, 10_000).no
    waiting = place(phone.patient_id)
    refund = ask(phone)
    phone.csrf = sign_in_wechat(client, make_wechat_user(patient=make_patient(name="陌生人")))
    for path in (f"/recharge/{no}", f"/recharge/{waiting}", refund):
        assert phone.get(path).status_code == 404
    assert phone.post(f"/recharge/{waiting}/cancel").status_code == 404
    assert phone.post(f"{refund}/withdraw").status_code == 404
    assert queries.get_refund(refund.rpartition("/")[2]).status is RefundStatus.UNDER_WAY
    assert "没有可以退款的充值" in phone.get("/recharge/refunds").text


def test_another_patient_of_the_family_is_another(phone: Phone) -> None:
    no = make_recharge(phone.patient_id).no
    child = make_patient(name="林小小")
    patients.bind_by_staff(phone.user_id, child.id, by=CHIEF)
    patients.switch_patient(phone.user_id, child.id)
    assert phone.get(f"/recharge/{no}").status_code == 404
    patients.switch_patient(phone.user_id, phone.patient_id)
    assert phone.get(f"/recharge/{no}").status_code == 200


@pytest.mark.parametrize("path", ["/recharge", "/recharge/refunds", "/me/wallet"])
def test_a_page_asks_few_questions(phone: Phone, queries: list[str], path: str) -> None:
    for _ in range(4):
        make_recharge(phone.patient_id, 10_000)
    place(phone.patient_id)
    db.session.commit()
    queries.clear()
    assert phone.get(path).status_code == 200
    assert len(queries) <= MOST_QUERIES, queries
