"""Lists of one's own: appointments, and places in line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from wxapp.booking.models import Booking, BookingStatus, Project, Session, Wait, WaitStatus
from wxapp.booking.queries import PLACE_COLUMNS, Place, is_own, is_own_wait
from wxapp.booking.states import OPEN_BOOKINGS
from wxapp.core.db import db
from wxapp.directory.models import Physician

PAGE_SIZE = 20


@dataclass(frozen=True)
class BookingCard:
    """What a list shows of a booking."""

    no: str
    status: BookingStatus
    starts_at: datetime
    ends_at: datetime
    contact_name: str
    is_bound: bool
    of: Place


def own_bookings(
    wechat_user_id: int,
    patient_id: int | None,
    *,
    statuses: Sequence[BookingStatus] = (),
    is_next_first: bool = False,
    page: int = 1,
    size: int = PAGE_SIZE,
) -> tuple[list[BookingCard], bool]:
    """Return one page of one's bookings, and whether there are more; the latest first, or the next one first."""
    statement = (
        sa.select(
            Booking.no,
            Booking.status,
            Booking.starts_at,
            Booking.ends_at,
            Booking.contact_name,
            Booking.patient_id.is_not(None),
            *PLACE_COLUMNS,
        )
        .join(Session, Session.id == Booking.session_id)
        .outerjoin(Physician, Physician.id == Session.physician_id)
        .outerjoin(Project, Project.id == Session.project_id)
        .where(is_own(wechat_user_id, patient_id))
    )
    if statuses:
        statement = statement.where(Booking.status.in_(statuses))
    order = (Booking.starts_at, Booking.id)
    statement = statement.order_by(*(each if is_next_first else each.desc() for each in order))
    rows: Sequence[Any] = db.session.execute(statement.limit(size + 1).offset((page - 1) * size)).all()
    cards = [BookingCard(*(*row[:6], Place(*row[6:]))) for row in rows]
    return cards[:size], len(cards) > size


def open_count(wechat_user_id: int, patient_id: int | None) -> int:
    """Return how many appointments are still to come or to be moved."""
    statement = (
        sa.select(sa.func.count())
        .select_from(Booking)
        .where(is_own(wechat_user_id, patient_id), Booking.status.in_(OPEN_BOOKINGS))
    )
    return db.session.execute(statement).scalar_one()


def place_in_line(wait: Wait) -> int:
    """Return how many stand in line up to this one."""
    statement = sa.select(sa.func.count()).where(
        Wait.session_id == wait.session_id, Wait.status == WaitStatus.WAITING, Wait.id <= wait.id
    )
    return db.session.execute(statement).scalar_one()


@dataclass(frozen=True)
class WaitCard:
    """What a list shows of a place in line."""

    id: int
    status: WaitStatus
    offer_expires_at: datetime | None
    day: date
    of: Place


def own_waits(wechat_user_id: int, patient_id: int | None) -> list[WaitCard]:
    """Return where one stands in line."""
    rows: Sequence[Any] = db.session.execute(
        sa.select(Wait.id, Wait.status, Wait.offer_expires_at, Session.day, *PLACE_COLUMNS)
        .join(Session, Session.id == Wait.session_id)
        .outerjoin(Physician, Physician.id == Session.physician_id)
        .outerjoin(Project, Project.id == Session.project_id)
        .where(is_own_wait(wechat_user_id, patient_id), Wait.status.in_([WaitStatus.WAITING, WaitStatus.OFFERED]))
        .order_by(Wait.id)
        .limit(20)
    ).all()
    return [WaitCard(*(*row[:4], Place(*row[4:]))) for row in rows]
