"""Making and changing patients' records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.admin.versions import save_version
from wxapp.core import clock, ids
from wxapp.core.crypto import blind_index
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import Invalid
from wxapp.patients import queries, settings
from wxapp.patients.errors import PatientExists
from wxapp.patients.models import ID_INDEX, NAME_INDEX, Patient, Sex
from wxapp.patients.rules import is_phone, read_id_number


@dataclass(frozen=True)
class PatientDetails:
    """What staff write down. With an ID number, birthday and sex are those that it says."""

    name: str
    phone: str
    id_number: str = ""
    sex: Sex = Sex.UNKNOWN
    birthday: date | None = None


def new_record_no() -> str:
    """Return the next number of the day, e.g. ``HOSP26030201``: two digits, from the hundredth on three.

    Patients and return visits share one counter, so that a number names one thing. Draw it before the transaction
    that writes it; gaps are allowed.
    """
    today = clock.today()
    return f"{settings.RECORD_PREFIX()}{today:%y%m%d}{ids.next_in_day('patient', today):02d}"


def register_patient(details: PatientDetails, *, by: str, record_no: str = "") -> Patient:
    """Make the record of a person who comes to the hospital for the first time.

    :param record_no: of a record that another system has numbered; else the next number of the day
    :raises PatientExists: the hospital has a record with this ID number
    """
    columns = _columns(details)
    record_no = record_no or new_record_no()
    now = clock.now()
    try:
        with transaction():
            patient = Patient(record_no=record_no, version=1, created_at=now, created_by=by, updated_at=now, **columns)
            with db.session.begin_nested():  # the unique keys decide here; the refusal below still has to read
                db.session.add(patient)
            return patient
    except IntegrityError:
        _refuse_known(columns)
        raise


def change_patient(patient_id: int, details: PatientDetails, *, seen_version: int) -> Patient:
    """Correct a record.

    :raises Stale: somebody else has changed it since the form was shown
    :raises PatientExists: another record has this ID number
    """
    columns = _columns(details)
    try:
        with transaction():
            save_version(Patient, patient_id, seen=seen_version, updated_at=clock.now(), **columns)
    except IntegrityError:
        _refuse_known(columns)
        raise
    return queries.get_patient(patient_id)


def complete_patient(patient_id: int, *, sex: Sex, birthday: date | None) -> None:
    """Fill in sex and birthday where a record does not know them yet; what it knows stays."""
    now = clock.now()
    with transaction():
        of_patient = sa.update(Patient).where(Patient.id == patient_id)
        if birthday is not None:
            unknown = of_patient.where(Patient.birthday.is_(None), Patient.id_number.is_(None))
            change(unknown.values(birthday=birthday, updated_at=now, version=Patient.version + 1))
        if sex is not Sex.UNKNOWN:
            unknown = of_patient.where(Patient.sex == Sex.UNKNOWN)
            change(unknown.values(sex=sex, updated_at=now, version=Patient.version + 1))


def _columns(details: PatientDetails) -> dict[str, Any]:
    if not is_phone(details.phone):
        raise Invalid({"phone": "手机号格式不正确"})
    today = clock.today()
    sex, birthday, number = details.sex, details.birthday, None
    if details.id_number:
        try:
            said = read_id_number(details.id_number, today=today)
        except ValueError as error:
            raise Invalid({"id_number": str(error)}) from None
        number, birthday, sex = said.number, said.birthday, Sex(said.sex)
    if birthday is not None and birthday > today:
        raise Invalid({"birthday": "出生日期不能晚于今天"})
    return {
        "name": details.name,
        "name_index": blind_index(details.name, context=NAME_INDEX),
        "id_number": number,
        "id_index": blind_index(number, context=ID_INDEX) if number else None,
        "phone": details.phone,
        "phone_index": queries.phone_index(details.phone),
        "sex": sex,
        "birthday": birthday,
    }


def _refuse_known(columns: dict[str, Any]) -> None:
    """:raises PatientExists: the ID number is what clashed"""
    if columns["id_index"] is None:
        return
    known = db.session.scalar(sa.select(Patient.record_no).where(Patient.id_index == columns["id_index"]))
    if known:
        raise PatientExists(known) from None
