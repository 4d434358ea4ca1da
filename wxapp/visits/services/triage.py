"""Triage (分诊): who advises the patient."""

from __future__ import annotations

import sqlalchemy as sa

from wxapp.core import actors
from wxapp.core.db import db, transaction
from wxapp.core.errors import Invalid
from wxapp.core.permissions import Permission
from wxapp.hospital import queries as hospital
from wxapp.hospital.rules.flows import FlowRules
from wxapp.visits.errors import StageMoved, StepMissing
from wxapp.visits.models import ExamKind, Part, Picture, Stage, StepKind, Visit
from wxapp.visits.queries import people_of
from wxapp.visits.queries.advice import WAIT_FOR_TRIAGE
from wxapp.visits.queries.crew import who_may
from wxapp.visits.services import stages
from wxapp.visits.services.people import set_people

ADVISED = frozenset({Stage.TRIAGED, Stage.IN_REVIEW, Stage.SENT_BACK, Stage.APPROVED})
"""Where it has a consultant who may still be changed: nothing is collected yet."""


def assign_consultant(visit_id: int, consultant_id: int, *, by: int, version: int | None = None) -> None:
    """Give a visit that waits for triage its consultant (分诊).

    :param by: the member of staff who triages
    :param version: what the page showed; None: the caller saw no page
    :raises Invalid: not an active consultant
    :raises StepMissing: an examination that the flow demands has no pictures yet
    :raises StageMoved: the visit does not wait for triage
    """
    _check_consultant(consultant_id)
    with transaction():
        visit = stages.hold(visit_id)
        stages.check_version(visit, version)
        if visit.stage not in WAIT_FOR_TRIAGE:
            raise StageMoved
        check_examinations(visit, hospital.flow_of(visit.flow_id))
        take_in(visit, consultant_id, triagist_id=by, by=by)


def take_in(visit: Visit, consultant_id: int, *, triagist_id: int | None, by: int) -> None:
    """Move a visit that was just held past triage; ``triagist_id`` None: nobody triaged it."""
    stages.move(visit, Stage.TRIAGED, by=actors.staff(by), why=f"咨询师{consultant_id}")
    _end_examination(visit)
    stages.end_step(visit, StepKind.TRIAGE, staff_id=by, following=StepKind.CONSULTATION)
    set_people(visit.id, Part.CONSULTANT, [consultant_id])
    if triagist_id is not None:
        set_people(visit.id, Part.TRIAGIST, [triagist_id])
    db.session.refresh(visit)


def _end_examination(visit: Visit) -> None:
    """Let triage begin with the last picture, or with the arrival of who was not examined."""
    if visit.current_step is not StepKind.EXAMINATION:
        return
    taken = (
        sa.select(Picture.taken_at, Picture.taken_by)
        .where(Picture.visit_id == visit.id, Picture.replaced_at.is_(None))
        .order_by(Picture.taken_at.desc(), Picture.id.desc())
        .limit(1)
    )
    last = db.session.execute(taken).one_or_none()
    ended_at = max(last.taken_at, visit.step_since) if last else visit.step_since
    staff_id = last.taken_by if last else None
    stages.end_step(visit, StepKind.EXAMINATION, staff_id=staff_id, following=StepKind.TRIAGE, at=ended_at)
    db.session.refresh(visit)


def change_consultant(visit_id: int, consultant_id: int, *, by: int, version: int | None = None) -> str:
    """Give a visit another consultant; its quote stays. Return the name of who had it before.

    :raises Invalid: not an active consultant
    :raises StageMoved: the visit has no consultant yet, or money has come in for it
    """
    _check_consultant(consultant_id)
    with transaction():
        visit = stages.hold(visit_id)
        stages.check_version(visit, version)
        if visit.stage not in ADVISED:
            raise StageMoved
        before = people_of([visit_id])[visit_id].get(Part.CONSULTANT, [])
        stages.move(visit, visit.stage, by=actors.staff(by), why=f"咨询师{visit.consultant_id}改为{consultant_id}")
        set_people(visit_id, Part.CONSULTANT, [consultant_id])
        set_people(visit_id, Part.TRIAGIST, [by])
        return before[0].name if before else ""


def check_examinations(visit: Visit, flow: FlowRules) -> None:
    """:raises StepMissing: the flow of this visit demands an examination of which there is no picture"""
    demanded = [kind for kind in ExamKind if (step := flow.step(kind.value)).is_on and not step.may_be_skipped]
    if not demanded:
        return
    taken = sa.select(Picture.kind).where(Picture.visit_id == visit.id, Picture.replaced_at.is_(None)).distinct()
    there = set(db.session.scalars(taken))
    if missing := [kind.label for kind in demanded if kind not in there]:
        raise StepMissing(f"还缺少检查：{'、'.join(missing)}")


def _check_consultant(consultant_id: int) -> None:
    if all(member.id != consultant_id for member in who_may(Permission.CONSULT)):
        raise Invalid({"consultation_user_id": "请选择在职的咨询师"})
