"""Projects, sessions with their slots, and bookings, valid by default."""

from __future__ import annotations

import itertools
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from wxapp.booking.models import Project, Session, SessionStatus, Slot, Source
from wxapp.booking.services.bookings import Contact, book
from wxapp.booking.services.holds import hold_seat
from wxapp.booking.services.waiting import join_line
from wxapp.booking.settings import MOST_WAITS
from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.directory.models import Physician
from wxapp.directory.services import PhysicianText, add_physician

_numbers = itertools.count(1)

CONTACT = Contact("林小满", "13800000001")


def make_physician(**over: Any) -> Physician:
    text = {"name": "林秀英", "department": "心内科", "title": "主任医师", **over}
    return add_physician(PhysicianText(**text), by="system:tests")


def make_project(**over: Any) -> Project:
    values: dict[str, Any] = {
        "name": f"腹部彩超{next(_numbers)}",
        "department": "超声科",
        "place": "门诊楼2层",
        "summary": "检查前请空腹",
        "is_shown": True,
        "changed_at": clock.now(),
        "changed_by": "system:tests",
        **over,
    }
    project = Project(**values)
    with transaction():
        db.session.add(project)
    return project


def make_session(
    *,
    physician_id: int | None = None,
    project_id: int | None = None,
    day: date | None = None,
    starts: str = "09:00",
    ends: str = "11:00",
    slot_minutes: int = 30,
    capacity: int = 1,
    **over: Any,
) -> Session:
    """Make a session with its slots, of tomorrow and of a new project unless told otherwise."""
    if physician_id is None and project_id is None:
        project_id = make_project().id
    day = day or clock.today() + timedelta(days=1)
    first, last = (_minutes(text) for text in (starts, ends))
    now = clock.now()
    values: dict[str, Any] = {
        "physician_id": physician_id,
        "project_id": project_id,
        "day": day,
        "starts_minute": first,
        "ends_minute": last,
        "slot_minutes": slot_minutes,
        "place": "门诊楼3层306室",
        "fee_fen": 3000,
        "released_at": now - timedelta(days=1),
        "status": SessionStatus.OPEN,
        "made_at": now,
        "made_by": "system:tests",
        **over,
    }
    session = Session(**values)
    with transaction():
        db.session.add(session)
        db.session.flush()
        midnight = datetime.combine(day, time.min, clock.HOSPITAL_ZONE)
        for minute in range(first, last - slot_minutes + 1, slot_minutes):
            starts_at = midnight + timedelta(minutes=minute)
            ends_at = starts_at + timedelta(minutes=slot_minutes)
            db.session.add(Slot(session_id=session.id, starts_at=starts_at, ends_at=ends_at, capacity=capacity))
    return session


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def slots_of(session: Session) -> list[Slot]:
    """Return the slots of a session, the earliest first."""
    return list(db.session.scalars(sa.select(Slot).where(Slot.session_id == session.id).order_by(Slot.starts_at)))


def make_booking(slot: Slot | int, **over: Any) -> str:
    """Book a slot, for a new unbound WeChat user unless one is given, and return the booking's number."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "contact": CONTACT,
        "wechat_user_id": 1_000_000 + number,
        "patient_id": None,
        "source": Source.ONLINE,
        "by": "system:tests",
        "once_key": f"booking-{number:08d}",
        **over,
    }
    return book(slot if isinstance(slot, int) else slot.id, **values)


def make_visits(*, user_id: int, patient_id: int, physician_id: int, number: int) -> dict[str, Any]:
    """Make what the patients' pages are about: a free and a full session, a hold, a place in line.

    Return what names them in addresses.
    """
    day = clock.today() + timedelta(days=2 + number % 25)
    starts = f"{8 + number % 8:02d}:00"
    free = make_session(physician_id=physician_id, day=day, starts=starts, ends=f"{starts[:2]}:30", slot_minutes=15)
    hold_id = hold_seat(slots_of(free)[0].id, wechat_user_id=user_id, patient_id=None, by=f"wechat:{user_id}")
    full = make_session(day=day, starts=starts, ends=f"{starts[:2]}:30")
    make_booking(slots_of(full)[0])
    is_mine = number < MOST_WAITS()
    stands_for = patient_id if is_mine else None
    wait_id = join_line(
        full.id, CONTACT, wechat_user_id=user_id if is_mine else 3_000_000 + number, patient_id=stands_for
    )
    return {"hold_id": hold_id, "full_session_id": full.id} | ({"wait_id": wait_id} if is_mine else {})
