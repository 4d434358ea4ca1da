"""Asking for money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from wxapp.core import actors, clock, ids
from wxapp.core.db import db, run, transaction
from wxapp.core.events import publish
from wxapp.payments import queries
from wxapp.payments.errors import AlreadyPaid, PaymentBusy, PaymentIsClosed
from wxapp.payments.events import PaymentReceived
from wxapp.payments.models import Method, PaymentOrder, PaymentStatus
from wxapp.payments.queries import Due
from wxapp.payments.states import PAYMENT
from wxapp.wallet.services import house_account


@dataclass(frozen=True)
class Asked:
    """What is to be paid by whom until when."""

    subject_kind: str
    subject_no: str
    amount_fen: int
    description: str
    expires_at: datetime
    patient_id: int | None
    wechat_user_id: int | None
    payee: str = "house.mall"


def open_payment(asked: Asked) -> PaymentOrder:
    """Ask for money for a subject, once; the same subject again returns its payment order.

    Nothing to pay is paid at once, without asking any channel.

    :raises ValueError: the subject has a payment order over another amount
    """
    with transaction():
        if (known := queries.find_payment(asked.subject_kind, asked.subject_no)) is not None:
            if known.amount_fen != asked.amount_fen:
                raise ValueError(f"{asked.subject_kind} {asked.subject_no} asks for another amount")
            return known
        payment = PaymentOrder(
            no=ids.outside_number("P"),
            subject_kind=asked.subject_kind,
            subject_no=asked.subject_no,
            description=_plain(asked.description),
            patient_id=asked.patient_id,
            wechat_user_id=asked.wechat_user_id,
            payee_account_id=house_account(asked.payee),
            amount_fen=asked.amount_fen,
            expires_at=asked.expires_at,
            created_at=clock.now(),
            status=PaymentStatus.OPEN,
        )
        db.session.add(payment)
        if asked.amount_fen == 0:
            db.session.flush()  # the move below needs its id
            PAYMENT.move(
                payment,
                PaymentStatus.PAID,
                by=actors.system("nothing_to_pay"),
                method=Method.NOTHING,
                paid_at=clock.now(),
            )
            publish(received(queries.get_due(payment.no), Method.NOTHING))
        return payment


def _plain(text: str) -> str:
    """Return the text without commas, which would cut a line of the channel's bill (wechat.md 7.9)."""
    return text.replace(",", "，").strip()[:60] or "订单"


def received(due: Due, method: Method, *, landed_late: bool = False) -> PaymentReceived:
    return PaymentReceived(
        subject_kind=due.subject_kind,
        subject_no=due.subject_no,
        payment_no=due.no,
        amount_fen=due.amount_fen,
        method=method.value,
        landed_late=landed_late,
    )


def check_open(due: Due, *, now: datetime) -> None:
    """:raises AlreadyPaid, PaymentIsClosed: it can't be paid any more"""
    if due.status is PaymentStatus.PAID:
        raise AlreadyPaid
    if due.status is PaymentStatus.CLOSED or due.expires_at <= now:
        raise PaymentIsClosed


_CLAIM = (
    sa.update(PaymentOrder)
    .where(
        PaymentOrder.id == sa.bindparam("payment_order_id"),
        PaymentOrder.status == PaymentStatus.OPEN,
        PaymentOrder.attempts == sa.bindparam("seen_attempts"),
    )
    .values(attempts=PaymentOrder.attempts + 1)
)
_CLAIM_BEFORE_EXPIRY = _CLAIM.where(PaymentOrder.expires_at > sa.bindparam("now"))


def claim(due: Due, *, now: datetime | None = None) -> None:
    """Hold the payment order for the rest of the transaction, if nobody began anything since it was read.

    Each beginning counts ``attempts`` up in this same statement, so of two that read the same count one wins.
    ``now`` is given by those who may act only before the expiry.

    :raises AlreadyPaid, PaymentIsClosed, PaymentBusy: what the other one did
    """
    seen = {"payment_order_id": due.id, "seen_attempts": due.attempts}
    if (run(_CLAIM, **seen) if now is None else run(_CLAIM_BEFORE_EXPIRY, **seen, now=now)).rowcount:
        return
    check_open(queries.get_due_by_id(due.id), now=clock.now())
    raise PaymentBusy
