"""What staff's pages show of bookings: the day sheet, the calendar, one booking, and who is blocked.

Names and phones leave here masked; the whole of them is asked for by :func:`get_booking`, whose look is logged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from wxapp.booking import hours, queries
from wxapp.booking.listings import split_who, who_department, who_key, who_name, who_place, with_who
from wxapp.booking.models import Booker, Booking, BookingStatus, Session, SessionStatus, Slot, Source
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.core.masking import masked_name, masked_phone
from wxapp.directory.models import Physician
from wxapp.patients import queries as patients


@dataclass(frozen=True)
class BookingRow:
    """A booking as lists show it, the contact masked."""

    no: str
    status: BookingStatus
    starts_at: datetime
    ends_at: datetime
    who: str
    department: str
    place: str
    contact: str
    phone: str
    source: Source
    remark: str
    arrived_at: datetime | None
    session_id: int

    @property
    def span(self) -> str:
        return hours.span_text(self.starts_at, self.ends_at)

    @property
    def may_arrive(self) -> bool:
        return self.status in (BookingStatus.BOOKED, BookingStatus.MISSED)


def make_booking_row(row: Any) -> BookingRow:
    booking, who, department, place = row
    return BookingRow(
        booking.no, booking.status, booking.starts_at, booking.ends_at, who, department, place,
        masked_name(booking.contact_name), masked_phone(booking.contact_phone), booking.source, booking.remark,
        booking.arrived_at, booking.session_id,
    )  # fmt: skip


def _bookings() -> sa.Select[Any]:
    statement = sa.select(Booking, who_name.label("who"), who_department.label("department"), who_place.label("place"))
    return with_who(statement.join(Session, Session.id == Booking.session_id), Booking)


def day_sheet(*, q: str, day: date | None, who: str, department: str, status: str, source: str) -> sa.Select[Any]:
    """Return the bookings of a day, today unless one is given.

    Of a name or number those of every day; of those who have to find another time all that are to come.
    """
    statement = _bookings()
    if q:
        statement = statement.where(_is_exactly(q))
    starts, ends = clock.day_bounds(day or clock.today())
    if day or not (q or status == BookingStatus.TO_MOVE):
        statement = statement.where(Booking.starts_at >= starts, Booking.starts_at < ends)
    elif not q:
        statement = statement.where(Booking.starts_at >= starts)
    physician_id, project_id = split_who(who)
    if physician_id:
        statement = statement.where(Booking.physician_id == physician_id)
    if project_id:
        statement = statement.where(Booking.project_id == project_id)
    if department:
        statement = statement.where(who_department == department)
    if status:
        statement = statement.where(Booking.status == BookingStatus(status))
    if source:
        statement = statement.where(Booking.source == Source(source))
    return statement


def bookings_of_session(session_id: int) -> list[BookingRow]:
    rows = db.session.execute(
        _bookings().where(Booking.session_id == session_id).order_by(Booking.starts_at, Booking.id).limit(500)
    )
    return [make_booking_row(row) for row in rows]


def _is_exactly(text: str) -> sa.ColumnElement[bool]:
    text = text.strip()
    return sa.or_(
        Booking.no == text.upper(),
        Booking.code == text.upper(),
        Booking.contact_phone_index == queries.phone_index(text),
        Booking.contact_name_index == queries.name_index(text),
    )


def find_bookings(text: str, *, limit: int) -> list[BookingRow]:
    """Return bookings whose number, code, phone or whole name is this text, the latest first."""
    text = text.strip()
    if not text:
        return []
    rows = db.session.execute(_bookings().where(_is_exactly(text)).order_by(Booking.starts_at.desc()).limit(limit))
    return [make_booking_row(row) for row in rows]


def find_to_check_in(text: str) -> list[BookingRow]:
    """Return what a scanner or a person may mean at the desk.

    A number or code means its booking, on whatever day; a phone or name means the bookings of today.
    """
    text = text.strip()
    if not text:
        return []
    exact = sa.or_(Booking.no == text.upper(), Booking.code == text.upper())
    starts, ends = clock.day_bounds(clock.today())
    person = sa.or_(
        Booking.contact_phone_index == queries.phone_index(text), Booking.contact_name_index == queries.name_index(text)
    )
    today = sa.and_(person, Booking.starts_at >= starts, Booking.starts_at < ends)
    rows = db.session.execute(_bookings().where(sa.or_(exact, today)).order_by(Booking.starts_at, Booking.id).limit(20))
    return [make_booking_row(row) for row in rows]


@dataclass(frozen=True)
class Opened:
    """One booking with what belongs to it."""

    booking: Booking
    who: str
    department: str
    place: str
    record_no: str

    @property
    def who_key(self) -> str:
        return who_key(self.booking.physician_id, self.booking.project_id)


def get_booking(booking_no: str) -> Opened:
    """Return a booking with the record number of its patient.

    :raises NotFound: no such booking
    """
    row = db.session.execute(_bookings().where(Booking.no == booking_no)).one_or_none()
    if row is None:
        raise NotFound
    booking, who, department, place = row
    record_no = patients.get_patient(booking.patient_id).record_no if booking.patient_id else ""
    return Opened(booking, who, department, place, record_no)


# --- the calendar ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Column:
    """A column of the day's calendar."""

    id: str
    title: str


@dataclass(frozen=True)
class Work:
    """A session as the calendar's ground shows it."""

    id: int
    column: str
    starts_at: datetime
    ends_at: datetime
    seats: int
    taken: int
    is_open: bool


@dataclass(frozen=True)
class Shown:
    """A booking as the calendar shows it."""

    no: str
    version: int
    column: str
    starts_at: datetime
    ends_at: datetime
    contact: str
    status: BookingStatus
    session_id: int


@dataclass(frozen=True)
class Calendar:
    """The sessions and bookings of some days."""

    columns: list[Column]
    work: list[Work]
    bookings: list[Shown]


MOST_SHOWN = 2000


def calendar(*, since: date, days: int, who: str = "", department: str = "") -> Calendar:
    """Return what the calendar shows of some days: sessions that are open, or closed with somebody in them."""
    last = since + timedelta(days=days - 1)
    physician_id, project_id = split_who(who)
    wanted: list[sa.ColumnElement[bool]] = [Session.day.between(since, last)]
    if physician_id:
        wanted.append(Session.physician_id == physician_id)
    if project_id:
        wanted.append(Session.project_id == project_id)
    if department:
        wanted.append(who_department == department)
    sums = (
        sa.select(Slot.session_id, sa.func.sum(Slot.capacity).label("seats"), sa.func.sum(Slot.taken).label("taken"))
        .group_by(Slot.session_id)
        .join(Session, Session.id == Slot.session_id)
        .where(Session.day.between(since, last))
        .subquery()
    )
    found = sa.select(Session, who_name, sums.c.seats, sums.c.taken).join(sums, sums.c.session_id == Session.id)
    columns: dict[str, Column] = {}
    work: list[Work] = []
    order = (Session.project_id, Physician.position, Session.physician_id, Session.day, Session.starts_minute)
    rows = db.session.execute(with_who(found, Session).where(*wanted).order_by(*order).limit(MOST_SHOWN))
    for session, name, seats, taken in rows:
        key = who_key(session.physician_id, session.project_id)
        columns.setdefault(key, Column(key, name))
        starts_at = hours.moment_of(session.day, session.starts_minute)
        ends_at = hours.moment_of(session.day, session.ends_minute)
        is_open = session.status is SessionStatus.OPEN
        work.append(Work(session.id, key, starts_at, ends_at, int(seats), int(taken), is_open))
    return Calendar(list(columns.values()), work, _shown(wanted))


def _shown(wanted: Sequence[sa.ColumnElement[bool]]) -> list[Shown]:
    visible = [status for status in BookingStatus if status is not BookingStatus.CANCELLED]
    statement = (
        with_who(sa.select(Booking).join(Session, Session.id == Booking.session_id), Session)
        .where(*wanted, Booking.status.in_(visible))
        .order_by(Booking.starts_at, Booking.id)
        .limit(MOST_SHOWN)
    )
    return [
        Shown(
            one.no, one.version, who_key(one.physician_id, one.project_id), one.starts_at, one.ends_at,
            masked_name(one.contact_name), one.status, one.session_id,
        )
        for one in db.session.scalars(statement)
    ]  # fmt: skip


# --- the start page --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Today:
    """The bookings of a day by state, and how many of its sessions are closed."""

    by_status: Counter[BookingStatus]
    closed_sessions: int
    to_move: int

    @classmethod
    def of(cls, closed_sessions: int, to_move: int, *counts: int) -> Today:
        """Make it of what ``count_today`` selects."""
        return cls(Counter(dict(zip(BookingStatus, counts, strict=True))), closed_sessions, to_move)


def count_today() -> list[sa.ScalarSelect[int]]:
    """Select the parts of ``Today``."""
    today = clock.today()
    starts, ends = clock.day_bounds(today)
    by_status = [
        sa.select(sa.func.count()).where(
            Booking.status == status, Booking.starts_at >= starts, Booking.starts_at < ends
        )
        for status in BookingStatus
    ]
    closed = sa.select(sa.func.count()).where(Session.day == today, Session.status == SessionStatus.CLOSED)
    to_move = sa.select(sa.func.count()).where(Booking.status == BookingStatus.TO_MOVE, Booking.starts_at >= starts)
    return [one.scalar_subquery() for one in (closed, to_move, *by_status)]


# --- who is blocked --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Blocked:
    """Somebody who may not book online for a while."""

    key: str
    name: str
    kind: str
    blocked_until: datetime
    patient_id: int | None


def blocked_bookers() -> list[Blocked]:
    """Return who is blocked now, the longest first; at most 500."""
    rows = db.session.scalars(
        sa.select(Booker)
        .where(Booker.blocked_until > clock.now())
        .order_by(Booker.blocked_until.desc(), Booker.key)
        .limit(500)
    ).all()
    patient_ids = {row.key: int(row.key.removeprefix("patient:")) for row in rows if row.key.startswith("patient:")}
    names = patients.patient_names(list(patient_ids.values()))
    found = []
    for row in rows:
        patient_id, until = patient_ids.get(row.key), row.blocked_until
        kind, _, number = row.key.partition(":")
        other = f"微信用户{number}" if kind == "wechat" else "电话预约"
        name = masked_name(names.get(patient_id)) if patient_id else other
        found.append(Blocked(row.key, name, "患者" if patient_id else "未建档", until or clock.now(), patient_id))
    return found
