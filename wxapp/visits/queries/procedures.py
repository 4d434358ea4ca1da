"""The operation part of visits: one, and the lists of those who operate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from wxapp.admin.identity import Staff
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.core.masking import masked_name, masked_phone
from wxapp.patients.models import Patient
from wxapp.visits.models import Procedure, ProcedureStatus, QuoteLine, Stage, Visit
from wxapp.visits.queries.quotes import lines_of_many
from wxapp.visits.queries.visits import matches, visible_to

OPEN = (ProcedureStatus.WAITING, ProcedureStatus.ASSIGNED, ProcedureStatus.OPERATING)
"""Procedures that somebody still has to do something about."""
HERE = (Stage.COLLECTED, Stage.COLLECT_AGAIN, Stage.IN_PROCEDURE)
"""Visits that are collected and have not left."""


def find_procedure(visit_id: int) -> Procedure | None:
    """Return the procedure of a visit as it is now; None before the visit was collected."""
    wanted = sa.select(Procedure).where(Procedure.visit_id == visit_id).execution_options(populate_existing=True)
    return db.session.scalars(wanted).one_or_none()


def get_procedure(visit_id: int) -> Procedure:
    """:raises NotFound: the visit has none: it is not collected"""
    procedure = find_procedure(visit_id)
    if procedure is None:
        raise NotFound("这张到院单还没有收银，暂无手术流程")
    return procedure


@dataclass(frozen=True)
class Operated:
    """A visit that was collected, with its procedure and its patient."""

    visit: Visit
    procedure: Procedure
    patient: Patient


def get_operated(visit_id: int, *, seen_by: Staff) -> Operated:
    """Return them with one question.

    :raises NotFound: no such visit, not one that this person may see, or not collected yet
    """
    whole: list[Any] = [Visit, Procedure, Patient]
    wanted = sa.select(*whole).join(Patient, Patient.id == Visit.patient_id)
    wanted = wanted.outerjoin(Procedure, Procedure.visit_id == Visit.id)
    found = db.session.execute(wanted.where(Visit.id == visit_id, visible_to(seen_by))).one_or_none()
    if found is None:
        raise NotFound("没有这张到院单，或不在您的范围内")
    if found[1] is None:
        raise NotFound("这张到院单还没有收银，暂无手术流程")
    return Operated(*found)


def with_visits() -> sa.Select[Any]:
    """Select procedures, each with its visit."""
    both: list[Any] = [Procedure, Visit]
    return sa.select(*both).join(Visit, Visit.id == Procedure.visit_id)


def procedures(
    *, q: str = "", status: str = "", day: date | None = None, mine: bool = False, staff_id: int = 0
) -> sa.Select[Any]:
    """Return procedures with their visits.

    :param status: of procedures; "" for those that are not done, of visits that have not left
    :param day: on which the operation is planned
    :param mine: only those of ``staff_id``
    """
    wanted = with_visits()
    if status:
        wanted = wanted.where(Procedure.status == ProcedureStatus(status))
    elif not q and day is None:
        wanted = wanted.where(Procedure.status.in_(OPEN), Visit.stage.in_(HERE))
    if day is not None:
        starts, ends = clock.day_bounds(day)
        wanted = wanted.where(Procedure.planned_at >= starts, Procedure.planned_at < ends)
    if mine:
        wanted = wanted.where(sa.or_(Procedure.physician_id == staff_id, Procedure.nurse_id == staff_id))
    return wanted.where(matches(q)) if q.strip() else wanted


@dataclass(frozen=True)
class ProcedureRow:
    """A procedure as lists show it; name and phone of the patient are masked."""

    visit_id: int
    visit_no: str
    patient: str
    phone: str
    stage: Stage
    status: ProcedureStatus
    projects: str
    physician: str
    nurse: str
    room: str
    planned_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    has_consent: bool
    bed: str
    left_at: datetime | None

    @property
    def is_here(self) -> bool:
        return self.stage in HERE


def procedure_rows(found: Sequence[Any]) -> list[ProcedureRow]:
    """Return what :func:`procedures` found as rows, with two questions more for any number of them."""
    patients = contacts({visit.patient_id for _, visit in found})
    projects = projects_of([visit for _, visit in found])
    return [
        ProcedureRow(
            visit_id=visit.id,
            visit_no=visit.visit_no,
            patient=patients[visit.patient_id].name,
            phone=patients[visit.patient_id].phone,
            stage=visit.stage,
            status=one.status,
            projects=projects[visit.id],
            physician=one.physician_name,
            nurse=one.nurse_name,
            room=one.room,
            planned_at=one.planned_at,
            started_at=one.started_at,
            ended_at=one.ended_at,
            has_consent=one.has_consent,
            bed=one.bed,
            left_at=visit.left_at,
        )
        for one, visit in found
    ]


@dataclass(frozen=True)
class Contact:
    """A patient as lists show him: masked."""

    name: str
    phone: str
    record_no: str


def contact_of(patient: Patient) -> Contact:
    return Contact(masked_name(patient.name), masked_phone(patient.phone), patient.record_no)


def contacts(patient_ids: set[int]) -> dict[int, Contact]:
    """Return these patients, masked, with one question."""
    if not patient_ids:
        return {}
    wanted = sa.select(Patient.id, Patient.name, Patient.phone, Patient.record_no).where(Patient.id.in_(patient_ids))
    return {
        row.id: Contact(masked_name(row.name), masked_phone(row.phone), row.record_no)
        for row in db.session.execute(wanted)
    }


def projects_of(visits: Sequence[Visit]) -> dict[int, str]:
    """Return the projects of the quotes that count, as one text for each visit, with one question."""
    lines = lines_of_many(visit.quote_id for visit in visits)
    return {visit.id: projects_text(lines.get(visit.quote_id or 0, [])) for visit in visits}


def projects_text(lines: Sequence[QuoteLine]) -> str:
    """Return ``name×count、name×count``."""
    return "、".join(f"{line.name}×{line.count}" if line.count > 1 else line.name for line in lines)


def count_open() -> list[sa.ScalarSelect[int]]:
    """Select how many procedures wait to be arranged, and how many are arranged or under way."""
    of_here = sa.select(sa.func.count()).select_from(Procedure).join(Visit, Visit.id == Procedure.visit_id)
    of_here = of_here.where(Visit.stage.in_(HERE))
    waiting = of_here.where(Procedure.status == ProcedureStatus.WAITING)
    arranged = of_here.where(Procedure.status.in_([ProcedureStatus.ASSIGNED, ProcedureStatus.OPERATING]))
    return [waiting.scalar_subquery(), arranged.scalar_subquery()]
