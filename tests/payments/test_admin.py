"""Staff's pages of payments: each right, wrong, and not allowed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories.patients import make_patient
from tests.factories.payments import CASHIER, CLERK, ask_refund, begin, make_collected, make_payment, make_payout
from tests.factories.staff import make_member
from tests.fakes.pay import FakePay
from wxapp.core.db import db
from wxapp.core.permissions import Permission
from wxapp.payments import listings, queries, services, subjects
from wxapp.payments.models import Difference, DifferenceStatus, Method, PaymentOrder, PaymentStatus, RefundStatus
from wxapp.payments.rules import Kind
from wxapp.payments.services.differences import write_difference
from wxapp.wechat.pay.values import RefundState, TransferState

SignIn = Callable[[FlaskClient, Any], str]
JSON = {"Accept": "application/json"}
ALL = (
    Permission.PAYMENT_READ,
    Permission.PAYMENT_COLLECT,
    Permission.REFUND_REQUEST,
    Permission.REFUND_APPROVE,
    Permission.LEDGER_READ,
    Permission.DIFFERENCE_HANDLE,
    Permission.DASHBOARD_READ,
)


@dataclass
class Desk:
    """A member of staff at a browser."""

    client: FlaskClient
    sign_in: SignIn
    csrf: str = ""
    member: Any = field(default=None)

    def as_member(self, *permissions: Permission) -> Desk:
        self.member = make_member(permissions=set(permissions))
        self.csrf = self.sign_in(self.client, self.member)
        return self

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def post(self, path: str, **fields: str) -> Any:
        return self.client.post(path, data={"csrf_token": self.csrf, **fields})

    def ask(self, path: str, **fields: str) -> Any:
        return self.client.post(path, data=fields, headers={"X-CSRF-Token": self.csrf, **JSON})


@pytest.fixture
def desk(client: FlaskClient, sign_in_staff: SignIn, pay: FakePay) -> Desk:
    return Desk(client, sign_in_staff).as_member(*ALL)


def status_of(payment: PaymentOrder) -> PaymentStatus:
    return queries.get_due(payment.no).status


def search(desk: Desk, path: str, text: str) -> str:
    kept = desk.post("/pc/table-filter", page_of=path, private="q", q=text)
    assert text not in kept.location
    return str(desk.get(kept.location).text)


# --- cashier ---------------------------------------------------------------------------------------------------------


def test_the_cashier_sees_what_waits_at_the_hospital(desk: Desk) -> None:
    waiting, other = make_payment(), make_payment()
    services.choose_at_hospital(waiting.no, by="wechat:7")
    page = desk.get("/pc/cashier").text
    assert waiting.subject_no in page
    assert other.subject_no not in page


@pytest.mark.parametrize("by", ["number", "name", "phone"])
def test_the_cashier_finds_an_order_without_the_text_in_the_address(desk: Desk, by: str) -> None:
    patient = make_patient(name="李小梅", phone="13800001234")
    payment = make_payment(patient_id=patient.id)
    text = {"number": payment.subject_no, "name": "李小梅", "phone": "13800001234"}[by]
    page = search(desk, "/pc/cashier", text)
    assert payment.no in page
    assert "李小梅" not in re.sub(r'<input[^>]*name="q"[^>]*>', "", page)


def test_mixed_money_is_taken_with_one_press(desk: Desk) -> None:
    payment = make_payment()
    path = f"/pc/cashier/{payment.no}"
    assert "199.00" in desk.get(path).text
    wrong = desk.post(path, cash="100", card="98.99")
    assert (wrong.status_code, "不一致" in wrong.text, 'value="98.99"' in wrong.text) == (422, True, True)
    assert status_of(payment) is PaymentStatus.OPEN
    taken = desk.post(path, cash="100", card="99", till="一楼1号")
    assert taken.status_code in {302, 303}
    found = queries.get_payment(payment.no)
    assert (found.method, found.till, found.collected_by) == (Method.MIXED, "一楼1号", f"staff:{desk.member.id}")
    assert desk.post(path, cash="199").status_code == 409


@pytest.mark.parametrize("amount", ["-1", "1e2", "一百", "1.005"])
def test_nonsense_is_no_amount(desk: Desk, amount: str) -> None:
    payment = make_payment()
    assert desk.post(f"/pc/cashier/{payment.no}", cash=amount).status_code == 422
    assert status_of(payment) is PaymentStatus.OPEN


def test_a_receipt_says_when_it_is_a_reprint(desk: Desk) -> None:
    payment = make_collected({Method.CASH: 19_900})
    first, second = (desk.post(f"/pc/payments/{payment.no}/receipt").text for _ in range(2))
    assert str(payment.receipt_no) in first
    assert "补打" not in first
    assert "补打第 1 次" in second
    assert desk.post(f"/pc/payments/{make_payment().no}/receipt").status_code == 404


# --- payments --------------------------------------------------------------------------------------------------------


def test_a_payment_shows_its_attempts_and_transfers(desk: Desk, pay: FakePay) -> None:
    payment = make_payment()
    number = begin(payment)
    notice = pay.pay(number)
    services.receive_notice(notice.headers, notice.body)
    page = desk.get(f"/pc/payments/{payment.no}").text
    assert number in page
    assert "体检商城收入" in page
    assert "已入账" in page
    assert payment.no in desk.get("/pc/payments").text
    assert payment.no in search(desk, "/pc/payments", number)


def test_staff_may_ask_wechat(desk: Desk, pay: FakePay) -> None:
    payment = make_payment()
    pay.pay(begin(payment))
    assert desk.ask(f"/pc/payments/{payment.no}/query").json["status"] == "paid"


def test_staff_ask_for_a_refund_once_per_form(desk: Desk) -> None:
    payment = make_collected({Method.CASH: 19_900})
    path = f"/pc/payments/{payment.no}/refund"
    key = "k" * 20
    for _ in range(2):
        assert desk.post(path, amount="99", reason="不想要了", form_key=key).status_code in {302, 303}
    assert queries.get_payment(payment.no).refunded_fen == 9_900
    assert desk.post(path, amount="98", reason="不想要了", form_key=key).status_code == 422
    other = make_collected({Method.CASH: 19_900})
    assert desk.post(f"/pc/payments/{other.no}/refund", amount="99", reason="不想要了", form_key=key).status_code == 422
    too_much = desk.post(path, amount="100.01", reason="不想要了", form_key="x" * 20)
    assert (too_much.status_code, "超过可退金额" in too_much.text) == (409, True)


# --- refunds ---------------------------------------------------------------------------------------------------------


def test_another_person_decides(desk: Desk) -> None:
    payment = make_collected({Method.CASH: 19_900})
    mine = ask_refund(payment, 100, by=f"staff:{desk.member.id}")
    other = ask_refund(payment, 200)
    assert "须由另一位同事审核" in desk.get(f"/pc/refunds/{mine}").text
    assert desk.post(f"/pc/refunds/{mine}/approve").status_code == 403
    assert desk.post(f"/pc/refunds/{other}/approve", note="同意").status_code in {302, 303}
    assert desk.post(f"/pc/refunds/{other}/approve").status_code == 409
    assert queries.get_refund(mine).status is RefundStatus.REQUESTED
    assert other in desk.get("/pc/refunds?status=approved").text


def test_a_rejection_needs_a_reason(desk: Desk) -> None:
    refund_no = ask_refund(make_collected({Method.CASH: 19_900}), 100)
    assert desk.post(f"/pc/refunds/{refund_no}/reject").status_code == 422
    desk.post(f"/pc/refunds/{refund_no}/reject", reason="已使用")
    assert queries.get_refund(refund_no).status is RefundStatus.REJECTED


def test_the_cashier_hands_counter_money_back(desk: Desk) -> None:
    payment = make_collected({Method.CASH: 19_900})
    refund_no = ask_refund(payment, 100)
    desk.post(f"/pc/refunds/{refund_no}/approve")
    (part,) = queries.parts_of([queries.get_refund(refund_no).id])
    other = ask_refund(payment, 1)
    assert desk.post(f"/pc/refunds/{other}/parts/{part.id}", way="cash").status_code == 404
    assert "登记已退" in desk.get(f"/pc/refunds/{refund_no}").text
    desk.post(f"/pc/refunds/{refund_no}/parts/{part.id}", way="cash")
    assert queries.get_refund(refund_no).status is RefundStatus.DONE


def test_a_stuck_refund_is_retried_by_staff(desk: Desk, pay: FakePay) -> None:
    payment = make_payment()
    notice = pay.pay(begin(payment))
    services.receive_notice(notice.headers, notice.body)
    refund_no = ask_refund(payment, 100)
    desk.post(f"/pc/refunds/{refund_no}/approve")
    pay.refunds_end = RefundState.ABNORMAL
    services.carry_out_refunds()
    assert "收款账户异常" in desk.get(f"/pc/refunds/{refund_no}").text
    assert desk.post(f"/pc/refunds/{refund_no}/retry").status_code in {302, 303}
    assert desk.post(f"/pc/refunds/{refund_no}/retry").status_code == 409


# --- reconciliation and ledger ---------------------------------------------------------------------------------------


def test_a_day_is_compared_and_its_case_resolved(desk: Desk, pay: FakePay, at: Callable[[timedelta], None]) -> None:
    payment = make_payment()
    number = begin(payment)
    notice = pay.pay(number)
    services.receive_notice(notice.headers, notice.body)
    pay.hidden_trades.add(number)
    at(timedelta(days=1))
    desk.as_member(*ALL)
    assert desk.ask("/pc/reconciliation/2026-03-02").json["differences"] == 1
    day = desk.get("/pc/reconciliation/2026-03-02").text
    assert "我方有、渠道无" in day
    assert "不一致" in day
    case = db.session.scalars(sa.select(Difference)).one()
    path = f"/pc/differences/{case.id}"
    desk.post(f"{path}/own")
    assert payment.no in desk.get(path).text
    assert desk.post(f"{path}/resolve").status_code == 422
    desk.post(f"{path}/resolve", note="次日账单已出现")
    db.session.refresh(case)
    assert (case.owner_id, case.status) == (desk.member.id, DifferenceStatus.RESOLVED)
    assert "次日账单已出现" in desk.get(path).text
    assert "差异1笔" in desk.get("/pc/reconciliation").text


def test_a_bill_that_is_not_there_is_said(desk: Desk, pay: FakePay) -> None:
    from wxapp.wechat.pay.errors import BillNotReady

    pay.fail_next(BillNotReady("STATEMENT_CREATING", "账单生成中"))
    answer = desk.post("/pc/reconciliation/2026-03-01")
    assert (answer.status_code, "账单还在生成" in answer.text) == (409, True)
    for day in ("yesterday", "0001-01-01", "9999-12-31"):
        assert desk.get(f"/pc/reconciliation/{day}").status_code == 404


def test_the_ledger_is_checked_on_a_press(desk: Desk) -> None:
    make_collected({Method.CASH: 19_900})
    assert "-199.00" in desk.get("/pc/ledger").text
    page = desk.post("/pc/ledger/check").text
    assert "未通过" not in page
    assert page.count("通过") >= 14


def test_the_start_page_shows_today_s_takings(desk: Desk) -> None:
    payment = make_collected({Method.CASH: 10_000, Method.CARD: 9_900})
    ask_refund(payment, 100)
    page = desk.get("/pc/").text
    assert "199.00" in page
    assert "待处理退款" in page


# --- who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "permission"),
    [
        ("/pc/cashier", Permission.PAYMENT_COLLECT),
        ("/pc/payments", Permission.PAYMENT_READ),
        ("/pc/refunds", Permission.PAYMENT_READ),
        ("/pc/reconciliation", Permission.LEDGER_READ),
        ("/pc/differences", Permission.LEDGER_READ),
        ("/pc/ledger", Permission.LEDGER_READ),
    ],
)
def test_a_page_needs_its_right(desk: Desk, path: str, permission: Permission) -> None:
    desk.as_member(*(each for each in ALL if each is not permission))
    assert desk.get(path).status_code == 403
    desk.as_member(permission)
    assert desk.get(path).status_code == 200


def test_who_may_only_look_decides_nothing(desk: Desk) -> None:
    payment = make_collected({Method.CASH: 19_900})
    refund_no = ask_refund(payment, 100, by=CLERK)
    desk.as_member(Permission.PAYMENT_READ, Permission.LEDGER_READ)
    for path in (
        f"/pc/refunds/{refund_no}/approve",
        f"/pc/refunds/{refund_no}/reject",
        f"/pc/refunds/{refund_no}/retry",
        f"/pc/refunds/{refund_no}/parts/1",
        f"/pc/payments/{payment.no}/refund",
        f"/pc/payments/{payment.no}/receipt",
        f"/pc/cashier/{payment.no}",
        "/pc/reconciliation/2026-03-01",
    ):
        assert desk.post(path).status_code == 403, path
    page = desk.get(f"/pc/refunds/{refund_no}").text
    assert "同意退款" not in page
    assert CASHIER not in page


def test_what_has_a_page_of_its_own_is_refunded_there(desk: Desk) -> None:
    payment = make_collected({Method.CASH: 19_900})
    shop = replace(subjects._subjects[payment.subject_kind], staff_page="staff_admin.my_account", argument="order_no")
    subjects.register(shop)
    path = f"/pc/payments/{payment.no}/refund"
    answer = desk.ask(path, amount="199.00", reason="不想要了", form_key="form-key-000")
    assert (answer.status_code, answer.get_json()["error"]) == (409, "refund_elsewhere")
    assert queries.get_payment(payment.no).refunded_fen == 0


def test_staff_see_payouts_that_are_stuck(desk: Desk, pay: FakePay) -> None:
    desk.as_member(Permission.LEDGER_READ)
    assert "受阻的付款" not in desk.get("/pc/reconciliation").text
    pay.operating_fen = 0
    payout = make_payout()
    services.carry_out_payouts()
    page = desk.get("/pc/reconciliation").text
    assert payout.out_bill_no in page
    assert "商户运营账户资金不足" in page


def test_a_payout_that_finds_no_end_is_stuck_too(desk: Desk, pay: FakePay, at: Callable[[timedelta], None]) -> None:
    waiting, working = make_payout(), make_payout()
    services.carry_out_payouts()
    pay.transfers[working.out_bill_no] = replace(pay.transfers[working.out_bill_no], state=TransferState.PROCESSING)
    for wait, stuck in ((59, 0), (2, 1), (26 * 60, 2)):
        at(timedelta(minutes=wait))
        services.query_payouts()
        assert len(listings.payouts_stuck()) == stuck
        desk.as_member(Permission.LEDGER_READ, Permission.DASHBOARD_READ)
        assert ("受阻的付款" in desk.get("/pc/").text) is bool(stuck)
    page = desk.get("/pc/reconciliation").text
    assert (waiting.out_bill_no in page, working.out_bill_no in page) == (True, True)
    told = desk.client.get("/pc/reconciliation", headers=JSON).text
    assert waiting.out_bill_no in told
    assert not [secret for secret in (waiting.openid, "package") if secret in told]


def test_a_payout_s_troubles_lead_to_what_it_pays(desk: Desk, pay: FakePay) -> None:
    desk.as_member(Permission.LEDGER_READ)
    pay.operating_fen = 0
    payout = make_payout()
    services.carry_out_payouts()
    write_difference(Kind.PAYOUT_ENDED, payout.out_bill_no, ours_fen=payout.amount_fen)
    case = db.session.scalars(sa.select(Difference)).one()
    address = f"order_no={payout.subject_no}"
    assert address not in desk.get("/pc/reconciliation").text + desk.get(f"/pc/differences/{case.id}").text
    shop = replace(subjects._subjects[payout.subject_kind], staff_page="staff_admin.my_account", argument="order_no")
    subjects.register(shop)
    assert address in desk.get("/pc/reconciliation").text
    page = desk.get(f"/pc/differences/{case.id}").text
    assert (address in page, f"查看{shop.label}" in page) == (True, True)
