"""Letting somebody in who comes on another day than the booked one."""

from __future__ import annotations

from wxapp.booking import queries
from wxapp.booking.models import BookingStatus
from wxapp.booking.services import absences, persons
from wxapp.booking.states import BOOKING
from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.core.errors import IllegalTransition


def check_in_anyway(booking_no: str, *, by: str) -> None:
    """Note that somebody has come, whatever day was booked; staff have decided so. Twice changes nothing.

    :raises NotFound: there is none with this number
    :raises IllegalTransition: cancelled, to be moved, or done
    """
    with transaction():
        booking = queries.get_booking(booking_no)
        persons.hold_booker(booking.booker_key)
        db.session.refresh(booking)
        if booking.status is BookingStatus.ARRIVED:
            return
        if not BOOKING.allows(booking.status, BookingStatus.ARRIVED):
            raise IllegalTransition
        was_missed = booking.status is BookingStatus.MISSED
        BOOKING.move(
            booking, BookingStatus.ARRIVED, by=by, why="非预约日到院，仍签到", arrived_at=clock.now(), ended_at=None,
            version=booking.version + 1,
        )  # fmt: skip
        if was_missed:
            absences.take_back_absence(booking.booker_key)
