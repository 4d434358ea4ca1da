"""Bookings that were made before the patient was bound find their patient."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.booking import rules
from wxapp.booking.models import Booking, BookingStatus, Wait
from wxapp.booking.services import absences, persons
from wxapp.core.db import change, db, transaction
from wxapp.patients.models import Patient
from wxapp.patients.queries import get_patient


def join_patient(wechat_user_id: int, patient_id: int) -> int:
    """Give a patient what this WeChat user booked for the same person while unbound; return how many bookings.

    The same person: name and phone agree, or the ID number. What overlaps with an appointment the patient has already
    stays where it was, with the WeChat user, so the binding never fails and no time is booked twice for one patient.
    Joining again changes nothing.
    """
    with transaction():
        patient = get_patient(patient_id)
        key = rules.booker_key(patient_id=patient_id, wechat_user_id=None, phone_index="")
        unbound = (
            sa.select(Booking)
            .where(Booking.wechat_user_id == wechat_user_id, Booking.patient_id.is_(None))
            .order_by(Booking.id)
        )
        found = [one for one in db.session.scalars(unbound) if _is_of(patient, one)]
        waits = sa.select(Wait).where(Wait.wechat_user_id == wechat_user_id, Wait.patient_id.is_(None))
        in_line = [one for one in db.session.scalars(waits) if _is_named(patient, one.contact_name, one.contact_phone)]
        if not found and not in_line:
            return 0
        keys = {key, *(each.booker_key for each in found), *(each.booker_key for each in in_line)}
        for one in sorted(keys):  # in one order for all, against deadlocks
            persons.hold_booker(one)
        for wait in in_line:
            _join_wait(wait, patient_id, key)
        joined = sum(_join_booking(booking, patient_id, key) for booking in found)
        if any(one.status is BookingStatus.MISSED or one.is_late_cancel for one in found):
            absences.count_absence(key)
        return joined


def _is_of(patient: Patient, booking: Booking) -> bool:
    if booking.contact_id_number and patient.id_number:
        return booking.contact_id_number == patient.id_number
    return _is_named(patient, booking.contact_name, booking.contact_phone)


def _is_named(patient: Patient, name: str, phone: str) -> bool:
    return (name, phone) == (patient.name, patient.phone)


def _join_booking(booking: Booking, patient_id: int, key: str) -> bool:
    if booking.active_marker is not None:
        clash = sa.exists().where(
            Booking.booker_key == key,
            Booking.active_marker == 1,
            Booking.starts_at < booking.ends_at,
            Booking.ends_at > booking.starts_at,
        )
        if db.session.scalar(sa.select(clash)):
            return False
    return _set(Booking, booking.id, patient_id, key)


def _join_wait(wait: Wait, patient_id: int, key: str) -> bool:
    return _set(Wait, wait.id, patient_id, key)


def _set(model: type[Booking | Wait], row_id: int, patient_id: int, key: str) -> bool:
    joined = sa.update(model).where(model.id == row_id, model.patient_id.is_(None))
    try:
        with db.session.begin_nested():
            return change(joined.values(patient_id=patient_id, booker_key=key)) == 1
    except IntegrityError:  # the patient has this slot, or stands in this line, already
        return False
