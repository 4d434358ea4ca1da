"""The day's transfers to people: what the fund flow of the merchant's operating account says against ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.payments.kinds import PAYOUT_PAID
from wxapp.payments.models import PAYOUT_BILL, Bill, Method, Payout, PayoutStatus
from wxapp.payments.rules import Found, Kind, Ours, Seen, match
from wxapp.payments.services.paying_out import ask
from wxapp.payments.states import ON_ITS_WAY
from wxapp.wallet.models import Transfer
from wxapp.wechat import connected
from wxapp.wechat.pay.values import FundAccount, FundFlowRow

_TRANSFER = "转账"
"""Stands in the business of every row about a transfer, those that come back included."""


def first_payout_day() -> date | None:
    """Return the day on which a payout was sent for the first time."""
    first = db.session.scalar(sa.select(sa.func.min(Payout.sent_at)))
    return None if first is None else clock.hospital_day(first)


def fetch_transfers(day: date) -> Sequence[FundFlowRow] | None:
    """Return the rows about transfers, None before the first payout was sent: then nobody is asked.

    :raises BillNotReady: it is still being made
    """
    first = first_payout_day()
    if first is None or day < first:
        return None
    rows = connected.pay().fund_flow_bill(day, FundAccount.OPERATION).rows
    return [row for row in rows if _TRANSFER in row.business or _TRANSFER in row.kind]


def keep_transfers(day: date, rows: Sequence[FundFlowRow]) -> None:
    """Keep what the bill says in all, in place of what was kept before."""
    went = [-row.amount_fen for row in rows if row.amount_fen < 0]
    came_back = [row.amount_fen for row in rows if row.amount_fen > 0]
    now = clock.now()
    with transaction():
        mine = sa.select(Bill).where(Bill.channel == PAYOUT_BILL, Bill.day == day)
        kept = db.session.scalars(mine).one_or_none() or Bill(channel=PAYOUT_BILL, day=day, fee_fen=0)
        kept.trades, kept.trade_fen = len(went), sum(went)
        kept.refunds, kept.refund_fen = len(came_back), sum(came_back)
        kept.fetched_at = kept.compared_at = now
        db.session.add(kept)


def compare_payouts(day: date, rows: Sequence[FundFlowRow]) -> list[Found]:
    """Compare the day's payouts with the bill and the ledger, after asking for those whose end was never told."""
    start, end = clock.day_bounds(day)
    payouts = _named(rows)
    for payout in payouts.values():
        if payout.status in ON_ITS_WAY:
            ask(payout.id)
    of_day = sa.select(Payout).where(
        Payout.sent_at >= start, Payout.sent_at < end, Payout.way == Method.WECHAT, Payout.transfer_bill_no != ""
    )
    payouts |= {payout.out_bill_no: payout for payout in db.session.scalars(of_day)}
    by_bill_no = {payout.transfer_bill_no: number for number, payout in payouts.items() if payout.transfer_bill_no}

    def number_of(row: FundFlowRow) -> str:
        return row.voucher_no if row.voucher_no in payouts else by_bill_no.get(row.transaction_id, row.voucher_no)

    ours = [
        Ours(
            number,
            payout.amount_fen,
            is_settled=bool(payout.transfer_bill_no),
            is_booked=_is_paid(payout),
            # One that failed may have left and come back, or never have left.
            is_of_day=payout.sent_at is not None
            and start <= payout.sent_at < end
            and payout.status is not PayoutStatus.FAILED,
        )
        for number, payout in payouts.items()
    ]
    went = [Seen(number_of(row), -row.amount_fen) for row in rows if row.amount_fen < 0]
    found = match(ours, _booked(payouts), went)
    came_back = [row for row in rows if row.amount_fen > 0]
    return [_named_for_payouts(one) for one in found] + [
        Found(Kind.PAYOUT_RETURNED, number, row.amount_fen, payouts[number].amount_fen, None)
        for row in came_back
        if (number := number_of(row)) in payouts and _is_paid(payouts[number])
    ]


def _is_paid(payout: Payout) -> bool:
    return payout.status is PayoutStatus.SUCCEEDED and payout.way is Method.WECHAT


def _named(rows: Sequence[FundFlowRow]) -> dict[str, Payout]:
    """Return the payouts that rows are about; WeChat may name them by its number or by ours."""
    theirs = [row.transaction_id for row in rows if row.transaction_id]
    ours = [row.voucher_no for row in rows if row.voucher_no]
    named = sa.select(Payout).where(sa.or_(Payout.out_bill_no.in_(ours), Payout.transfer_bill_no.in_(theirs)))
    return {payout.out_bill_no: payout for payout in db.session.scalars(named)}


def _booked(payouts: dict[str, Payout]) -> list[Seen]:
    by_no = {payout.no: number for number, payout in payouts.items()}
    moved = sa.select(Transfer).where(Transfer.kind == PAYOUT_PAID, Transfer.source.in_(list(by_no)))
    return [Seen(by_no[row.source], row.amount_fen) for row in db.session.scalars(moved)]


def _named_for_payouts(found: Found) -> Found:
    """Name a difference as it is for money that leaves: WeChat has sent what we took for not sent."""
    return replace(found, kind=Kind.PAYOUT_ENDED) if found.kind is Kind.NOT_BOOKED else found
