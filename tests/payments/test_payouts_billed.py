"""The daily comparison of payouts with the fund flow of the operating account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories.payments import CHIEF, make_payout
from tests.fakes.pay import FakePay
from tests.payments.payouts import state
from wxapp.core.db import db, transaction
from wxapp.payments import listings, queries, services
from wxapp.payments.models import Bill, Difference, Method, Payout, PayoutStatus
from wxapp.payments.services.paying_out import order_of
from wxapp.wechat.pay.errors import BillNotReady
from wxapp.wechat.pay.values import FundAccount, TransferState

Clock = Callable[[timedelta], None]
DAY = timedelta(days=1)
FIRST = date(2026, 3, 2)


def end(pay: FakePay, payout: Payout, how: TransferState = TransferState.SUCCESS) -> None:
    notice = pay.end_transfer(payout.out_bill_no, how, reason="" if how is TransferState.SUCCESS else "OVERDUE_CLOSE")
    services.receive_transfer_notice(notice.headers, notice.body)


def cases() -> list[tuple[str, str, int | None, int | None, int | None]]:
    rows = db.session.scalars(sa.select(Difference).order_by(Difference.id))
    return [(row.kind, row.reference, row.channel_fen, row.ours_fen, row.ledger_fen) for row in rows]


def test_payouts_that_add_up_make_no_case(waiting: Payout, pay: FakePay, at: Clock) -> None:
    end(pay, waiting)
    failed = make_payout()
    services.carry_out_payouts()
    end(pay, failed, TransferState.FAIL)
    by_hand = make_payout(by_hand=True)
    services.pay_by_hand(by_hand.no, channel=Method.CASH, note="", by=CHIEF)
    make_payout()
    at(DAY)
    assert services.reconcile_missed_days() == 1
    assert cases() == []


def test_one_that_waits_over_midnight_makes_no_case(waiting: Payout, pay: FakePay, at: Clock) -> None:
    at(DAY)
    services.reconcile_missed_days()
    end(pay, waiting)
    at(DAY)
    assert services.reconcile_missed_days() == 1
    assert cases() == []


def test_nobody_is_asked_before_the_first_payout(app: Flask, pay: FakePay, at: Clock) -> None:
    make_payout()
    at(DAY)
    pay.fund_flow_bill = None  # type: ignore[assignment, method-assign]
    assert services.compare_day(FIRST) == 0


def test_the_day_waits_for_this_bill_too(waiting: Payout, pay: FakePay, at: Clock) -> None:
    at(DAY)

    def not_ready(*_: object) -> None:
        raise BillNotReady("STATEMENT_CREATING", "账单生成中")

    pay.fund_flow_bill = not_ready  # type: ignore[assignment, method-assign]
    assert services.reconcile_missed_days() == 0


def test_a_lost_end_is_found_by_the_bill(waiting: Payout, pay: FakePay, at: Clock) -> None:
    pay.end_transfer(waiting.out_bill_no)
    at(DAY)
    services.compare_day(FIRST)
    assert (state(waiting), cases()) == (PayoutStatus.SUCCEEDED, [])


def test_a_payout_that_the_bill_lacks_is_a_case(waiting: Payout, pay: FakePay, at: Clock) -> None:
    end(pay, waiting)
    pay.hidden_trades.add(waiting.out_bill_no)
    at(DAY)
    services.compare_day(FIRST)
    assert cases() == [("ours_only", waiting.out_bill_no, None, 5_000, 5_000)]


def test_a_transfer_that_nobody_asked_for_is_a_case(waiting: Payout, pay: FakePay, at: Clock) -> None:
    row = pay.fund_flow_bill(FIRST, FundAccount.OPERATION).rows[0]
    pay.extra_flows = [
        replace(row, voucher_no="PB-OF-NOBODY", transaction_id="1330-of-nobody"),
        replace(row, voucher_no="TOP-UP", transaction_id="1", business="充值", kind="充值", amount_fen=100),
    ]
    at(DAY)
    services.compare_day(FIRST)
    assert cases() == [("channel_only", "PB-OF-NOBODY", 5_000, None, None)]


def test_a_bill_that_names_a_transfer_by_wechats_number_only_fits(waiting: Payout, pay: FakePay, at: Clock) -> None:
    end(pay, waiting)
    row = pay.fund_flow_bill(FIRST, FundAccount.OPERATION).rows[0]
    pay.hidden_trades.add(waiting.out_bill_no)
    pay.extra_flows = [replace(row, voucher_no="0")]
    at(DAY)
    services.compare_day(FIRST)
    assert cases() == []


def test_another_amount_and_a_missing_booking_are_cases(waiting: Payout, pay: FakePay, at: Clock) -> None:
    other = make_payout()
    services.carry_out_payouts()
    end(pay, other)
    row = next(
        row for row in pay.fund_flow_bill(FIRST, FundAccount.OPERATION).rows if row.voucher_no == other.out_bill_no
    )
    pay.extra_flows = [replace(row, amount_fen=-1)]
    with transaction():
        db.session.execute(sa.update(Payout).where(Payout.id == waiting.id).values(status=PayoutStatus.SUCCEEDED))
    at(DAY)
    services.compare_day(FIRST)
    assert sorted(cases()) == [
        ("amount", other.out_bill_no, 5_001, 5_000, 5_000),
        ("ledger_missing", waiting.out_bill_no, 5_000, 5_000, None),
    ]


def test_money_that_comes_back_after_it_was_paid_is_a_case(waiting: Payout, pay: FakePay, at: Clock) -> None:
    end(pay, waiting)
    row = pay.fund_flow_bill(FIRST, FundAccount.OPERATION).rows[0]
    pay.extra_flows = [replace(row, amount_fen=5_000, business="商家转账退回", kind="商家转账退回")]
    at(DAY)
    services.compare_day(FIRST)
    assert cases() == [("payout_returned", waiting.out_bill_no, 5_000, 5_000, None)]


def test_what_left_although_we_took_it_back_is_a_case(app: Flask, pay: FakePay, at: Clock) -> None:
    payout = make_payout()
    pay.transfer(order_of(payout))
    with transaction():
        db.session.execute(sa.update(Payout).values(sent_at=payout.asked_at))
    services.withdraw_payout(payout.no, by=CHIEF)
    at(DAY)
    services.compare_day(FIRST)
    assert cases() == [("payout_ended", payout.out_bill_no, 5_000, 5_000, None)]


@pytest.mark.parametrize("how", [TransferState.FAIL, TransferState.CANCELLED])
def test_one_that_failed_may_leave_no_trace(waiting: Payout, pay: FakePay, at: Clock, how: TransferState) -> None:
    end(pay, waiting, how)
    pay.hidden_trades.add(waiting.out_bill_no)
    at(DAY)
    services.compare_day(FIRST)
    assert cases() == []


# --- what staff see --------------------------------------------------------------------------------------------------


def test_the_day_adds_up_three_ways(waiting: Payout, pay: FakePay, at: Clock) -> None:
    end(pay, waiting)
    failed = make_payout()
    services.carry_out_payouts()
    end(pay, failed, TransferState.FAIL)
    at(DAY)
    for _ in range(2):
        services.compare_day(FIRST)
    totals = {row.label: row for row in listings.three_ways(FIRST, listings.find_bill(FIRST), queries.takings(FIRST))}
    paid_out = totals["付款到个人"]
    assert (paid_out.channel_fen, paid_out.ours_fen, paid_out.ledger_fen) == (5_000, 5_000, 5_000)
    assert (totals["退款"].ledger_fen, totals["退款"].agrees) == (0, True)
    assert [bill.channel for bill in listings.bills()] == ["wechat"]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Bill)) == 2
