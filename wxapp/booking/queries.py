"""Reads of bookings, of who waits, and of a person's own things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from wxapp.booking.models import (
    Booker,
    Booking,
    BookingStatus,
    Hold,
    HoldStatus,
    Project,
    Session,
    Slot,
    Wait,
    WaitStatus,
)
from wxapp.booking.states import HAS_SEAT, IN_THE_HOUSE, OPEN_BOOKINGS
from wxapp.core.crypto import blind_index
from wxapp.core.db import db, run
from wxapp.core.errors import NotFound
from wxapp.directory.models import Physician

_NAME, _PHONE = "booking.name", "booking.phone"
"""Contexts of the blind indexes."""


def name_index(name: str) -> str:
    return blind_index(name, context=_NAME)


def phone_index(phone: str) -> str:
    return blind_index(phone, context=_PHONE)


# --- a time and what it is of ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Whose time it is, and where: what pages and messages say of a session."""

    physician_id: int | None
    project_id: int | None
    name: str
    """A physician's or a project's."""
    department: str
    title: str
    """A physician's; "" for a project."""
    place: str
    fee_fen: int

    @property
    def label(self) -> str:
        """As messages call it: the department with the physician, or the project."""
        return f"{self.department} {self.name}" if self.physician_id is not None else self.name


@dataclass(frozen=True)
class SlotInfo:
    """A slot as the booking of it needs to know it."""

    id: int
    session_id: int
    day: date
    starts_at: datetime
    ends_at: datetime
    is_open: bool
    released_at: datetime
    free: int
    """Seats that can be had now; those of holds that ran out count as free."""
    of: Place


_OVERDUE = (
    sa.select(sa.func.count())
    .where(Hold.slot_id == Slot.id, Hold.status == HoldStatus.ACTIVE, Hold.expires_at <= sa.bindparam("now"))
    .correlate(Slot)
    .scalar_subquery()
)

PLACE_COLUMNS = (
    Session.physician_id,
    Session.project_id,
    sa.func.coalesce(Physician.name, Project.name).label("name"),
    sa.func.coalesce(Physician.department, Project.department).label("department"),
    sa.func.coalesce(Physician.title, "").label("title"),
    sa.case((Session.place != "", Session.place), else_=sa.func.coalesce(Project.place, "")).label("place"),
    Session.fee_fen,
)

_SLOT = (
    sa.select(
        Slot.id,
        Slot.session_id,
        Session.day,
        Slot.starts_at,
        Slot.ends_at,
        Slot.is_open,
        Session.released_at,
        (Slot.capacity - Slot.taken + _OVERDUE).label("free"),
        *PLACE_COLUMNS,
    )
    .join(Session, Session.id == Slot.session_id)
    .outerjoin(Physician, Physician.id == Session.physician_id)
    .outerjoin(Project, Project.id == Session.project_id)
    .where(Slot.id == sa.bindparam("slot_id"))
)
"""Built once: each booking begins with it."""


def slot_info(slot_id: int, *, now: datetime) -> SlotInfo:
    """:raises NotFound: no such slot"""
    row: Any = run(_SLOT, slot_id=slot_id, now=now).one_or_none()
    if row is None:
        raise NotFound
    return SlotInfo(*(*row[:8], Place(*row[8:])))


_PLACE = (
    sa.select(*PLACE_COLUMNS)
    .select_from(Session)
    .outerjoin(Physician, Physician.id == Session.physician_id)
    .outerjoin(Project, Project.id == Session.project_id)
    .where(Session.id == sa.bindparam("session_id"))
)


def place_of(session_id: int) -> Place:
    """:raises NotFound: no such session"""
    row: Any = run(_PLACE, session_id=session_id).one_or_none()
    if row is None:
        raise NotFound
    return Place(*row)


def shown_projects() -> Sequence[Project]:
    """Return the projects that patients may book, in the order staff gave them."""
    return db.session.scalars(
        sa.select(Project).where(Project.is_shown).order_by(Project.position, Project.id).limit(100)
    ).all()


def shown_project(project_id: int) -> Project:
    """:raises NotFound: no such project, or not shown"""
    project = db.session.get(Project, project_id)
    if project is None or not project.is_shown:
        raise NotFound
    return project


def notice_of(project_id: int) -> str:
    """Return what to know before coming for a project."""
    return db.session.scalar(sa.select(Project.notice).where(Project.id == project_id)) or ""


def get_session(session_id: int) -> Session:
    """:raises NotFound: no such session"""
    session = db.session.get(Session, session_id)
    if session is None:
        raise NotFound
    return session


# --- a person --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """What a person has booked already, and whether the person may."""

    blocked_until: datetime | None
    open: int
    """Appointments still to come."""
    overlapping: int
    """Appointments that share a moment with the asked one."""


_OVERLAPS = sa.and_(
    Booking.active_marker == 1,
    Booking.starts_at < sa.bindparam("ends_at"),
    Booking.ends_at > sa.bindparam("starts_at"),
    # Who is done or was missed is free again, but does not sit in the same slot twice.
    sa.or_(Booking.status.in_(IN_THE_HOUSE), Booking.starts_at == sa.bindparam("starts_at")),
)
_OF_BOOKER = sa.and_(
    Booking.booker_key == sa.bindparam("key"),
    Booking.ends_at > sa.bindparam("now"),
    Booking.status.in_([*HAS_SEAT, BookingStatus.TO_MOVE]),
    Booking.id != sa.bindparam("except_id"),
)
_STANDING = sa.select(
    sa.select(Booker.blocked_until).where(Booker.key == sa.bindparam("key")).scalar_subquery(),
    sa.func.coalesce(
        sa.func.sum(
            sa.case((sa.and_(Booking.status.in_(OPEN_BOOKINGS), Booking.starts_at > sa.bindparam("now")), 1), else_=0)
        ),
        0,
    ),
    sa.func.coalesce(sa.func.sum(sa.case((_OVERLAPS, 1), else_=0)), 0),
).where(_OF_BOOKER)


def standing_of(key: str, *, starts_at: datetime, ends_at: datetime, now: datetime, except_id: int = 0) -> Standing:
    """Return what matters of a person who wants this stretch of time; ``except_id`` is a booking that is moved."""
    row: Any = run(_STANDING, key=key, starts_at=starts_at, ends_at=ends_at, now=now, except_id=except_id).one()
    return Standing(row[0], int(row[1]), int(row[2]))


_BLOCKED = sa.select(Booker.blocked_until).where(Booker.key == sa.bindparam("key"))


def blocked_until(key: str, *, now: datetime) -> datetime | None:
    """Return until when somebody may not book online, or None."""
    until: datetime | None = run(_BLOCKED, key=key).scalar()
    return until if until is not None and until > now else None


# --- bookings --------------------------------------------------------------------------------------------------------


def get_booking(booking_no: str) -> Booking:
    """:raises NotFound: there is none with this number"""
    booking = db.session.scalars(sa.select(Booking).where(Booking.no == booking_no)).one_or_none()
    if booking is None:
        raise NotFound
    return booking


def find_booking(code_or_no: str) -> Booking | None:
    """Return the booking with this number or check-in code."""
    text = code_or_no.strip()
    column = Booking.code if text.isascii() and text.isdigit() else Booking.no
    return db.session.scalars(sa.select(Booking).where(column == text.upper())).one_or_none()


def is_own(wechat_user_id: int, patient_id: int | None) -> sa.ColumnElement[bool]:
    """Select the current patient's, and what this WeChat user booked before the patient was bound."""
    unbound = sa.and_(Booking.wechat_user_id == wechat_user_id, Booking.patient_id.is_(None))
    return unbound if patient_id is None else sa.or_(Booking.patient_id == patient_id, unbound)


def own_booking(wechat_user_id: int, patient_id: int | None, booking_no: str) -> Booking:
    """:raises NotFound: there is none, or it is somebody else's"""
    booking = db.session.scalars(
        sa.select(Booking).where(Booking.no == booking_no, is_own(wechat_user_id, patient_id))
    ).one_or_none()
    if booking is None:
        raise NotFound
    return booking


def order_numbers_in_use(patient_id: int) -> set[str]:
    """Return the check-up orders for which an appointment stands."""
    statement = sa.select(Booking.order_no).where(
        Booking.patient_id == patient_id,
        Booking.order_no != "",
        Booking.status.in_([*OPEN_BOOKINGS, BookingStatus.ARRIVED]),
    )
    return set(db.session.scalars(statement))


# --- holds and waits -------------------------------------------------------------------------------------------------


def own_hold(wechat_user_id: int, hold_id: int) -> Hold:
    """:raises NotFound: no such hold, or somebody else's"""
    hold = db.session.get(Hold, hold_id)
    if hold is None or hold.wechat_user_id != wechat_user_id:
        raise NotFound
    return hold


def is_own_wait(wechat_user_id: int, patient_id: int | None) -> sa.ColumnElement[bool]:
    """Select where the current patient, or this WeChat user without one, stands in line."""
    unbound = sa.and_(Wait.wechat_user_id == wechat_user_id, Wait.patient_id.is_(None))
    return unbound if patient_id is None else sa.or_(Wait.patient_id == patient_id, unbound)


def own_wait(wechat_user_id: int, patient_id: int | None, wait_id: int) -> Wait:
    """:raises NotFound: no such place in a line, or somebody else's"""
    wait = db.session.scalars(
        sa.select(Wait).where(Wait.id == wait_id, is_own_wait(wechat_user_id, patient_id))
    ).one_or_none()
    if wait is None:
        raise NotFound
    return wait


def open_waits_of_user(wechat_user_id: int) -> list[int]:
    """Return where a WeChat user stands in line or is offered a seat, for whomever."""
    standing = sa.select(Wait.id).where(Wait.wechat_user_id == wechat_user_id, Wait.active_marker == 1)
    return list(db.session.scalars(standing.order_by(Wait.id)))


_SOMEBODY_WAITS = (
    sa.select(Wait.id)
    .where(
        Wait.session_id == sa.bindparam("session_id"),
        Wait.status == WaitStatus.WAITING,
        # Who has found a time of this session meanwhile waits for nothing any more.
        ~sa.exists().where(
            Booking.session_id == Wait.session_id, Booking.booker_key == Wait.booker_key, Booking.active_marker == 1
        ),
    )
    .order_by(Wait.id)
    .limit(1)
)


def first_in_line(session_id: int) -> int | None:
    """Return who is to be offered the next seat of a session."""
    found: int | None = run(_SOMEBODY_WAITS, session_id=session_id).scalar()
    return found


# --- for others ------------------------------------------------------------------------------------------------------


def contact_phone(booking_id: int) -> str:
    """Return the phone that was given with a booking, "" when there is no such booking."""
    phone: str | None = db.session.scalar(sa.select(Booking.contact_phone).where(Booking.id == booking_id))
    return phone or ""


def bookings_of_patient(patient_id: int) -> list[tuple[Booking, Place]]:
    """Return all bookings of a patient with what they are of, the oldest first."""
    rows = db.session.execute(
        sa.select(Booking, *PLACE_COLUMNS)
        .join(Session, Session.id == Booking.session_id)
        .outerjoin(Physician, Physician.id == Session.physician_id)
        .outerjoin(Project, Project.id == Session.project_id)
        .where(Booking.patient_id == patient_id)
        .order_by(Booking.id)
    ).all()
    return [(row[0], Place(*row[1:])) for row in rows]
