"""Bookings as the front desk works with them before the patients come (手机预约)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from wxapp.booking import hours
from wxapp.booking import queries as bookings
from wxapp.booking.listings import split_who, who_department, who_name, who_place, with_who
from wxapp.booking.models import Booking, BookingStatus, Session, Source
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.core.labels import Labelled
from wxapp.core.masking import masked_name, masked_phone
from wxapp.visits.models import Appointment, Visit

B = BookingStatus


class State(Labelled):
    """Where a booking stands for the front desk."""

    NEW = "new", "新预约"
    CONFIRMED = "confirmed", "已确认"
    TO_MOVE = "to_move", "待改约"
    ARRIVED = "arrived", "已到院"
    DONE = "done", "已就诊"
    CANCELLED = "cancelled", "已取消"
    MISSED = "missed", "爽约"


_STATE_OF = {
    B.TO_MOVE: State.TO_MOVE,
    B.ARRIVED: State.ARRIVED,
    B.DONE: State.DONE,
    B.CANCELLED: State.CANCELLED,
    B.MISSED: State.MISSED,
}
_STATUS_OF = {state: status for status, state in _STATE_OF.items()} | {State.NEW: B.BOOKED, State.CONFIRMED: B.BOOKED}


def state_of(booking: Booking, noted: Appointment | None) -> State:
    """Return where a booking stands: confirmed, if it is confirmed for the time that it has now."""
    if booking.status is not B.BOOKED:
        return _STATE_OF[booking.status]
    is_confirmed = noted is not None and noted.confirmed_for == booking.starts_at
    return State.CONFIRMED if is_confirmed else State.NEW


@dataclass(frozen=True)
class AppointmentRow:
    """A booking as lists show it; name and phone are masked."""

    no: str
    state: State
    starts_at: datetime
    ends_at: datetime
    contact: str
    phone: str
    who: str
    department: str
    place: str
    source: Source
    remark: str
    referrer: str
    visit_no: str
    visit_id: int | None
    made_at: datetime

    @property
    def span(self) -> str:
        return hours.span_text(self.starts_at, self.ends_at)

    @property
    def is_open(self) -> bool:
        return self.state in (State.NEW, State.CONFIRMED, State.TO_MOVE)


def _joined() -> sa.Select[Any]:
    wanted = sa.select(
        Booking,
        who_name.label("who"),
        who_department.label("department"),
        who_place.label("place"),
        Appointment,
        Visit.visit_no,
        Visit.id,
    )
    with_session = with_who(wanted.join(Session, Session.id == Booking.session_id), Booking)
    return with_session.outerjoin(Appointment, Appointment.booking_no == Booking.no).outerjoin(
        Visit, Visit.booking_no == Booking.no
    )


def appointments(
    *, q: str = "", day: date | None = None, state: str = "", who: str = "", source: str = "", open_only: bool = False
) -> sa.Select[Any]:
    """Return bookings of today and later, or of a day; of a whole name or number those of every day.

    :param open_only: without those that are cancelled or to be moved, for the sheet of a day
    """
    wanted = _joined()
    starts, ends = clock.day_bounds(day or clock.today())
    if q.strip():
        wanted = wanted.where(_is_exactly(q))
    if day is not None:
        wanted = wanted.where(Booking.starts_at >= starts, Booking.starts_at < ends)
    elif not q.strip():
        wanted = wanted.where(Booking.starts_at >= starts)
    if state:
        wanted = _in_state(wanted, State(state))
    elif open_only:
        wanted = wanted.where(Booking.status.not_in([B.CANCELLED, B.TO_MOVE]))
    physician_id, project_id = split_who(who)
    if physician_id:
        wanted = wanted.where(Booking.physician_id == physician_id)
    if project_id:
        wanted = wanted.where(Booking.project_id == project_id)
    return wanted.where(Booking.source == Source(source)) if source else wanted


def _in_state(wanted: sa.Select[Any], state: State) -> sa.Select[Any]:
    wanted = wanted.where(Booking.status == _STATUS_OF[state])
    if state is State.CONFIRMED:
        return wanted.where(Appointment.confirmed_for == Booking.starts_at)
    if state is State.NEW:
        other = sa.or_(Appointment.confirmed_for.is_(None), Appointment.confirmed_for != Booking.starts_at)
        return wanted.where(other)
    return wanted


def _is_exactly(text: str) -> sa.ColumnElement[bool]:
    text = text.strip()
    return sa.or_(
        Booking.no == text.upper(),
        Booking.contact_phone_index == bookings.phone_index(text),
        Booking.contact_name_index == bookings.name_index(text),
    )


def appointment_row(row: Any) -> AppointmentRow:
    """Return what :func:`appointments` found as a row."""
    booking, who, department, place, noted, visit_no, visit_id = row
    return AppointmentRow(
        no=booking.no,
        state=state_of(booking, noted),
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        contact=masked_name(booking.contact_name),
        phone=masked_phone(booking.contact_phone),
        who=who,
        department=department,
        place=place,
        source=booking.source,
        remark=booking.remark,
        referrer=noted.lead_referrer_name if noted else "",
        visit_no=visit_no or "",
        visit_id=visit_id,
        made_at=booking.made_at,
    )


@dataclass(frozen=True)
class Opened:
    """One booking with what the front desk noted on it."""

    row: AppointmentRow
    booking: Booking
    noted: Appointment | None


def get_appointment(booking_no: str) -> Opened:
    """:raises NotFound: no such booking"""
    found = db.session.execute(_joined().where(Booking.no == booking_no)).one_or_none()
    if found is None:
        raise NotFound("没有这个预约")
    return Opened(appointment_row(found), found[0], found[4])


def find_noted(booking_no: str) -> Appointment | None:
    """Return what is noted on a booking, as it is now; intake begins with its lead referrer."""
    wanted = sa.select(Appointment).where(Appointment.booking_no == booking_no)
    return db.session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()


def sheet_of(day: date) -> list[AppointmentRow]:
    """Return the appointments of a day in their order, for printing; at most 500."""
    rows = db.session.execute(appointments(day=day, open_only=True).order_by(Booking.starts_at, Booking.id).limit(500))
    return [appointment_row(row) for row in rows]


def count_new() -> list[sa.ScalarSelect[int]]:
    """Select how many bookings of today and later are not confirmed, and how many are to come today."""
    starts, ends = clock.day_bounds(clock.today())
    of_all = sa.select(sa.func.count()).select_from(Booking)
    unconfirmed = (
        of_all.outerjoin(Appointment, Appointment.booking_no == Booking.no)
        .where(Booking.status == B.BOOKED, Booking.starts_at >= starts)
        .where(sa.or_(Appointment.confirmed_for.is_(None), Appointment.confirmed_for != Booking.starts_at))
    )
    today = of_all.where(Booking.status == B.BOOKED, Booking.starts_at >= starts, Booking.starts_at < ends)
    return [unconfirmed.scalar_subquery(), today.scalar_subquery()]
