"""Appointments of invented patients: ahead, today, moved, cancelled, and a full session with a line."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from wxapp.booking.models import Session, SessionStatus, Slot, Source
from wxapp.booking.services import changes, waiting
from wxapp.booking.services.bookings import Contact, book
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.errors import DomainError
from wxapp.demo.content import people
from wxapp.patients.models import Patient

REMARKS = ("", "复诊", "", "第一次来，想了解体检流程", "", "需要轮椅")
AHEAD = 25
"""So many appointments of the coming days, besides the full session."""


def fill(by: str) -> None:
    """Book for patients who have no WeChat; the people of the sandbox begin without an appointment."""
    patients = list(db.session.scalars(sa.select(Patient).order_by(Patient.id)))[len(people.SANDBOX_PEOPLE) :]
    if not patients:
        return
    made = _spread(patients, by)
    for number in made[::9]:
        changes.cancel(number, by=by, reason="临时有事", is_staff=True)
    _arrive_today(by, patients)
    _fill_one_session(patients, by)


def _slots(*where: sa.ColumnElement[bool], limit: int) -> list[tuple[int, int]]:
    statement = (
        sa.select(Slot.id, Slot.capacity - Slot.taken)
        .join(Session, Session.id == Slot.session_id)
        .where(Session.status == SessionStatus.OPEN, Slot.taken < Slot.capacity, *where)
        .order_by(Slot.starts_at, Slot.id)
        .limit(limit)
    )
    return [(slot_id, free) for slot_id, free in db.session.execute(statement)]


def _book(slot_id: int, patient: Patient, number: int, by: str) -> str:
    """Book for a patient; "" when the patient sits elsewhere then."""
    contact = Contact(patient.name, patient.phone, patient.id_number or "", REMARKS[number % len(REMARKS)])
    try:
        return book(
            slot_id,
            contact,
            wechat_user_id=None,
            patient_id=patient.id,
            source=Source.ONLINE if number % 2 else Source.PHONE,
            by=by,
            once_key=f"demo-booking-{slot_id}-{patient.id}",
        )
    except DomainError:
        return ""


def _spread(patients: list[Patient], by: str) -> list[str]:
    found = _slots(Slot.starts_at > clock.now(), limit=AHEAD * 8)
    made = [
        _book(slot_id, patients[at % len(patients)], at, by) for at, (slot_id, _free) in enumerate(found[::7][:AHEAD])
    ]
    return [number for number in made if number]


def _arrive_today(by: str, patients: list[Patient]) -> None:
    today = _slots(Session.day == clock.today(), Slot.ends_at > clock.now(), limit=3)
    for at, (slot_id, _free) in enumerate(today):
        number = _book(slot_id, patients[-1 - at], at, by)
        if number and at:
            changes.check_in(number, by=by)


def _fill_one_session(patients: list[Patient], by: str) -> None:
    """Fill a session of a physician, the week after, and let somebody stand in line for it."""
    session = db.session.scalars(
        sa.select(Session)
        .where(
            Session.physician_id.is_not(None),
            Session.status == SessionStatus.OPEN,
            Session.released_at <= clock.now(),
            Session.day > clock.today() + timedelta(days=4),
        )
        .order_by(Session.day, Session.id)
    ).first()
    if session is None:
        return
    session_id, number = session.id, 0
    for slot_id, free in _slots(Slot.session_id == session_id, limit=100):
        for _seat in range(free):
            _book(slot_id, patients[number % len(patients)], number, by)
            number += 1
    waiter = patients[number % len(patients)]
    try:
        waiting.join_line(session_id, Contact(waiter.name, waiter.phone), wechat_user_id=0, patient_id=waiter.id)
    except DomainError:  # it did not get full: too few patients
        return
