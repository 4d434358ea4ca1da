"""Closing what nobody paid. The channel is asked first; money that comes all the same has a defined end."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

import sqlalchemy as sa

from wxapp.core import actors, clock
from wxapp.core.db import db, in_transaction, transaction
from wxapp.core.errors import DomainError, NotFound
from wxapp.core.events import publish
from wxapp.core.store import store
from wxapp.payments import queries
from wxapp.payments.errors import AlreadyPaid, PaymentBusy
from wxapp.payments.events import PaymentClosed
from wxapp.payments.models import Attempt, PaymentOrder, PaymentStatus
from wxapp.payments.services.opening import claim
from wxapp.payments.services.wechat import end_attempts
from wxapp.payments.states import LIVE, PAYMENT

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


def close_expired(*, limit: int = 100, seconds: float = 20) -> int:
    """Close payment orders whose time is over; return how many were closed. Those that may be paid wait.

    Those about which the channel has to be asked come last, and each run goes on behind the one before it: while the
    channel does not answer, each question takes its whole time-out, and nobody may wait for the same few again and
    again.

    :param seconds: after so long no further question to the channel is begun
    """
    until = time.monotonic() + seconds
    closed = sum(_close_overdue(payment_no) for payment_no in _next_overdue(limit, must_ask=False))
    for payment_no in _next_overdue(limit, must_ask=True):
        if time.monotonic() >= until:
            break
        closed += _close_overdue(payment_no)
    return closed


def _next_overdue(limit: int, *, must_ask: bool) -> Iterator[str]:
    """Yield overdue payment orders behind the one that was yielded last, in this run or an earlier one; then the first.

    :param must_ask: those with an attempt that may still end in money, or those without
    """
    place = f"payments.close_expired:{'asked' if must_ask else 'unasked'}"
    live = sa.exists().where(Attempt.payment_order_id == PaymentOrder.id, Attempt.status.in_(LIVE))
    overdue = (
        sa.select(PaymentOrder.id, PaymentOrder.no)
        .where(PaymentOrder.status == PaymentStatus.OPEN, PaymentOrder.expires_at <= clock.now())
        .where(live if must_ask else ~live)
        .order_by(PaymentOrder.id)
        .limit(limit)
    )
    last = int(store().get(place) or 0)
    found = list(db.session.execute(overdue.where(PaymentOrder.id > last)))
    if last and len(found) < limit:
        found += db.session.execute(overdue.where(PaymentOrder.id <= last).limit(limit - len(found)))
    for row in found:
        # Noted before it is tried: one that ends the process does not come first again.
        store().set(place, str(row.id), ttl=_PLACE_SECONDS)
        yield row.no


_PLACE_SECONDS = 24 * 3600


def _close_overdue(payment_no: str) -> bool:
    """Close one payment order, and say whether that worked; whatever goes wrong concerns no other."""
    try:
        due = queries.get_due(payment_no)
        if due.expires_at > clock.now():  # meanwhile 到院支付 was chosen
            return False
        _close(due, by=actors.system("close_expired"), reason=EXPIRED)
        return True
    except (AlreadyPaid, PaymentBusy):
        return False
    except DomainError as error:
        log.info("payments: %s was not closed: %s", payment_no, error)
    except Exception:
        log.exception("payments: closing %s failed", payment_no)
    return False
