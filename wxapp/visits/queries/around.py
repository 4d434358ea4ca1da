"""What belongs to visits, for pages and programs that show many: one question for each kind of thing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple

import sqlalchemy as sa

from wxapp.core.db import db
from wxapp.hospital.models import Category
from wxapp.patients.models import Patient
from wxapp.staff.models import Member
from wxapp.till.models import Act, Entry, Receipt
from wxapp.visits.models import (
    ExamKind,
    Interest,
    Part,
    Person,
    Picture,
    PlannedPayment,
    Profile,
    Quote,
    QuoteLine,
    Step,
    StepKind,
    Visit,
)
from wxapp.visits.rules.subjects import subject_of


class Somebody(NamedTuple):
    """An employee in a visit: the name of that moment, the phone of today."""

    id: int
    name: str
    phone: str


class Shot(NamedTuple):
    """A picture, and who took it; nobody for a device."""

    path: str
    taken_by: Somebody | None


class Taken(NamedTuple):
    """A payment that counts."""

    entry: Entry
    act: Act
    cashier: Somebody


class Group(Enum):
    """What belongs to a visit and is not always asked for."""

    STEPS = "steps"
    PICTURES = "pictures"
    LINES = "lines"
    PAYMENTS = "payments"
    PLAN = "plan"


ALL_GROUPS = frozenset(Group)


class Around:
    """What belongs to these visits, read with one question for each group and two for patients and people."""

    def __init__(self, visits: Sequence[Visit], groups: Collection[Group] = ALL_GROUPS) -> None:
        self.groups = groups
        ids = [visit.id for visit in visits]
        quote_ids = [visit.quote_id for visit in visits if visit.quote_id is not None]
        self.patients = _patients(visits)
        self.people, self.interests = _people_and_interests(ids)
        self.steps = _steps(ids if Group.STEPS in groups else ())
        self.pictures = _pictures(ids if Group.PICTURES in groups else ())
        self.lines = lines_of_quotes(quote_ids if Group.LINES in groups else ())
        self.payments = _payments(ids if Group.PAYMENTS in groups else ())
        self.planned = _planned(ids if Group.PLAN in groups else ())


def _patients(visits: Sequence[Visit]) -> dict[int, tuple[Patient, Profile | None]]:
    ids = {visit.patient_id for visit in visits}
    wanted = sa.select(Patient, Profile).outerjoin(Profile, Profile.patient_id == Patient.id).where(Patient.id.in_(ids))
    return {patient.id: (patient, profile) for patient, profile in db.session.execute(wanted)} if ids else {}


People = Mapping[int, Mapping[Part, list[Somebody]]]
Interests = Mapping[int, list[tuple[int, str]]]


def _people_and_interests(ids: Sequence[int]) -> tuple[People, Interests]:
    """Return who of the staff is what, and the categories of interest, in the order of entry and with one question."""
    people: dict[int, dict[Part, list[Somebody]]] = defaultdict(lambda: defaultdict(list))
    interests: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for row in db.session.execute(_both(ids)) if ids else ():
        if row.part:
            people[row.visit_id][Part(row.part)].append(Somebody(row.id, row.name, row.phone or ""))
        else:
            interests[row.visit_id].append((row.id, row.name))
    return people, interests


def _both(ids: Sequence[int]) -> sa.Select[Any]:
    persons = (
        sa.select(
            Person.visit_id,
            sa.cast(Person.part, sa.String(30)).label("part"),
            Person.position,
            Person.staff_id.label("id"),
            Person.name,
            Member.phone,
        )
        .join(Member, Member.id == Person.staff_id)
        .where(Person.visit_id.in_(ids))
    )
    categories = (
        sa.select(
            Interest.visit_id,
            sa.literal("").label("part"),
            Interest.position,
            Category.id,
            Category.name,
            sa.null().label("phone"),
        )
        .join(Category, Category.id == Interest.category_id)
        .where(Interest.visit_id.in_(ids))
    )
    both = sa.union_all(persons, categories).subquery()
    return sa.select(both).order_by(both.c.visit_id, both.c.part, both.c.position)


def _steps(ids: Sequence[int]) -> Mapping[int, Mapping[StepKind, Step]]:
    found: dict[int, dict[StepKind, Step]] = defaultdict(dict)
    for step in db.session.scalars(sa.select(Step).where(Step.visit_id.in_(ids))) if ids else ():
        found[step.visit_id][step.kind] = step
    return found


def _pictures(ids: Sequence[int]) -> Mapping[int, Mapping[ExamKind, list[Shot]]]:
    found: dict[int, dict[ExamKind, list[Shot]]] = defaultdict(lambda: defaultdict(list))
    wanted = (
        sa.select(Picture, Member.phone)
        .outerjoin(Member, Member.id == Picture.taken_by)
        .where(Picture.visit_id.in_(ids), Picture.replaced_at.is_(None))
        .order_by(Picture.visit_id, Picture.kind, Picture.position, Picture.id)
    )
    for picture, phone in db.session.execute(wanted) if ids else ():
        by = Somebody(picture.taken_by, picture.taken_by_name, phone or "") if picture.taken_by else None
        found[picture.visit_id][picture.kind].append(Shot(picture.path, by))
    return found


def lines_of_quotes(quote_ids: Sequence[int]) -> Mapping[int, list[tuple[QuoteLine, Quote]]]:
    """Return the lines of these revisions in their order, each with its revision; none for one without lines."""
    found: dict[int, list[tuple[QuoteLine, Quote]]] = defaultdict(list)
    wanted = (
        sa.select(QuoteLine, Quote)
        .join(Quote, Quote.id == QuoteLine.quote_id)
        .where(QuoteLine.quote_id.in_(quote_ids))
        .order_by(QuoteLine.quote_id, QuoteLine.position)
    )
    for line, quote in db.session.execute(wanted) if quote_ids else ():
        found[quote.id].append((line, quote))
    return found


def _payments(ids: Sequence[int]) -> Mapping[int, list[Taken]]:
    """Return what was taken for each visit and has not been voided."""
    found: dict[int, list[Taken]] = defaultdict(list)
    by_subject = {subject_of(visit_id): visit_id for visit_id in ids}
    wanted = (
        sa.select(Entry, Receipt.act, Receipt.cashier_id, Receipt.cashier_name, Member.phone)
        .join(Receipt, Receipt.id == Entry.receipt_id)
        .outerjoin(Member, Member.id == Receipt.cashier_id)
        .where(Entry.subject.in_(by_subject), Entry.voided_at.is_(None), Receipt.act.in_(_ACTS_OF_VISITS))
        .order_by(Entry.subject, Entry.id)
    )
    for entry, act, cashier_id, name, phone in db.session.execute(wanted) if ids else ():
        cashier = Somebody(cashier_id, name, phone or "")
        found[by_subject[entry.subject]].append(Taken(entry, act, cashier))
    return found


_ACTS_OF_VISITS = (Act.COLLECTED, Act.CHANGED, Act.COLLECTED_AGAIN)
"""A deposit is no payment yet; it becomes one when it is used."""


def _planned(ids: Sequence[int]) -> Mapping[int, list[PlannedPayment]]:
    found: dict[int, list[PlannedPayment]] = defaultdict(list)
    wanted = (
        sa.select(PlannedPayment)
        .where(PlannedPayment.visit_id.in_(ids))
        .order_by(PlannedPayment.visit_id, PlannedPayment.position)
    )
    for planned in db.session.scalars(wanted) if ids else ():
        found[planned.visit_id].append(planned)
    return found
