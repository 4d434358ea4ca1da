"""One visit, its people and steps, and who may see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa

from wxapp.admin.identity import Staff
from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.core.permissions import Permission
from wxapp.patients.queries import find_patients
from wxapp.visits.models import Part, Person, Step, StepKind, Visit
from wxapp.visits.states import ENDED

SEES_ALL = (
    Permission.VISIT_INTAKE,
    Permission.VISIT_REFUSE,
    Permission.DIAGNOSTICS_WRITE,
    Permission.TRIAGE,
    Permission.PRICE_REVIEW,
    Permission.VISIT_COLLECT,
    Permission.PROCEDURE_WRITE,
    Permission.DEPARTURE_WRITE,
    Permission.TILL_CHECK,
)
"""Who holds one of these works with every visit; everybody else sees those in which he has a part."""


def sees_all(staff: Staff) -> bool:
    """Whether somebody works with every visit."""
    return any(staff.may(permission) for permission in SEES_ALL)


def visible_to(staff: Staff) -> sa.ColumnElement[bool]:
    """Return the condition for the visits that somebody may see."""
    if sees_all(staff):
        return sa.true()
    # The consultant of a visit is one of its people, too: asked for here as well, no index would serve both.
    return Visit.id.in_(sa.select(Person.visit_id).where(Person.staff_id == staff.id))


def get_visit(visit_id: int, *, seen_by: Staff | None = None) -> Visit:
    """Return a visit.

    :param seen_by: who asks; None for the program itself
    :raises NotFound: no such visit, or not one that this person may see
    """
    wanted = sa.select(Visit).where(Visit.id == visit_id)
    if seen_by is not None:
        wanted = wanted.where(visible_to(seen_by))
    visit = db.session.scalars(wanted).one_or_none()
    if visit is None:
        raise NotFound("没有这张到院单，或不在您的范围内")
    return visit


def matches(q: str) -> sa.ColumnElement[bool]:
    """Return the condition for the visits of a whole name, phone or number."""
    # The patients are asked for first: a condition over two tables would use the index of neither.
    patient_ids = [patient.id for patient in find_patients(q)]
    return Visit.patient_id.in_(patient_ids) if patient_ids else Visit.visit_no == q.strip().upper()


def newest_change() -> datetime | None:
    """Return when any visit changed last; None when there is none."""
    return db.session.scalar(sa.select(sa.func.max(Visit.changed_at)))


def find_open_visit(patient_id: int) -> Visit | None:
    """Return the patient's visit if exactly one is neither left nor refused."""
    wanted = (
        sa.select(Visit)
        .where(Visit.patient_id == patient_id, Visit.stage.not_in(ENDED))
        .order_by(Visit.id.desc())
        .limit(2)
    )
    found = db.session.scalars(wanted).all()
    return found[0] if len(found) == 1 else None


People = Mapping[Part, list[Person]]


def people_of(visit_ids: Iterable[int]) -> dict[int, People]:
    """Return who of the staff is what in each of these visits, in the order of entry, with one question."""
    found: dict[int, dict[Part, list[Person]]] = {visit_id: defaultdict(list) for visit_id in visit_ids}
    if found:
        wanted = sa.select(Person).where(Person.visit_id.in_(found)).order_by(Person.part, Person.position)
        for person in db.session.scalars(wanted):
            found[person.visit_id][person.part].append(person)
    return dict(found)


def steps_of(visit_id: int) -> dict[StepKind, Step]:
    return {step.kind: step for step in db.session.scalars(sa.select(Step).where(Step.visit_id == visit_id))}
