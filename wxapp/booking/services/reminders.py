"""What time does to bookings: reminders before, an end after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from wxapp.booking import queries, rules, settings
from wxapp.booking.models import Booking, BookingStatus
from wxapp.booking.services import absences, telling
from wxapp.booking.services.seats import SYSTEM
from wxapp.booking.states import BOOKING
from wxapp.core import clock
from wxapp.core.apart import each_apart
from wxapp.core.db import change, db, transaction

B = BookingStatus


def remind(*, limit: int) -> int:
    """Remind of tomorrow's appointments in the evening before, and of each some hours before; return how many."""
    now = clock.now()
    due = [*_due_of_the_day_before(now, limit), *_due_in_some_hours(now, limit)]
    return each_apart(lambda one: _remind(*one), due, what="booking: reminder")


_Due = list[tuple[int, sa.orm.InstrumentedAttribute[datetime | None]]]


def _due_of_the_day_before(now: datetime, limit: int) -> _Due:
    tomorrow = clock.hospital_day(now) + timedelta(days=1)
    starts, ends = clock.day_bounds(tomorrow)
    hour = settings.REMIND_HOUR()
    if clock.local(now).hour < hour:
        return []
    found = _booked(Booking.day_reminded_at, starts, ends, limit)
    return [
        (row.id, Booking.day_reminded_at)
        for row in found
        if rules.day_reminder_due(tomorrow, clock.local(row.made_at), now=clock.local(now), hour=hour)
    ]


def _due_in_some_hours(now: datetime, limit: int) -> _Due:
    hours = settings.REMIND_HOURS()
    found = _booked(Booking.hours_reminded_at, now, now + timedelta(hours=hours), limit)
    return [
        (row.id, Booking.hours_reminded_at)
        for row in found
        if rules.hours_reminder_due(row.starts_at, row.made_at, now=now, hours=hours)
    ]


def _booked(
    column: sa.orm.InstrumentedAttribute[datetime | None], starts: datetime, ends: datetime, limit: int
) -> Sequence[Any]:
    found = (
        sa.select(Booking.id, Booking.starts_at, Booking.made_at)
        .where(Booking.status == B.BOOKED, Booking.starts_at >= starts, Booking.starts_at <= ends, column.is_(None))
        # Who booked last needs no reminder and stays in this list: he must not stand before those who do.
        .order_by(Booking.made_at, Booking.id)
        .limit(limit)
    )
    rows = db.session.execute(found).all()
    db.session.commit()  # ends the read; each reminder is a transaction of its own
    return rows


def _remind(booking_id: int, column: sa.orm.InstrumentedAttribute[datetime | None]) -> bool:
    """Tell one person once, whoever else tries in this moment."""
    with transaction():
        untold = sa.update(Booking).where(Booking.id == booking_id, Booking.status == B.BOOKED, column.is_(None))
        if not change(untold.values({column.key: clock.now()})):
            return False
        booking = db.session.get_one(Booking, booking_id, populate_existing=True)
        telling.tell(telling.REMINDER, booking, queries.place_of(booking.session_id))
        return True


_AFTERWARDS = {
    B.BOOKED: (B.MISSED, "当天未到"),
    B.ARRIVED: (B.DONE, "当天已就诊"),
    B.TO_MOVE: (B.CANCELLED, "停诊后未改约"),
}


def close_past_days(*, limit: int) -> int:
    """End what is left of past days: who did not come was missed, who came is done; return how many were ended."""
    today, _ = clock.day_bounds(clock.today())
    past = (
        sa.select(Booking.id, Booking.status, Booking.booker_key)
        .where(Booking.status.in_(list(_AFTERWARDS)), Booking.starts_at < today)
        .order_by(Booking.id)
        .limit(limit)
    )
    rows = [(row.id, row.status, row.booker_key) for row in db.session.execute(past)]
    db.session.commit()  # ends the read; each is a transaction of its own
    return each_apart(lambda row: _end(*row), rows, what="booking: end of a day")


def _end(booking_id: int, old: BookingStatus, key: str) -> bool:
    new, why = _AFTERWARDS[old]
    with transaction():
        ended = BOOKING.try_move(
            Booking, booking_id, old=old, new=new, by=SYSTEM, why=why, ended_at=clock.now(), version=Booking.version + 1
        )
        if ended and new is B.MISSED:
            absences.count_absence(key)
        return ended
