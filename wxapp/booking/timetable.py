"""What can be booked: days and times with what is free. Nothing of who has booked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from wxapp.booking import settings
from wxapp.booking.models import Hold, HoldStatus, Session, SessionStatus, Slot
from wxapp.booking.rules import NOON
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.labels import Labelled

DAYS = 30
"""So far ahead is looked."""


class Period(Labelled):
    """Half a day."""

    MORNING = "morning", "上午"
    AFTERNOON = "afternoon", "下午"


@dataclass(frozen=True)
class Whose:
    """A physician's time, or a project's."""

    physician_id: int | None = None
    project_id: int | None = None

    @property
    def condition(self) -> sa.ColumnElement[bool]:
        if self.physician_id is not None:
            return Session.physician_id == self.physician_id
        return Session.project_id == self.project_id


@dataclass(frozen=True)
class Time:
    """A time of an open session that has not begun."""

    slot_id: int
    session_id: int
    day: date
    starts_at: datetime
    ends_at: datetime
    free: int
    place: str
    fee_fen: int
    released_at: datetime
    is_released: bool
    in_time: bool
    """Whether booking online has not closed for it."""

    @property
    def can_be_booked(self) -> bool:
        return self.free > 0 and self.is_released and self.in_time

    @property
    def period(self) -> Period:
        return Period.MORNING if clock.local(self.starts_at).time() < NOON else Period.AFTERNOON


def free_times(whose: Whose, first: date, last: date, *, now: datetime) -> list[Time]:
    """Return the times of these days that lie ahead, full ones too, the earliest first. Two questions, for any span."""
    of = (
        whose.condition,
        Session.day.between(first, last),
        Session.status == SessionStatus.OPEN,
        Slot.is_open,
        Slot.starts_at > now,
    )
    rows = db.session.execute(
        sa.select(
            Slot.id,
            Slot.session_id,
            Session.day,
            Slot.starts_at,
            Slot.ends_at,
            Slot.capacity - Slot.taken,
            Session.place,
            Session.fee_fen,
            Session.released_at,
        )
        .join(Session, Session.id == Slot.session_id)
        .where(*of)
        .order_by(Slot.starts_at, Slot.id)
    ).all()
    overdue: dict[int, int] = dict(
        db.session.execute(
            sa.select(Hold.slot_id, sa.func.count())
            .join(Slot, Slot.id == Hold.slot_id)
            .join(Session, Session.id == Slot.session_id)
            .where(*of, Hold.status == HoldStatus.ACTIVE, Hold.expires_at <= now)
            .group_by(Hold.slot_id)
        ).all()
    )
    closes_at = now + timedelta(minutes=settings.NOTICE_MINUTES())
    return [
        Time(
            *row[:5],
            free=row[5] + overdue.get(row.id, 0),
            place=row.place,
            fee_fen=row.fee_fen,
            released_at=row.released_at,
            is_released=row.released_at <= now,
            in_time=row.starts_at >= closes_at,
        )
        for row in rows
    ]


@dataclass(frozen=True)
class Day:
    """A day of the strip."""

    day: date
    free: int
    """Seats that can be booked now."""
    has_times: bool
    releases_at: datetime | None
    """When its times can be booked, if none can yet."""


def days_of(times: Sequence[Time], first: date, count: int) -> list[Day]:
    """Return so many days with what is free on each."""
    by_day: dict[date, list[Time]] = defaultdict(list)
    for time in times:
        by_day[time.day].append(time)
    days = [first + timedelta(days=number) for number in range(count)]
    return [_day(day, by_day[day]) for day in days]


def _day(day: date, times: list[Time]) -> Day:
    free = sum(time.free for time in times if time.can_be_booked)
    is_waited_for = bool(times) and not any(time.is_released for time in times)
    return Day(day, free, bool(times), min(time.released_at for time in times) if is_waited_for else None)


def next_free_days(*, of_projects: bool, now: datetime, days: int = DAYS) -> dict[int, date]:
    """Return for each physician (or project) the next day with a free time."""
    whose = Session.project_id if of_projects else Session.physician_id
    today = clock.hospital_day(now)
    rows = db.session.execute(
        sa.select(whose, sa.func.min(Session.day))
        .join(Slot, Slot.session_id == Session.id)
        .where(
            whose.is_not(None),
            Session.day.between(today, today + timedelta(days=days)),
            Session.status == SessionStatus.OPEN,
            Session.released_at <= now,
            Slot.is_open,
            Slot.taken < Slot.capacity,
            Slot.starts_at >= now + timedelta(minutes=settings.NOTICE_MINUTES()),
        )
        .group_by(whose)
    )
    return {row[0]: row[1] for row in rows}
