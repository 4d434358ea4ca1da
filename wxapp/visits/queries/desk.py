"""What the form of the front desk offers, and what it is filled in with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.hospital.models import Code, CodeKind
from wxapp.patients.models import Patient
from wxapp.patients.queries import patients_with_phone
from wxapp.visits.models import Part, Profile, ProfilePerson, Visit
from wxapp.visits.states import ENDED


def words() -> Mapping[CodeKind, Sequence[Code]]:
    """Return the words in use of all lists, with one question."""
    found: dict[CodeKind, list[Code]] = defaultdict(list)
    wanted = sa.select(Code).where(Code.is_active).order_by(Code.kind, Code.position, Code.code)
    for code in db.session.scalars(wanted):
        found[code.kind].append(code)
    return found


@dataclass(frozen=True)
class Before:
    """Somebody who has a record, and what the next visit begins with."""

    patient: Patient
    profile: Profile | None
    people: Mapping[Part, Sequence[int]]
    last: Visit | None


def known_before(patient_id: int) -> Before:
    """:raises NotFound: no such patient"""
    wanted = sa.select(Patient, Profile).outerjoin(Profile, Profile.patient_id == Patient.id)
    row = db.session.execute(wanted.where(Patient.id == patient_id)).one_or_none()
    if row is None:
        raise NotFound("没有这位客户的档案")
    people: dict[Part, list[int]] = defaultdict(list)
    those = sa.select(ProfilePerson.part, ProfilePerson.staff_id).where(ProfilePerson.patient_id == patient_id)
    for part, staff_id in db.session.execute(those.order_by(ProfilePerson.part, ProfilePerson.position)):
        people[part].append(staff_id)
    last = sa.select(Visit).where(Visit.patient_id == patient_id).order_by(Visit.id.desc()).limit(1)
    return Before(row[0], row[1], people, db.session.scalars(last).one_or_none())


@dataclass(frozen=True)
class Acquaintance:
    """Somebody whose record has a phone, with the last visit."""

    patient: Patient
    last_day: date | None
    open_visit_id: int | None
    open_visit_no: str


def acquaintances(phone: str) -> list[Acquaintance]:
    """Return whose record has this phone, with two questions for any number of them."""
    found = patients_with_phone(phone)
    ids = [patient.id for patient in found]
    visits: dict[int, list[Visit]] = defaultdict(list)
    if ids:
        # The newest of each decides; a patient has few of them.
        for visit in db.session.scalars(sa.select(Visit).where(Visit.patient_id.in_(ids)).order_by(Visit.id.desc())):
            visits[visit.patient_id].append(visit)
    made = []
    for patient in found:
        own = visits[patient.id]
        running = next((visit for visit in own if visit.stage not in ENDED), None)
        made.append(
            Acquaintance(
                patient,
                max((visit.day for visit in own if visit.reached_at is not None), default=None),
                running.id if running else None,
                running.visit_no if running else "",
            )
        )
    return made
