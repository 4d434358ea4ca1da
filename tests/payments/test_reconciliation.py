"""The daily comparison: what the bill says against our records and the ledger."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories.payments import CHIEF, ask_refund, begin, make_payment
from tests.fakes.pay import FakePay
from wxapp.core.db import db, transaction
from wxapp.core.errors import IllegalTransition
from wxapp.payments import queries, services
from wxapp.payments.models import Bill, BillRow, Difference, DifferenceStatus, PaymentOrder, PaymentStatus
from wxapp.wechat.pay.errors import BillNotReady, PayUnknown

Clock = Callable[[timedelta], None]
DAY = timedelta(days=1)
FIRST = date(2026, 3, 2)


def paid(pay: FakePay) -> tuple[PaymentOrder, str]:
    payment = make_payment()
    number = begin(payment)
    notice = pay.pay(number)
    services.receive_notice(notice.headers, notice.body)
    return payment, number


def cases() -> list[tuple[str, str, int | None, int | None, int | None]]:
    rows = db.session.scalars(sa.select(Difference).order_by(Difference.id))
    return [(row.kind, row.reference, row.channel_fen, row.ours_fen, row.ledger_fen) for row in rows]


def test_a_day_that_adds_up_has_no_difference(app: Flask, pay: FakePay, at: Clock) -> None:
    payment, _ = paid(pay)
    services.approve_refund(ask_refund(payment, 9_900), by=CHIEF)
    services.carry_out_refunds()
    at(DAY)
    assert services.reconcile_missed_days() == 1
    bill = db.session.scalars(sa.select(Bill)).one()
    assert (bill.trades, bill.trade_fen, bill.refunds, bill.refund_fen) == (1, 19_900, 1, 9_900)
    assert (bill.differences, cases()) == (0, [])


def test_missed_days_are_made_up_for_one_by_one(app: Flask, pay: FakePay, at: Clock) -> None:
    paid(pay)
    at(3 * DAY)
    assert services.reconcile_missed_days() == 3
    assert services.reconcile_missed_days() == 0
    assert [bill.day for bill in db.session.scalars(sa.select(Bill).order_by(Bill.day))] == [
        FIRST, FIRST + DAY, FIRST + 2 * DAY,
    ]  # fmt: skip


def test_a_day_that_is_not_over_is_not_compared(app: Flask, pay: FakePay, at: Clock) -> None:
    paid(pay)
    for day in (FIRST, FIRST + DAY):
        with pytest.raises(BillNotReady):
            services.compare_day(day)
    at(DAY)
    assert services.reconcile_missed_days() == 1


@pytest.mark.parametrize("error", [BillNotReady("STATEMENT_CREATING", "账单生成中"), PayUnknown("timed out")])
def test_a_bill_that_is_not_there_is_tried_again(app: Flask, pay: FakePay, at: Clock, error: Exception) -> None:
    paid(pay)
    at(DAY)
    pay.fail_next(error)
    assert services.reconcile_missed_days() == 0
    assert services.reconcile_missed_days() == 1


def test_a_payment_whose_notice_was_lost_is_found_by_the_bill(app: Flask, pay: FakePay, at: Clock) -> None:
    payment = make_payment()
    pay.pay(begin(payment))
    at(DAY)
    services.reconcile_missed_days()
    assert queries.get_due(payment.no).status is PaymentStatus.PAID
    assert cases() == []


def test_money_that_we_know_nothing_of_is_a_case(app: Flask, pay: FakePay, at: Clock) -> None:
    _, number = paid(pay)
    other = make_payment()
    foreign = begin(other)
    pay.pay(foreign)
    with transaction():
        db.session.execute(
            sa.text("UPDATE payment_attempt SET out_trade_no = 'A-lost' WHERE out_trade_no = :no"), {"no": foreign}
        )
    at(DAY)
    services.reconcile_missed_days()
    assert cases() == [("channel_only", foreign, 19_900, None, None)]
    assert number != foreign


def test_money_that_the_channel_does_not_show_is_a_case(app: Flask, pay: FakePay, at: Clock) -> None:
    _, number = paid(pay)
    pay.hidden_trades.add(number)
    at(DAY)
    services.reconcile_missed_days()
    services.compare_day(FIRST)
    assert cases() == [("ours_only", number, None, 19_900, 19_900)]
    assert db.session.scalars(sa.select(Difference.times)).one() == 2


def test_a_hole_in_the_ledger_is_a_case(app: Flask, pay: FakePay, at: Clock) -> None:
    _, number = paid(pay)
    with transaction():
        db.session.execute(sa.text("DELETE FROM wallet_transfer"))
    at(DAY)
    services.reconcile_missed_days()
    assert cases() == [("ledger_missing", number, 19_900, 19_900, None)]


def test_a_refund_that_nobody_here_asked_for_is_a_case(app: Flask, pay: FakePay, at: Clock) -> None:
    from wxapp.wechat.pay.values import RefundOrder

    _, number = paid(pay)
    pay.refund(RefundOrder("T-by-hand", number, 100, 19_900, "http://localhost/pay/notify/wechat-refund"))
    at(DAY)
    services.reconcile_missed_days()
    assert ("channel_only", "T-by-hand", 100, None, None) in cases()


def test_comparing_again_replaces_the_bill(app: Flask, pay: FakePay, at: Clock) -> None:
    paid(pay)
    at(DAY)
    services.compare_day(FIRST)
    services.compare_day(FIRST)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(BillRow)) == 1


def test_a_case_has_an_owner_and_is_resolved_once(app: Flask, pay: FakePay, at: Clock) -> None:
    _, number = paid(pay)
    pay.hidden_trades.add(number)
    at(DAY)
    services.reconcile_missed_days()
    case = db.session.scalars(sa.select(Difference)).one()
    services.assign_difference(case.id, owner_id=5)
    services.resolve_difference(case.id, by=CHIEF, note="次日账单已出现")
    assert (case.owner_id, case.status, case.note) == (5, DifferenceStatus.RESOLVED, "次日账单已出现")
    with pytest.raises(IllegalTransition):
        services.resolve_difference(case.id, by=CHIEF, note="再次")
