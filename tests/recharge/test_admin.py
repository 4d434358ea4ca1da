"""Staff's pages of recharges: the list, one, asking for its refund, and running stored value down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories.patients import make_patient
from tests.factories.payments import CHIEF
from tests.factories.recharge import make_recharge, place
from tests.factories.staff import make_member
from tests.factories.wallet import make_balance
from wxapp.admin.models import AuditRow
from wxapp.core import settings as core_settings
from wxapp.core.db import db
from wxapp.core.permissions import Permission
from wxapp.recharge.models import RechargeRefund
from wxapp.recharge.services import refunding
from wxapp.wallet import services as wallet
from wxapp.wallet import settings as stored_value

P = Permission
JSON = {"Accept": "application/json"}
ALL = {P.RECHARGE_READ, P.RECHARGE_REFUND, P.TABLE_EXPORT, P.DASHBOARD_READ}


@dataclass
class Desk:
    """A member of staff with some rights."""

    client: FlaskClient
    csrf: str

    def get(self, path: str) -> Any:
        return self.client.get(f"/pc/{path}")

    def ask(self, path: str) -> Any:
        return self.client.get(f"/pc/{path}", headers=JSON).json

    def post(self, path: str, **fields: Any) -> Any:
        return self.client.post(f"/pc/{path}", data={"csrf_token": self.csrf, **fields})


Sit = Callable[..., Desk]


@pytest.fixture
def sit(client: FlaskClient, sign_in_staff: Callable[[FlaskClient, Any], str]) -> Sit:
    return lambda *rights: Desk(client, sign_in_staff(client, make_member(set(rights))))


@pytest.fixture
def desk(sit: Sit) -> Desk:
    return sit(*ALL)


@pytest.fixture
def patient_id(client: FlaskClient) -> int:
    return make_patient(name="林小满").id


def refunds() -> list[RechargeRefund]:
    return list(db.session.scalars(sa.select(RechargeRefund).order_by(RechargeRefund.id)))


def test_the_list_shows_and_filters(desk: Desk, patient_id: int) -> None:
    paid, waiting = make_recharge(patient_id, 12_300).no, place(patient_id)
    page = desk.get("recharges").text
    assert "123.00" in page
    assert "林小满" not in page
    assert {row["no"] for row in desk.ask("recharges")["list"]} == {paid, waiting}
    assert [row["no"] for row in desk.ask("recharges?status=paid")["list"]] == [paid]
    assert desk.ask("recharges?since=2026-03-03")["list"] == []
    assert desk.get("recharges?export=xlsx").status_code == 200


def test_one_recharge_shows_its_calculation_and_history(desk: Desk, patient_id: int) -> None:
    recharge = make_recharge(patient_id, 12_300)
    page = desk.get(f"recharges/{recharge.no}").text
    assert all(text in page for text in ("退款计算", "现可原路退回", "已到账", "申请退款"))
    assert desk.get("recharges/R0").status_code == 404


def test_asking_for_a_refund_once_and_audited(desk: Desk, patient_id: int) -> None:
    no = make_recharge(patient_id, 10_000).no
    for _ in range(2):
        answer = desk.post(f"recharges/{no}/refund", amount="40", reason="患者申请", form_key="key-0000000001")
        assert answer.status_code in {302, 303}
    assert [row.amount_fen for row in refunds()] == [4_000]
    assert wallet.patient_balance(patient_id) == 6_000
    audited = db.session.scalars(sa.select(AuditRow).where(AuditRow.action == "recharge.refund"))
    assert [(row.subject, row.result) for row in audited] == [(f"patient:{patient_id}", "ok")] * 2


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"amount": "100.01", "reason": "患者申请"}, 409),
        ({"amount": "10", "reason": ""}, 422),
        ({"amount": "x", "reason": "患者申请"}, 422),
    ],
)
def test_a_wrong_refund_changes_nothing(desk: Desk, patient_id: int, fields: dict[str, str], status: int) -> None:
    no = make_recharge(patient_id, 10_000).no
    answer = desk.post(f"recharges/{no}/refund", **fields)
    assert answer.status_code == status
    assert f'value="{fields["amount"]}"' in answer.text
    assert refunds() == []


def test_only_those_who_may_see_and_ask(sit: Sit, patient_id: int) -> None:
    no = make_recharge(patient_id).no
    reader = sit(P.RECHARGE_READ)
    assert "申请退款" not in reader.get(f"recharges/{no}").text
    assert reader.post(f"recharges/{no}/refund", amount="1", reason="患者申请").status_code == 403
    assert reader.post("recharges/run-down", reason="清退").status_code == 403
    other = sit(P.WALLET_READ)
    for path in ("recharges", f"recharges/{no}", "recharges/run-down", f"recharges/run-down/{patient_id}"):
        assert other.get(path).status_code == 403


def test_the_start_page_shows_what_was_recharged_today(desk: Desk, patient_id: int) -> None:
    make_recharge(patient_id, 12_300)
    make_recharge(patient_id, 100)
    page = desk.get("").text
    assert "¥124.00" in page
    assert "今日在线充值" in page


# --- running down ----------------------------------------------------------------------------------------------------


def test_the_list_tells_whom_wechat_pay_reaches(desk: Desk, patient_id: int) -> None:
    make_recharge(patient_id, 10_000)
    at_counter = make_patient()
    make_balance(at_counter.id, 5_000)
    make_patient()
    rows = {row["patient_id"]: row for row in desk.ask("recharges/run-down")["list"]}
    assert rows.keys() == {patient_id, at_counter.id}
    assert (rows[patient_id]["returnable"], rows[patient_id]["counter"]) == ("100.00", "0.00")
    assert (rows[at_counter.id]["returnable"], rows[at_counter.id]["counter"]) == ("0.00", "50.00")
    assert "到前台办理" in rows[at_counter.id]["why_not"]
    for reach, expected in (("back", patient_id), ("counter", at_counter.id)):
        listed = desk.ask(f"recharges/run-down?reach={reach}")["list"]
        assert [row["patient_id"] for row in listed] == [expected]
    assert desk.get("recharges/run-down?export=xlsx").status_code == 200


def test_many_are_given_back_at_once_when_recharges_have_ended(desk: Desk, patient_id: int) -> None:
    other, frozen = make_patient().id, make_patient().id
    for each in (patient_id, other, frozen):
        make_recharge(each, 10_000)
    wallet.set_frozen(wallet.patient_account(frozen), True)
    press = {"reason": "停止储值业务", "form_key": "key-0000000001"}
    assert desk.post("recharges/run-down", **press).status_code == 422
    core_settings.write(stored_value.MODE, "run_down", by=CHIEF)
    assert "批量退款" in desk.get("recharges/run-down").text
    for _ in range(2):
        assert desk.post("recharges/run-down", **press).status_code in {302, 303}
    assert {row.patient_id for row in refunds()} == {patient_id, other}
    assert [wallet.patient_balance(each) for each in (patient_id, other, frozen)] == [0, 0, 10_000]


def test_a_conflict_while_many_are_given_back_leaves_nobody_out(
    desk: Desk, patient_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_patient().id
    for each in (patient_id, other):
        make_recharge(each, 10_000)
    core_settings.write(stored_value.MODE, "run_down", by=CHIEF)
    request_back, conflicts = refunding.request_back, [sa.exc.OperationalError("", {}, Exception("database is locked"))]

    def conflicted(*args: Any, **more: Any) -> list[str]:
        if conflicts:
            raise conflicts.pop()
        return request_back(*args, **more)

    monkeypatch.setattr(refunding, "request_back", conflicted)
    desk.post("recharges/run-down", reason="停止储值业务", form_key="key-0000000001")
    assert {row.patient_id for row in refunds()} == {patient_id, other}


def test_all_of_one_patient_is_given_back(desk: Desk, patient_id: int) -> None:
    make_recharge(patient_id, 10_000)
    make_recharge(patient_id, 5_000)
    make_balance(patient_id, 1_000)
    page = desk.get(f"recharges/run-down/{patient_id}").text
    assert "150.00" in page
    answer = desk.post(f"recharges/run-down/{patient_id}", reason="停止储值业务")
    assert answer.status_code in {302, 303}
    assert sorted(row.amount_fen for row in refunds()) == [5_000, 10_000]
    assert wallet.patient_balance(patient_id) == 1_000
    assert desk.post(f"recharges/run-down/{patient_id}", reason="停止储值业务").status_code == 409
