"""Keeping a seat for a WeChat user while a form is filled in."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from wxapp.booking import queries, settings
from wxapp.booking.models import Hold, HoldStatus
from wxapp.booking.services import bookings, persons, seats
from wxapp.core import clock
from wxapp.core.apart import each_apart
from wxapp.core.db import db, insert_row, transaction
from wxapp.core.limits import Limit
from wxapp.patients.services import wechat_users as users

PER_USER = Limit("booking.hold", count=60, seconds=600, message="选号过于频繁，请稍后再试")


def hold_seat(slot_id: int, *, wechat_user_id: int, patient_id: int | None, by: str) -> int:
    """Keep a seat for some minutes and return the hold's id.

    A WeChat user keeps one seat at a time: choosing another lets the first one go, choosing the same again changes
    nothing and lengthens nothing. What would be refused at the end is refused here already.

    :raises TooManyRequests: this user chooses too often
    :raises NotFound, SlotFull, SlotClosed, NotReleased, OnlineBookingOff: as when booking
    :raises SameTime, TooManyOpen, BookerBlocked: the person could not book this time
    """
    PER_USER.hit(str(wechat_user_id))
    with transaction():
        users.hold(wechat_user_id)
        now = clock.now()
        slot = queries.slot_info(slot_id, now=now)
        bookings.check_slot(slot, now=now, is_online=True)
        key = persons.key_of(patient_id=patient_id, wechat_user_id=wechat_user_id, phone="")
        persons.check_person(key, slot, now=now, is_online=True)
        for hold in _kept_by(wechat_user_id):
            if hold.slot_id == slot_id and hold.expires_at > now:
                return hold.id
            seats.end_hold(hold, HoldStatus.RELEASED, by=by)
        seats.take_seat(slot_id, slot.session_id)
        return insert_row(
            Hold,
            slot_id=slot_id,
            wechat_user_id=wechat_user_id,
            status=HoldStatus.ACTIVE,
            made_at=now,
            expires_at=now + timedelta(minutes=settings.HOLD_MINUTES()),
        )


def _kept_by(wechat_user_id: int) -> list[Hold]:
    kept = sa.select(Hold).where(
        Hold.wechat_user_id == wechat_user_id,
        Hold.status == HoldStatus.ACTIVE,
        Hold.wait_id.is_(None),
    )
    return list(db.session.scalars(kept.order_by(Hold.id)))


def let_go(hold: Hold, *, by: str) -> None:
    """Give a seat up that was kept; letting it go again changes nothing."""
    with transaction():
        seats.end_hold(hold, HoldStatus.RELEASED, by=by)


def expire_overdue(*, limit: int) -> int:
    """End the holds and offers whose time is over; return how many were. Each seat goes to the next in line."""
    overdue = (
        sa.select(Hold.id)
        .where(Hold.status == HoldStatus.ACTIVE, Hold.expires_at <= clock.now())
        .order_by(Hold.expires_at)
        .limit(limit)
    )
    ids = list(db.session.scalars(overdue))
    db.session.commit()  # ends the read; each is a transaction of its own
    return each_apart(_expire, ids, what="booking: hold")


def _expire(hold_id: int) -> bool:
    with transaction():
        return seats.end_hold(db.session.get_one(Hold, hold_id), HoldStatus.EXPIRED, by=seats.SYSTEM)
