"""Removing what has been kept long enough, and sending dead letters again."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from wxapp.core import actors, clock, ids
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import NotFound
from wxapp.messages.models import Delivery, DeliveryState, Message, Receipt
from wxapp.messages.states import DELIVERY

KEPT_FOR = timedelta(days=400)
"""A year's reports can still be made, and a person still finds last winter's messages."""
_BATCH = 1000


def remove_old(*, batches: int = 50) -> int:
    """Remove messages with their deliveries, and receipts, that are older than kept; return how many messages."""
    before = clock.now() - KEPT_FOR
    removed = 0
    for _ in range(batches):
        old = db.session.scalars(sa.select(Message.id).where(Message.created_at < before).limit(_BATCH)).all()
        if not old:
            break
        with transaction():
            change(sa.delete(Delivery).where(Delivery.message_id.in_(old)))
            removed += change(sa.delete(Message).where(Message.id.in_(old)))
    with transaction():
        change(sa.delete(Receipt).where(Receipt.received_at < before))
    return removed


def resend(delivery_id: int, *, staff_id: int) -> None:
    """Put a dead letter, or one that could not be delivered, back into the queue with new patience.

    :raises IllegalTransition: it is on its way, or arrived
    """
    now = clock.now()
    with transaction():
        row = db.session.get(Delivery, delivery_id)
        if row is None or row.reason_code == "no_way":
            raise NotFound
        fresh = {"tries": 0, "queued_at": now, "due_at": now, "lease": None, "client_msg_id": ids.new_token(18)}
        DELIVERY.move(row, DeliveryState.NEW, by=actors.staff(staff_id), why="重发", **fresh)


def resend_dead(*, reason_code: str, staff_id: int, limit: int = 2000) -> int:
    """Put the dead letters of one reason back into the queue, e.g. after a template was put right; return how many."""
    statement = sa.select(Delivery.id).where(
        Delivery.state == DeliveryState.DEAD, Delivery.reason_code == reason_code, Delivery.reason_code != "no_way"
    )
    chosen = db.session.scalars(statement.order_by(Delivery.id).limit(limit)).all()
    for delivery_id in chosen:
        resend(delivery_id, staff_id=staff_id)
    return len(chosen)
