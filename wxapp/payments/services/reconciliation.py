"""The daily three-way comparison with the channel's bill. Each difference becomes a case; none is mended silently."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import date, timedelta

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import NotFound
from wxapp.payments import queries
from wxapp.payments.kinds import PAY_CHANNEL, PAY_LATE, REFUND_PAID
from wxapp.payments.models import (
    Attempt,
    AttemptStatus,
    Bill,
    BillRow,
    Difference,
    DifferenceStatus,
    Method,
    PartStatus,
    Refund,
    RefundPart,
)
from wxapp.payments.rules import Found, Ours, Seen, match
from wxapp.payments.services.asides import source_of
from wxapp.payments.services.differences import write_difference
from wxapp.payments.services.payouts_billed import compare_payouts, fetch_transfers, first_payout_day, keep_transfers
from wxapp.payments.services.wechat import ask
from wxapp.payments.states import DIFFERENCE
from wxapp.wallet.models import Transfer
from wxapp.wallet.services import house_account
from wxapp.wechat import connected
from wxapp.wechat.pay.errors import BillNotReady, PayError
from wxapp.wechat.pay.values import TradeBill

log = logging.getLogger(__name__)

CHANNEL = Method.WECHAT.value
_KEPT_DAYS = 85
"""Bills are there for three months."""


def reconcile_missed_days() -> int:
    """Compare every day up to yesterday that has not been compared, in order; return how many were."""
    done = 0
    for day in _missing_days():
        try:
            compare_day(day)
        except BillNotReady:
            break
        except PayError as error:
            log.warning("payments: bill of %s: %s", day, error)
            break
        done += 1
    return done


def _missing_days() -> list[date]:
    first = db.session.scalar(sa.select(sa.func.min(Attempt.created_at)).where(Attempt.channel == Method.WECHAT))
    firsts = [day for day in (clock.hospital_day(first) if first else None, first_payout_day()) if day]
    if not firsts:
        return []
    today = clock.today()
    start = max(min(firsts), today - timedelta(days=_KEPT_DAYS))
    compared = set(
        db.session.scalars(
            sa.select(Bill.day).where(Bill.channel == CHANNEL, Bill.compared_at.is_not(None), Bill.day >= start)
        )
    )
    days = [start + timedelta(days=n) for n in range((today - start).days)]
    return [day for day in days if day not in compared]


def compare_day(day: date) -> int:
    """Fetch the bill of a day and compare it with our records and the ledger; return how many differences there are.

    May be repeated: the bill is replaced, a known difference is counted.

    :raises BillNotReady: it is still being made (before ten o'clock of the next day)
    """
    if day >= clock.today():  # what a channel already shows of it is not the whole day, and it counts as compared
        raise BillNotReady("day_not_over", "当日账单尚未生成")
    bill = connected.pay().trade_bill(day)
    transfers = fetch_transfers(day)
    bill_id = _keep(bill)
    _ask_for_missed(bill)
    found = _compare_payments(day, bill) + _compare_refunds(day, bill)
    if transfers is not None:
        keep_transfers(day, transfers)
        found += compare_payouts(day, transfers)
    for difference in found:
        write_difference(
            difference.kind,
            difference.number,
            day=day,
            channel_fen=difference.channel_fen,
            ours_fen=difference.ours_fen,
            ledger_fen=difference.ledger_fen,
            detail="微信支付对账",
        )
    with transaction():
        change(sa.update(Bill).where(Bill.id == bill_id).values(compared_at=clock.now(), differences=len(found)))
    return len(found)


def _keep(bill: TradeBill) -> int:
    payments = [row for row in bill.rows if not row.is_refund]
    refunds = [row for row in bill.rows if row.is_refund]
    with transaction():
        kept = db.session.scalars(sa.select(Bill).where(Bill.channel == CHANNEL, Bill.day == bill.day)).one_or_none()
        if kept is None:
            kept = Bill(channel=CHANNEL, day=bill.day)
            db.session.add(kept)
        kept.trades, kept.trade_fen = len(payments), sum(row.order_fen for row in payments)
        kept.refunds, kept.refund_fen = len(refunds), sum(row.refund_fen for row in refunds)
        kept.fee_fen = sum(row.fee_fen for row in bill.rows)
        kept.fetched_at = clock.now()
        db.session.flush()  # its rows need the id
        change(sa.delete(BillRow).where(BillRow.bill_id == kept.id))
        db.session.add_all(
            BillRow(
                bill_id=kept.id,
                at=row.at,
                out_trade_no=row.out_trade_no[:64],
                transaction_id=row.transaction_id[:64],
                out_refund_no=row.out_refund_no[:64],
                refund_id=row.refund_id[:64],
                amount_fen=row.refund_fen if row.is_refund else row.order_fen,
                fee_fen=row.fee_fen,
                state=(row.refund_state or row.trade_state)[:20],
            )
            for row in bill.rows
        )
        return kept.id


def _ask_for_missed(bill: TradeBill) -> None:
    """Ask for payments that the bill has and we don't: the last net under a lost notice."""
    for row in bill.rows:
        if not row.is_refund:
            attempt = queries.find_attempt(row.out_trade_no)
            if attempt is not None and attempt.status is not AttemptStatus.SUCCEEDED:
                ask(attempt.id)


def _compare_payments(day: date, bill: TradeBill) -> list[Found]:
    start, end = clock.day_bounds(day)
    seen = [Seen(row.out_trade_no, row.order_fen) for row in bill.rows if not row.is_refund]
    moved = _transfers((PAY_CHANNEL, PAY_LATE), Transfer.payer_id, day)
    numbers = {row.number for row in seen} | {row.source for row in moved}
    attempts = _attempts_named(numbers)
    of_day = db.session.scalars(
        sa.select(Attempt).where(
            Attempt.channel == Method.WECHAT,
            Attempt.status == AttemptStatus.SUCCEEDED,
            Attempt.paid_at >= start,
            Attempt.paid_at < end,
        )
    )
    attempts |= {attempt.out_trade_no: attempt for attempt in of_day}
    ours = [
        Ours(
            number,
            attempt.amount_fen,
            is_settled=attempt.status is AttemptStatus.SUCCEEDED,
            is_booked=attempt.status is AttemptStatus.SUCCEEDED,
            is_of_day=attempt.paid_at is not None and start <= attempt.paid_at < end,
        )
        for number, attempt in attempts.items()
    ]
    ledger = {row.id: row for row in moved} | {
        row.id: row for row in _transfers_named((PAY_CHANNEL, PAY_LATE), attempts)
    }
    return match(ours, [Seen(row.source, row.amount_fen) for row in ledger.values()], seen)


def _compare_refunds(day: date, bill: TradeBill) -> list[Found]:
    start, end = clock.day_bounds(day)
    named = {row.out_refund_no: row.refund_fen for row in bill.rows if row.is_refund}
    rows = db.session.execute(
        sa.select(RefundPart, Refund.no)
        .join(Refund, Refund.id == RefundPart.refund_id)
        .where(
            RefundPart.channel == Method.WECHAT,
            sa.or_(
                sa.and_(RefundPart.sent_at >= start, RefundPart.sent_at < end),
                RefundPart.out_refund_no.in_(list(named)),
            ),
        )
    ).all()
    parts = {part.out_refund_no: (part, refund_no) for part, refund_no in rows}
    ours = [
        Ours(
            number,
            part.amount_fen,
            # On its way counts as settled only once the channel has said that it has it.
            is_settled=bool(part.channel_refund_id),
            is_booked=part.status is PartStatus.SUCCEEDED and part.channel_state == "SUCCESS",
            is_of_day=part.sent_at is not None and start <= part.sent_at < end,
        )
        for number, (part, _) in parts.items()
    ]
    by_source = {source_of(refund_no, part): number for number, (part, refund_no) in parts.items()}
    moved = _transfers_named((REFUND_PAID,), by_source)
    ledger = [Seen(by_source[row.source], row.amount_fen) for row in moved]
    seen = [Seen(number, fen) for number, fen in named.items() if number in parts or not _was_replaced(number)]
    return match(ours, ledger, seen)


def _was_replaced(number: str) -> bool:
    """Whether this was the number of a refund that the channel closed and that got another one."""
    wanted = sa.select(RefundPart.id).where(RefundPart.previous_nos.contains(number, autoescape=True))
    return db.session.scalar(wanted.limit(1)) is not None


def _attempts_named(numbers: Iterable[str]) -> dict[str, Attempt]:
    rows = db.session.scalars(sa.select(Attempt).where(Attempt.out_trade_no.in_(list(numbers))))
    return {row.out_trade_no: row for row in rows}


def _transfers(kinds: tuple[str, ...], side: sa.orm.InstrumentedAttribute[int], day: date) -> list[Transfer]:
    start, end = clock.day_bounds(day)
    return list(
        db.session.scalars(
            sa.select(Transfer).where(
                side == house_account("channel.wechat"),
                Transfer.kind.in_(kinds),
                Transfer.at >= start,
                Transfer.at < end,
            )
        )
    )


def _transfers_named(kinds: tuple[str, ...], sources: Iterable[str]) -> list[Transfer]:
    return list(
        db.session.scalars(sa.select(Transfer).where(Transfer.kind.in_(kinds), Transfer.source.in_(list(sources))))
    )


# --- cases -----------------------------------------------------------------------------------------------------------


def get_difference(difference_id: int) -> Difference:
    difference = db.session.get(Difference, difference_id)
    if difference is None:
        raise NotFound
    return difference


def assign_difference(difference_id: int, *, owner_id: int) -> None:
    """Say who looks after a difference."""
    with transaction():
        get_difference(difference_id).owner_id = owner_id


def resolve_difference(difference_id: int, *, by: str, note: str) -> None:
    """Close a case with what was found out.

    :raises IllegalTransition: somebody has resolved it already
    """
    with transaction():
        DIFFERENCE.move(
            get_difference(difference_id),
            DifferenceStatus.RESOLVED,
            by=by,
            why=note[:200],
            note=note[:300],
            resolved_at=clock.now(),
            resolved_by=by,
        )
