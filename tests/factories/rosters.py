"""Rosters with what hangs on them, for the walks over all pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.factories.booking import make_booking, make_project, make_session, slots_of
from wxapp.booking.models import Booker, Source
from wxapp.booking.services import leaves, rosters
from wxapp.booking.services.leaves import Absence
from wxapp.booking.services.rosters import Line, Work
from wxapp.core import clock
from wxapp.core.db import db, transaction


def make_roster(*, physician_id: int, patient_id: int, other_id: int, number: int, by: str) -> dict[str, Any]:
    """Make one of each: a line, a leave, sessions, bookings of both patients; return what names them in addresses."""
    today = clock.today()
    line = Line(Work(physician_id, None, 600, 720, 60, 2), number % 7, today, None, 7, 420)
    [plan_id] = rosters.add_plans(line, [line.weekday], by=by)
    away = today + timedelta(days=200 + number)
    leave_id = leaves.add_leave(Absence(None, make_project().id, away, away, "检修"), by=by)
    busy = make_session(physician_id=physician_id, day=today, starts="13:00", ends="15:00", capacity=3)
    make_booking(slots_of(busy)[0], patient_id=other_id, by=by)
    quiet = make_session(day=today + timedelta(days=1 + number), capacity=2)
    booking_no = make_booking(slots_of(quiet)[0], patient_id=patient_id, source=Source.PHONE, by=by)
    with transaction():
        blocked = clock.now() + timedelta(days=30)
        db.session.add(Booker(key=f"wechat:{2_000_000 + number}", blocked_until=blocked))
    return {
        "plan_id": plan_id,
        "leave_id": leave_id,
        "project_id": quiet.project_id,
        "booking_session_id": busy.id,
        "booking_no": booking_no,
    }
