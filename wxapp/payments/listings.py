"""The staff's lists of payments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.masking import masked_name
from wxapp.patients.queries import find_patients, patient_names
from wxapp.payments.kinds import PAYOUT_PAID
from wxapp.payments.models import (
    PAYOUT_BILL,
    Attempt,
    Bill,
    Difference,
    DifferenceStatus,
    Method,
    PartStatus,
    PaymentOrder,
    PaymentStatus,
    Payout,
    PayoutStatus,
    Refund,
    RefundPart,
)
from wxapp.payments.queries import Takings
from wxapp.payments.rules.paying_out import PERSON_TAKES, WECHAT_TAKES
from wxapp.payments.states import ON_ITS_WAY
from wxapp.payments.subjects import label_of, numbers_meant
from wxapp.wallet.models import Transfer
from wxapp.wallet.services import house_account


@dataclass(frozen=True)
class PaymentRow:
    """A payment order as lists show it."""

    no: str
    subject: str
    subject_no: str
    description: str
    patient: str
    amount_fen: int
    refunded_fen: int
    status: PaymentStatus
    method: Method | None
    waits_at_hospital: bool
    created_at: datetime
    paid_at: datetime | None


def payment_rows(rows: Sequence[PaymentOrder]) -> list[PaymentRow]:
    names = patient_names([row.patient_id for row in rows if row.patient_id is not None])
    return [
        PaymentRow(
            no=row.no,
            subject=label_of(row.subject_kind),
            subject_no=row.subject_no,
            description=row.description,
            patient=masked_name(names[row.patient_id]) if row.patient_id in names else "",
            amount_fen=row.amount_fen,
            refunded_fen=row.refunded_fen,
            status=row.status,
            method=row.method,
            waits_at_hospital=row.waits_at_hospital,
            created_at=row.created_at,
            paid_at=row.paid_at,
        )
        for row in rows
    ]


def meant(text: str) -> sa.ColumnElement[bool]:
    """Return the condition for what a typed text may mean: our numbers, the subject's numbers, a patient."""
    conditions: list[sa.ColumnElement[bool]] = [
        PaymentOrder.no == text,
        PaymentOrder.receipt_no == text,
        PaymentOrder.subject_no == text,
        PaymentOrder.id.in_(sa.select(Attempt.payment_order_id).where(Attempt.out_trade_no == text)),
        PaymentOrder.id.in_(sa.select(Attempt.payment_order_id).where(Attempt.transaction_id == text)),
    ]
    for kind, no in numbers_meant(text):
        conditions.append(sa.and_(PaymentOrder.subject_kind == kind, PaymentOrder.subject_no == no))
    patients = [patient.id for patient in find_patients(text)]
    if patients:
        conditions.append(PaymentOrder.patient_id.in_(patients))
    return sa.or_(*conditions)


def to_collect(*, q: str) -> list[PaymentRow]:
    """Return what the cashier looks for, or without a text what waits at the hospital; what is open comes first."""
    wanted = sa.select(PaymentOrder)
    if q:
        wanted = wanted.where(meant(q))
    else:
        wanted = wanted.where(PaymentOrder.status == PaymentStatus.OPEN, PaymentOrder.waits_at_hospital)
    is_open = sa.case((PaymentOrder.status == PaymentStatus.OPEN, 0), else_=1)
    return payment_rows(db.session.scalars(wanted.order_by(is_open, PaymentOrder.id.desc()).limit(100)).all())


def payments_for_staff(*, q: str, status: str, method: str, since: date | None, until: date | None) -> sa.Select[Any]:
    wanted = sa.select(PaymentOrder)
    if q:
        wanted = wanted.where(meant(q))
    if status:
        wanted = wanted.where(PaymentOrder.status == status)
    if method:
        wanted = wanted.where(PaymentOrder.method == method)
    if since:
        wanted = wanted.where(PaymentOrder.created_at >= clock.day_bounds(since)[0])
    if until:
        wanted = wanted.where(PaymentOrder.created_at < clock.day_bounds(until)[1])
    return wanted


def refunds_for_staff(*, q: str, status: str) -> sa.Select[Any]:
    wanted: Any = sa.select(Refund, PaymentOrder).join(PaymentOrder, PaymentOrder.id == Refund.payment_order_id)
    if q:
        parts = sa.select(RefundPart.refund_id).where(RefundPart.out_refund_no == q)
        wanted = wanted.where(
            sa.or_(Refund.no == q, PaymentOrder.no == q, PaymentOrder.subject_no == q, Refund.id.in_(parts))
        )
    if status:
        wanted = wanted.where(Refund.status == status)
    found: sa.Select[Any] = wanted
    return found


def differences_for_staff(
    *, kind: str = "", status: str = "", day: date | None = None, only_mine: int | None = None
) -> sa.Select[Any]:
    wanted = sa.select(Difference)
    if kind:
        wanted = wanted.where(Difference.kind == kind)
    if status:
        wanted = wanted.where(Difference.status == status)
    if day:
        wanted = wanted.where(Difference.day == day)
    if only_mine is not None:
        wanted = wanted.where(Difference.owner_id == only_mine)
    return wanted


def count_differences() -> int:
    """Return how many differences wait for somebody."""
    return db.session.scalar(sa.select(open_differences())) or 0


def open_differences() -> sa.ScalarSelect[int]:
    """Select how many differences wait for somebody."""
    return sa.select(sa.func.count()).where(Difference.status == DifferenceStatus.OPEN).scalar_subquery()


def bills(*, limit: int = 60) -> list[Bill]:
    """Return the latest bills of payments and refunds."""
    return list(db.session.scalars(sa.select(Bill).where(_OF_PAYMENTS).order_by(Bill.day.desc()).limit(limit)))


_OF_PAYMENTS = Bill.channel == Method.WECHAT.value


@dataclass(frozen=True)
class Totals:
    """One day's sums, seen three ways."""

    label: str
    channel_fen: int | None
    ours_fen: int
    ledger_fen: int

    @property
    def agrees(self) -> bool:
        return self.ours_fen == self.ledger_fen and self.channel_fen in (None, self.ours_fen)


def find_bill(day: date) -> Bill | None:
    return db.session.scalars(sa.select(Bill).where(_OF_PAYMENTS, Bill.day == day)).one_or_none()


def three_ways(day: date, bill: Bill | None, takings: Sequence[Takings]) -> list[Totals]:
    """Return a day's payments, refunds and payouts by WeChat as the bills, our records and the ledger have them."""
    start, end = clock.day_bounds(day)
    channel_id = house_account("channel.wechat")
    came = sum(row.amount_fen for row in takings if row.channel is Method.WECHAT)
    went = sum(row.refunded_fen for row in takings if row.channel is Method.WECHAT)
    is_refund = sa.and_(Transfer.payee_id == channel_id, Transfer.kind != PAYOUT_PAID)
    moved = db.session.execute(
        sa.select(
            sa.func.sum(sa.case((Transfer.payer_id == channel_id, Transfer.amount_fen), else_=0)).label("came"),
            sa.func.sum(sa.case((is_refund, Transfer.amount_fen), else_=0)).label("went"),
            sa.func.sum(sa.case((Transfer.kind == PAYOUT_PAID, Transfer.amount_fen), else_=0)).label("paid_out"),
        ).where(
            sa.or_(Transfer.payer_id == channel_id, Transfer.payee_id == channel_id),
            Transfer.at >= start,
            Transfer.at < end,
        )
    ).one()
    paid_out = db.session.scalar(
        sa.select(sa.func.sum(Payout.amount_fen)).where(
            Payout.status == PayoutStatus.SUCCEEDED,
            Payout.way == Method.WECHAT,
            Payout.ended_at >= start,
            Payout.ended_at < end,
        )
    )
    transferred = db.session.scalar(
        sa.select(Bill.trade_fen - Bill.refund_fen).where(Bill.channel == PAYOUT_BILL, Bill.day == day)
    )
    return [
        Totals("收款", bill.trade_fen if bill else None, came, int(moved.came or 0)),
        Totals("退款", bill.refund_fen if bill else None, went, int(moved.went or 0)),
        Totals("付款到个人", transferred, int(paid_out or 0), int(moved.paid_out or 0)),
    ]


@dataclass(frozen=True)
class StuckPayout:
    """A payout that staff have to look at; whose it is, they see where it comes from."""

    no: str
    subject_kind: str
    subject_no: str
    out_bill_no: str
    amount_fen: int
    status: PayoutStatus
    last_error: str
    next_try_at: datetime | None
    sent_at: datetime | None


def payouts_stuck() -> list[StuckPayout]:
    """Return the payouts that something stands against, oldest first; staff have to act or to wait."""
    columns = [getattr(Payout, name) for name in StuckPayout.__dataclass_fields__]
    stuck = sa.select(*columns).where(_is_stuck()).order_by(Payout.asked_at).limit(100)
    return [StuckPayout(*row) for row in db.session.execute(stuck)]


def count_payouts_stuck() -> sa.ScalarSelect[int]:
    """Select how many payouts staff have to look at."""
    return sa.select(sa.func.count()).select_from(Payout).where(_is_stuck()).scalar_subquery()


def _is_stuck() -> sa.ColumnElement[bool]:
    """Say of which payouts there is an error, or no end although it is time for one."""
    now, awaits = clock.now(), Payout.status == PayoutStatus.AWAITING_USER
    is_late = Payout.sent_at < sa.case((awaits, now - PERSON_TAKES), else_=now - WECHAT_TAKES)
    is_open = Payout.status.in_((PayoutStatus.QUEUED, *ON_ITS_WAY))
    return sa.and_(is_open, sa.or_(Payout.last_error != "", is_late))


@dataclass(frozen=True)
class PartRow:
    """A refund's part that people have to hand over or to look at."""

    id: int
    out_refund_no: str
    channel: Method
    amount_fen: int
    status: PartStatus
    channel_state: str
    last_error: str
    next_try_at: datetime | None
    done_at: datetime | None
    done_by: str

    @property
    def needs_people(self) -> bool:
        if self.status is PartStatus.FAILED:
            return True
        return self.status is PartStatus.WAITING and self.channel not in (Method.WECHAT, Method.BALANCE)


def part_rows(parts: Sequence[RefundPart]) -> list[PartRow]:
    names = PartRow.__dataclass_fields__
    return [PartRow(**{name: getattr(part, name) for name in names}) for part in parts]


def refund_no_of(refund_id: int) -> str:
    return db.session.scalars(sa.select(Refund.no).where(Refund.id == refund_id)).one()
