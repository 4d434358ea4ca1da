"""Reads of payments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db, run
from wxapp.core.errors import NotFound
from wxapp.payments.kinds import REFUND_PAID
from wxapp.payments.models import (
    Attempt,
    AttemptStatus,
    Late,
    Method,
    Notice,
    PaymentOrder,
    PaymentStatus,
    Payout,
    Refund,
    RefundPart,
    RefundStatus,
)
from wxapp.payments.states import LIVE
from wxapp.wallet.house import HOUSE_BY_NAME, house_account
from wxapp.wallet.models import Transfer


@dataclass(frozen=True)
class Due:
    """A payment order as the hot paths need it: plain values that survive the end of a transaction."""

    id: int
    no: str
    subject_kind: str
    subject_no: str
    description: str
    patient_id: int | None
    payee_account_id: int
    amount_fen: int
    status: PaymentStatus
    attempts: int
    expires_at: datetime


_DUE = (
    PaymentOrder.id,
    PaymentOrder.no,
    PaymentOrder.subject_kind,
    PaymentOrder.subject_no,
    PaymentOrder.description,
    PaymentOrder.patient_id,
    PaymentOrder.payee_account_id,
    PaymentOrder.amount_fen,
    PaymentOrder.status,
    PaymentOrder.attempts,
    PaymentOrder.expires_at,
)


_DUE_BY_NO = sa.select(*_DUE).where(PaymentOrder.no == sa.bindparam("payment_no"))


def get_due(payment_no: str) -> Due:
    row = run(_DUE_BY_NO, payment_no=payment_no).mappings().one_or_none()
    if row is None:
        raise NotFound
    return Due(**row)


def get_due_by_id(payment_order_id: int) -> Due:
    return Due(*db.session.execute(sa.select(*_DUE).where(PaymentOrder.id == payment_order_id)).one())


def find_payment(subject_kind: str, subject_no: str) -> PaymentOrder | None:
    return db.session.scalars(
        sa.select(PaymentOrder).where(PaymentOrder.subject_kind == subject_kind, PaymentOrder.subject_no == subject_no)
    ).one_or_none()


def get_payment(payment_no: str) -> PaymentOrder:
    payment = db.session.scalars(sa.select(PaymentOrder).where(PaymentOrder.no == payment_no)).one_or_none()
    if payment is None:
        raise NotFound
    return payment


def live_attempts(payment_order_id: int) -> list[int]:
    """Return the numbers of attempts that may still end in money, oldest first."""
    return list(
        db.session.scalars(
            sa.select(Attempt.id)
            .where(Attempt.payment_order_id == payment_order_id, Attempt.status.in_(LIVE))
            .order_by(Attempt.id)
        )
    )


def get_attempt(attempt_id: int) -> Attempt:
    return db.session.get_one(Attempt, attempt_id)


def find_attempt(out_trade_no: str) -> Attempt | None:
    return db.session.scalars(sa.select(Attempt).where(Attempt.out_trade_no == out_trade_no)).one_or_none()


def attempts_of(payment_order_id: int) -> list[Attempt]:
    return list(
        db.session.scalars(sa.select(Attempt).where(Attempt.payment_order_id == payment_order_id).order_by(Attempt.id))
    )


def paid_attempts(payment_order_id: int) -> list[Attempt]:
    """Return the attempts whose money belongs to this payment order."""
    return list(
        db.session.scalars(
            sa.select(Attempt).where(
                Attempt.payment_order_id == payment_order_id,
                Attempt.status == AttemptStatus.SUCCEEDED,
                Attempt.late.in_((Late.NO, Late.TAKEN)),
            )
        )
    )


def notices_of(numbers: Sequence[str]) -> list[Notice]:
    return list(db.session.scalars(sa.select(Notice).where(Notice.number.in_(numbers)).order_by(Notice.id)))


def get_refund(refund_no: str) -> Refund:
    refund = db.session.scalars(sa.select(Refund).where(Refund.no == refund_no)).one_or_none()
    if refund is None:
        raise NotFound
    return refund


def find_refund(source: str) -> Refund | None:
    return db.session.scalars(sa.select(Refund).where(Refund.source == source)).one_or_none()


def refunds_of(payment_order_id: int) -> list[Refund]:
    return list(
        db.session.scalars(sa.select(Refund).where(Refund.payment_order_id == payment_order_id).order_by(Refund.id))
    )


def refunds_of_payment(payment_no: str) -> list[Refund]:
    """Return the refunds of a payment order known by its number, oldest first."""
    statement = sa.select(Refund).join(PaymentOrder, PaymentOrder.id == Refund.payment_order_id)
    return list(db.session.scalars(statement.where(PaymentOrder.no == payment_no).order_by(Refund.id)))


def parts_of(refund_ids: Sequence[int]) -> list[RefundPart]:
    if not refund_ids:
        return []
    return list(
        db.session.scalars(sa.select(RefundPart).where(RefundPart.refund_id.in_(refund_ids)).order_by(RefundPart.id))
    )


def find_part(out_refund_no: str) -> RefundPart | None:
    return db.session.scalars(sa.select(RefundPart).where(RefundPart.out_refund_no == out_refund_no)).one_or_none()


def refunds_waiting() -> sa.ScalarSelect[int]:
    """Select how many refunds wait for a decision or for somebody to act."""
    waiting = Refund.status.in_((RefundStatus.REQUESTED, RefundStatus.STUCK))
    return sa.select(sa.func.count()).where(waiting).scalar_subquery()


def payout_of(subject_kind: str, subject_no: str) -> Payout | None:
    """Return the last payout of a subject: the one that is open or paid, if any is."""
    mine = sa.select(Payout).where(Payout.subject_kind == subject_kind, Payout.subject_no == subject_no)
    return db.session.scalars(mine.order_by(Payout.attempt.desc()).limit(1)).one_or_none()


def get_payout(payout_no: str) -> Payout:
    payout = db.session.scalars(sa.select(Payout).where(Payout.no == payout_no)).one_or_none()
    if payout is None:
        raise NotFound
    return payout


def find_payout(out_bill_no: str) -> Payout | None:
    return db.session.scalars(sa.select(Payout).where(Payout.out_bill_no == out_bill_no)).one_or_none()


@dataclass(frozen=True)
class Takings:
    """What one way to pay brought in on a day, and what went back."""

    channel: Method
    count: int
    amount_fen: int
    refunded_fen: int


def takings(day: date) -> list[Takings]:
    """Return the day's takings by way of payment, largest first."""
    start, end = clock.day_bounds(day)
    amount = sa.func.sum(Attempt.amount_fen)
    attempts = (
        sa.select(sa.literal("came").label("what"), Attempt.channel, sa.func.count(), amount)
        .where(Attempt.status == AttemptStatus.SUCCEEDED, Attempt.paid_at >= start, Attempt.paid_at < end)
        .group_by(Attempt.channel)
    )
    parts = (
        sa.select(sa.literal("went"), RefundPart.channel, sa.func.count(), sa.func.sum(RefundPart.amount_fen))
        .where(RefundPart.done_at >= start, RefundPart.done_at < end)
        .group_by(RefundPart.channel)
    )
    came: dict[Method, tuple[int, int]] = {}
    went: dict[Method, int] = {}
    for what, channel, count, fen in db.session.execute(attempts.union_all(parts)):
        if what == "came":
            came[channel] = (count, int(fen))
        else:
            went[channel] = int(fen)
    rows = [
        Takings(channel, *came.get(channel, (0, 0)), refunded_fen=went.get(channel, 0))
        for channel in came.keys() | went.keys()
    ]
    return sorted(rows, key=lambda row: (-row.amount_fen, row.channel))


@dataclass(frozen=True)
class AtCounter:
    """What somebody took at the counter by one method on a day, less what he handed back."""

    actor: str
    channel: Method
    amount_fen: int


def at_counter_on(day: date) -> list[AtCounter]:
    """Return what was taken and handed back at the counter on a hospital day, by person and method.

    What could not go back the way it came counts by the way in which it was handed over, as the books have it.
    """
    start, end = clock.day_bounds(day)
    came = (
        sa.select(PaymentOrder.collected_by.label("actor"), Attempt.channel.label("channel"), Attempt.amount_fen)
        .join(PaymentOrder, PaymentOrder.id == Attempt.payment_order_id)
        .where(
            Attempt.status == AttemptStatus.SUCCEEDED,
            Attempt.paid_at >= start,
            Attempt.paid_at < end,
            PaymentOrder.collected_by != "",
        )
    )
    source = Refund.no.concat("/").concat(sa.cast(RefundPart.attempt_id, sa.String(20)))
    went = (
        sa.select(RefundPart.done_by, _way_of_refund(), -RefundPart.amount_fen)
        .join(Refund, Refund.id == RefundPart.refund_id)
        .outerjoin(Transfer, sa.and_(Transfer.kind == REFUND_PAID, Transfer.source == source))
        .where(RefundPart.done_at >= start, RefundPart.done_at < end, RefundPart.done_by != "")
    )
    both = came.union_all(went).subquery()
    fen = sa.func.sum(both.c.amount_fen).label("fen")
    rows = db.session.execute(sa.select(both.c.actor, both.c.channel, fen).group_by(both.c.actor, both.c.channel))
    return [AtCounter(row.actor, row.channel, int(row.fen)) for row in rows]


def _way_of_refund() -> sa.ColumnElement[Method]:
    """Select by which way money went back: that of the books, which staff chose if the channel had failed."""
    ways = {house_account(f"channel.{way.value}"): way for way in Method if f"channel.{way.value}" in HOUSE_BY_NAME}
    kind = RefundPart.channel.type
    return sa.case(
        *((Transfer.payee_id == account_id, sa.literal(way, kind)) for account_id, way in ways.items()),
        else_=RefundPart.channel,
    )
