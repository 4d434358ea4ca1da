"""What the front desk does with bookings before the patients come: confirm, note who won them, cancel.

Bookings belong to their own package; here stands what visits add to them.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.booking import queries as bookings
from wxapp.booking.models import Booking, BookingStatus
from wxapp.booking.services import changes, persons
from wxapp.core import clock
from wxapp.core.db import change, db, insert_row, transaction
from wxapp.core.errors import IllegalTransition, Invalid, Stale
from wxapp.staff import queries as staff
from wxapp.visits.models import Appointment
from wxapp.visits.queries.appointments import find_noted


def confirm(booking_no: str, *, by: str) -> None:
    """Note that the patient comes at the booked time: somebody has asked. Twice changes nothing.

    Moved to another time, the booking waits for being confirmed again.

    :raises NotFound: no such booking
    :raises IllegalTransition: cancelled, to be moved, or over
    """
    with transaction():
        booking = _held(booking_no)
        if booking.status is not BookingStatus.BOOKED:
            raise IllegalTransition
        noted = _noted(booking_no, by=by)
        if noted.confirmed_for != booking.starts_at:
            now = clock.now()
            _save(noted, by=by, confirmed_for=booking.starts_at, confirmed_at=now, confirmed_by=by)


def note(booking_no: str, *, lead_referrer_id: int | None, remark: str = "", by: str, seen: int | None = None) -> None:
    """Note who won the patient, and what the desk should know.

    :param seen: version of the note on the page; 0: there was none
    :raises NotFound: no such booking
    :raises Invalid: nobody of the active staff
    :raises Stale: somebody else has changed the note meanwhile
    """
    name = ""
    if lead_referrer_id is not None:
        if lead_referrer_id not in staff.active_among([lead_referrer_id]):
            raise Invalid({"lead_referrer_id": "请从名单中选择主开发人"})
        name = staff.names([lead_referrer_id])[lead_referrer_id]
    with transaction():
        _held(booking_no)
        before = find_noted(booking_no)
        if seen is not None and seen != (before.version if before else 0):
            raise Stale
        noted = before or _noted(booking_no, by=by)
        _save(noted, by=by, lead_referrer_id=lead_referrer_id, lead_referrer_name=name, note=remark)


def cancel(booking_no: str, *, reason: str, by: str) -> None:
    """Cancel a booking for the hospital, as :func:`wxapp.booking.services.changes.cancel` does; the patient is told."""
    changes.cancel(booking_no, by=by, is_staff=True, reason=reason)


def _held(booking_no: str) -> Booking:
    """Return a booking of whose person nobody else changes anything before the transaction ends."""
    booking = bookings.get_booking(booking_no)
    persons.hold_booker(booking.booker_key)
    db.session.refresh(booking)
    return booking


def _noted(booking_no: str, *, by: str) -> Appointment:
    """Return the note on a booking; an empty one is made when there is none."""
    now = clock.now()
    if (noted := find_noted(booking_no)) is None:
        try:
            with db.session.begin_nested():
                insert_row(Appointment, booking_no=booking_no, created_at=now, changed_at=now, changed_by=by)
        except IntegrityError:  # the booking has joined another person in this moment, whose row somebody else held
            pass
        noted = find_noted(booking_no)
    if noted is None:
        raise RuntimeError(f"the note on {booking_no} is gone")
    return noted


def _save(noted: Appointment, *, by: str, **values: object) -> None:
    step = sa.update(Appointment).where(Appointment.id == noted.id, Appointment.version == noted.version)
    if not change(step.values(version=Appointment.version + 1, changed_at=clock.now(), changed_by=by, **values)):
        raise Stale
