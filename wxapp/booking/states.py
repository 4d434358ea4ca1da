"""What may become of a booking, of a hold, and of somebody in line."""

from __future__ import annotations

from wxapp.booking.models import BookingStatus as B
from wxapp.booking.models import HoldStatus as H
from wxapp.booking.models import SessionStatus, WaitStatus
from wxapp.core.states import Machine

BOOKING: Machine[B] = Machine(
    {
        B.BOOKED: {B.ARRIVED, B.CANCELLED, B.MISSED, B.TO_MOVE, B.DONE},
        B.TO_MOVE: {B.BOOKED, B.CANCELLED},
        B.ARRIVED: {B.DONE, B.BOOKED},  # back: checked in by mistake
        B.MISSED: {B.ARRIVED},  # came late after all
    }
)

HOLD: Machine[H] = Machine({H.ACTIVE: {H.USED, H.RELEASED, H.EXPIRED}})

SESSION: Machine[SessionStatus] = Machine({SessionStatus.OPEN: {SessionStatus.CLOSED}})

WAIT: Machine[WaitStatus] = Machine(
    {
        WaitStatus.WAITING: {WaitStatus.OFFERED, WaitStatus.WITHDRAWN, WaitStatus.CLOSED},
        WaitStatus.OFFERED: {WaitStatus.ACCEPTED, WaitStatus.LAPSED, WaitStatus.WITHDRAWN, WaitStatus.CLOSED},
    }
)

HAS_SEAT = (B.BOOKED, B.ARRIVED, B.DONE, B.MISSED)
"""Bookings that are counted in their slot; their ``active_marker`` is 1. A seat that was used up, or kept for somebody
who did not come, stays counted: who comes late after all need not be refused."""

IN_THE_HOUSE = (B.BOOKED, B.ARRIVED)
"""Bookings that take a person's time."""

OPEN_BOOKINGS = (B.BOOKED, B.TO_MOVE)
"""What a patient still has before him."""
