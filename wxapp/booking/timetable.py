"""What can be booked: days and times with what is free. Nothing of who has booked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from wxapp.booking import settings
from wxapp.booking.models import Hold, HoldStatus, Session, SessionStatus, Slot
from wxapp.booking.rules import NOON
from wxapp.core import clock
from wxapp.core.db import db, run
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


@dataclass(frozen=True)
class Work:
    """What the times of one session have in common."""

    id: int
    day: date
    place: str
    fee_fen: int
    released_at: datetime
    is_released: bool
    length: timedelta


class Time(NamedTuple):
    """A time of an open session that has not begun. A tuple, because a page makes a thousand of them."""

    slot_id: int
    starts_at: datetime
    free: int
    in_time: bool
    """Whether booking online has not closed for it."""
    work: Work

    @property
    def session_id(self) -> int:
        return self.work.id

    @property
    def day(self) -> date:
        return self.work.day

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + self.work.length

    @property
    def place(self) -> str:
        return self.work.place

    @property
    def fee_fen(self) -> int:
        return self.work.fee_fen

    @property
    def is_released(self) -> bool:
        return self.work.is_released

    @property
    def can_be_booked(self) -> bool:
        return self.free > 0 and self.work.is_released and self.in_time

    @property
    def period(self) -> Period:
        return Period.MORNING if clock.local(self.starts_at).time() < NOON else Period.AFTERNOON


def _is_theirs(column: sa.orm.InstrumentedAttribute[int | None]) -> sa.ColumnElement[bool]:
    return sa.and_(
        column == sa.bindparam("whose"),
        Session.day.between(sa.bindparam("first"), sa.bindparam("last")),
        Session.status == SessionStatus.OPEN,
    )


_OWNERS = {"physician": Session.physician_id, "project": Session.project_id}
_LIES_AHEAD = sa.and_(Slot.is_open, Slot.starts_at > sa.bindparam("now"))

# Built once each: a page of times is what everybody looks at.
_SESSIONS = {
    name: sa.select(
        Session.id, Session.day, Session.place, Session.fee_fen, Session.released_at, Session.slot_minutes
    ).where(_is_theirs(owner))
    for name, owner in _OWNERS.items()
}
_SLOTS = {
    name: sa.select(Slot.id, Slot.session_id, Slot.starts_at, Slot.capacity - Slot.taken)
    .join(Session, Session.id == Slot.session_id)
    .where(_is_theirs(owner), _LIES_AHEAD)
    .order_by(Slot.starts_at, Slot.id)
    for name, owner in _OWNERS.items()
}
_OVERDUE = {
    name: sa.select(Hold.slot_id, sa.func.count())
    .join(Slot, Slot.id == Hold.slot_id)
    .join(Session, Session.id == Slot.session_id)
    .where(_is_theirs(owner), _LIES_AHEAD, Hold.status == HoldStatus.ACTIVE, Hold.expires_at <= sa.bindparam("now"))
    .group_by(Hold.slot_id)
    for name, owner in _OWNERS.items()
}


def free_times(whose: Whose, first: date, last: date, *, now: datetime) -> list[Time]:
    """Return the times of these days that lie ahead, full ones too, the earliest first.

    Three questions, for any span of days. Seats of holds that ran out count as free.
    """
    name = "physician" if whose.physician_id is not None else "project"
    span = {"whose": whose.physician_id or whose.project_id, "first": first, "last": last}
    sessions: Sequence[Any] = run(_SESSIONS[name], **span).all()
    works = {row[0]: Work(*(*row[:5], row[4] <= now, timedelta(minutes=row[5]))) for row in sessions}
    if not works:
        return []
    overdue: dict[int, int] = dict(run(_OVERDUE[name], now=now, **span).all())  # type: ignore[arg-type]
    closes_at = now + timedelta(minutes=settings.NOTICE_MINUTES())
    slots: Sequence[Any] = run(_SLOTS[name], now=now, **span).all()
    return [
        Time(slot_id, starts_at, free + overdue.get(slot_id, 0), starts_at >= closes_at, works[session_id])
        for slot_id, session_id, starts_at, free in slots
        if session_id in works
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
        by_day[time.work.day].append(time)
    days = [first + timedelta(days=number) for number in range(count)]
    return [_day(day, by_day[day]) for day in days]


def _day(day: date, times: list[Time]) -> Day:
    free = sum(time.free for time in times if time.can_be_booked)
    is_waited_for = bool(times) and not any(time.is_released for time in times)
    return Day(day, free, bool(times), min(time.work.released_at for time in times) if is_waited_for else None)


def next_free_days(*, of_projects: bool, now: datetime, days: int = DAYS) -> dict[int, date]:
    """Return for each physician (or project) the next day with a free time."""
    whose = Session.project_id if of_projects else Session.physician_id
    today = clock.hospital_day(now)
    has_free_time = sa.exists().where(
        Slot.session_id == Session.id,
        Slot.is_open,
        Slot.taken < Slot.capacity,
        Slot.starts_at >= now + timedelta(minutes=settings.NOTICE_MINUTES()),
    )
    rows = db.session.execute(
        sa.select(whose, sa.func.min(Session.day))
        .where(
            whose.is_not(None),
            Session.day.between(today, today + timedelta(days=days)),
            Session.status == SessionStatus.OPEN,
            Session.released_at <= now,
            has_free_time,
        )
        .group_by(whose)
    )
    return {row[0]: row[1] for row in rows if row[0] is not None}
