"""Closing what nobody paid. The channel is asked first; money that comes all the same has a defined end."""

from __future__ import annotations

import logging

import sqlalchemy as sa

from wxapp.core import actors, clock
from wxapp.core.db import db, in_transaction, transaction
from wxapp.core.errors import DomainError, NotFound
from wxapp.core.events import publish
from wxapp.payments import queries
from wxapp.payments.errors import AlreadyPaid, PaymentBusy
from wxapp.payments.events import PaymentClosed
from wxapp.payments.models import PaymentOrder, PaymentStatus
from wxapp.payments.services.opening import claim
from wxapp.payments.services.wechat import end_attempts
from wxapp.payments.states import PAYMENT

log = logging.getLogger(__name__)

EXPIRED = "expired"


def close_payment(subject_kind: str, subject_no: str, *, by: str, reason: str) -> None:
    """Close the payment order of a subject; its package hears PaymentClosed. May be called again.

    Asks the channel, so it is never called inside a transaction.

    :raises AlreadyPaid: it is paid, or turned out to be
    :raises PaymentBusy: an attempt may still end in money; try again later
    """
    payment = queries.find_payment(subject_kind, subject_no)
    if payment is None:
        raise NotFound
    _close(queries.get_due(payment.no), by=by, reason=reason)


def _close(due: queries.Due, *, by: str, reason: str) -> None:
    if in_transaction():
        raise RuntimeError("closing asks the channel, which has no place in a transaction")
    if due.status is PaymentStatus.CLOSED:
        return
    if due.status is PaymentStatus.PAID:
        raise AlreadyPaid
    end_attempts(due.id)
    with transaction():
        claim(due)
        PAYMENT.try_move(
            PaymentOrder,
            due.id,
            old=PaymentStatus.OPEN,
            new=PaymentStatus.CLOSED,
            by=by,
            why=reason[:200],
            closed_at=clock.now(),
        )
        publish(
            PaymentClosed(
                subject_kind=due.subject_kind, subject_no=due.subject_no, payment_no=due.no, reason=reason[:200]
            )
        )


def close_expired(*, limit: int = 100) -> int:
    """Close payment orders whose time is over; return how many were closed. Those that may be paid wait."""
    overdue = (
        sa.select(PaymentOrder.no)
        .where(PaymentOrder.status == PaymentStatus.OPEN, PaymentOrder.expires_at <= clock.now())
        .order_by(PaymentOrder.expires_at)
        .limit(limit)
    )
    closed = 0
    for payment_no in list(db.session.scalars(overdue)):
        try:
            due = queries.get_due(payment_no)
            if due.expires_at > clock.now():  # meanwhile 到院支付 was chosen
                continue
            _close(due, by=actors.system("close_expired"), reason=EXPIRED)
            closed += 1
        except (AlreadyPaid, PaymentBusy):
            continue
        except DomainError as error:
            log.info("payments: %s was not closed: %s", payment_no, error)
        except Exception:
            log.exception("payments: closing %s failed", payment_no)
    return closed
