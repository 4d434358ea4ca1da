"""Times with free seats, as staff may book them: released or not, and up to their end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from wxapp.booking import hours
from wxapp.booking.listings import (
    SessionRow,
    has_not_begun,
    make_session_row,
    overdue_holds,
    select_sessions,
    split_who,
)
from wxapp.booking.models import Session, SessionStatus, Slot
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.directory.models import Physician


@dataclass(frozen=True)
class FreeSlot:
    """A time with a free seat."""

    id: int
    session_id: int
    starts_at: datetime
    ends_at: datetime
    free: int

    @property
    def span(self) -> str:
        return hours.span_text(self.starts_at, self.ends_at)


def free_slots_of(session_id: int, *, near_minute: int | None = None) -> list[FreeSlot]:
    """Return the times of a session with free seats, in their order or the nearest to a time of day first."""
    found = _free_slots(Slot.session_id == session_id)
    if near_minute is None:
        return found
    return sorted(found, key=lambda slot: abs(hours.minute_of(slot.starts_at) - near_minute))


def free_slots(who: str, day: date) -> list[FreeSlot]:
    """Return the times with free seats of a physician or project on a day; released or not, as staff may book both."""
    physician_id, project_id = split_who(who)
    is_theirs = Session.physician_id == physician_id if physician_id else Session.project_id == project_id
    return _free_slots(Session.day == day, is_theirs)


def _free_slots(*where: sa.ColumnElement[bool]) -> list[FreeSlot]:
    free = (Slot.capacity - Slot.taken + overdue_holds()).label("free")
    statement = (
        sa.select(Slot.id, Slot.session_id, Slot.starts_at, Slot.ends_at, free)
        .join(Session, Session.id == Slot.session_id)
        .where(
            Session.status == SessionStatus.OPEN,
            Slot.is_open,
            Slot.ends_at > clock.now(),
            Slot.capacity > Slot.taken - overdue_holds(),
            *where,
        )
        .order_by(Slot.starts_at, Slot.id)
    )
    return [FreeSlot(*row) for row in db.session.execute(statement)]


@dataclass(frozen=True)
class FreeDay:
    """A day with the free seats of a physician or project."""

    day: date
    free: int


def free_days(who: str, *, since: date, until: date) -> list[FreeDay]:
    physician_id, project_id = split_who(who)
    is_theirs = Session.physician_id == physician_id if physician_id else Session.project_id == project_id
    free = sa.func.sum(Slot.capacity - Slot.taken)
    rows = db.session.execute(
        sa.select(Session.day, free)
        .join(Slot, Slot.session_id == Session.id)
        .where(
            is_theirs,
            Session.status == SessionStatus.OPEN,
            Session.day.between(since, until),
            Slot.is_open,
            Slot.ends_at > clock.now(),
        )
        .group_by(Session.day)
        .order_by(Session.day)
    )
    return [FreeDay(day, int(count)) for day, count in rows]


def sessions_to_move_to(session: SessionRow, *, limit: int = 40) -> Sequence[SessionRow]:
    """Return the open sessions that may take over those of a session: the same one's, or of the same department."""
    if session.physician_id:
        is_near = sa.or_(Session.physician_id == session.physician_id, Physician.department == session.department)
    else:
        is_near = Session.project_id == session.project_id
    rows = db.session.execute(
        select_sessions()
        .where(Session.status == SessionStatus.OPEN, Session.id != session.id, has_not_begun(), is_near)
        .order_by(Session.day, Session.starts_minute, Session.id)
        .limit(limit)
    )
    return [row for row in map(make_session_row, rows) if row.booked < row.seats]
