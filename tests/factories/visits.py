"""Visits at any stage, written as they would be after their use cases."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from tests.factories.configuration import make_project
from tests.factories.patients import make_patient
from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.hospital.models import Project
from wxapp.patients.models import Patient
from wxapp.visits.models import Part, Procedure, Quote, QuoteLine, Stage, StepKind, Visit
from wxapp.visits.services.people import set_people

_numbers = itertools.count(1)
BY = "system:tests"

_STEP_OF = {
    Stage.BOOKED: StepKind.ARRIVAL,
    Stage.ARRIVED: StepKind.EXAMINATION,
    Stage.EXAMINING: StepKind.EXAMINATION,
    Stage.TRIAGED: StepKind.CONSULTATION,
    Stage.IN_REVIEW: StepKind.REVIEW,
    Stage.SENT_BACK: StepKind.CONSULTATION,
    Stage.APPROVED: StepKind.COLLECTION,
    Stage.COLLECTED: StepKind.ASSIGNMENT,
    Stage.COLLECT_AGAIN: StepKind.COLLECTION,
    Stage.IN_PROCEDURE: StepKind.OPERATION,
    Stage.LEFT: StepKind.DEPARTURE,
    Stage.REFUSED: StepKind.ARRIVAL,
}
_QUOTED = {
    Stage.IN_REVIEW, Stage.SENT_BACK, Stage.APPROVED, Stage.COLLECTED, Stage.COLLECT_AGAIN, Stage.IN_PROCEDURE,
    Stage.LEFT,
}  # fmt: skip
_PRICED = _QUOTED - {Stage.IN_REVIEW, Stage.SENT_BACK}


def make_visit(
    *,
    patient: Patient | None = None,
    stage: Stage = Stage.BOOKED,
    consultant_id: int | None = None,
    projects: Sequence[Project] = (),
    final_fen: int | None = None,
    **over: Any,
) -> Visit:
    """Return a visit at this stage; past triage it has a quote of ``projects`` (one is made if none is given).

    No money is booked: tests of money collect by the use case.
    """
    patient = patient or make_patient()
    now = clock.now()
    number = next(_numbers)
    values: dict[str, Any] = {
        "visit_no": f"HOSP{clock.today():%y%m%d}{8000 + number}",
        "patient_id": patient.id,
        "is_first": True,
        "stage": stage,
        "day": clock.today(),
        "appointed_at": now,
        "reached_at": None if stage is Stage.BOOKED else now,
        "current_step": _STEP_OF[stage],
        "step_since": now,
        "created_at": now,
        "created_by": BY,
        "changed_at": now,
        **over,
    }
    with transaction():
        visit = Visit(**values)
        db.session.add(visit)
        db.session.flush()
        if consultant_id is not None:
            set_people(visit.id, Part.CONSULTANT, [consultant_id])
    if stage in _QUOTED:
        add_quote(visit, projects or [make_project()], final_fen=final_fen if stage in _PRICED else None)
        if stage in _PRICED and final_fen is None:
            with transaction():
                visit.final_fen = visit.offered_fen
    if stage in {Stage.IN_PROCEDURE, Stage.LEFT, Stage.COLLECTED}:
        with transaction():
            db.session.add(Procedure(visit_id=visit.id, created_at=now, changed_at=now, changed_by=BY))
    db.session.refresh(visit)
    return visit


def add_quote(visit: Visit, projects: Sequence[Project], *, final_fen: int | None = None) -> Quote:
    """Give a visit a first quote of these projects at list price."""
    now = clock.now()
    total = sum(project.price_fen for project in projects)
    with transaction():
        quote = Quote(
            visit_id=visit.id, revision=1, list_total_fen=total, offered_fen=total, made_by=BY, made_at=now
        )  # fmt: skip
        db.session.add(quote)
        db.session.flush()
        for position, project in enumerate(projects):
            db.session.add(
                QuoteLine(
                    quote_id=quote.id,
                    position=position,
                    project_id=project.id,
                    category_id=project.category_id,
                    name=project.name,
                    project_code=project.code,
                    price_fen=project.price_fen,
                    list_price_fen=project.price_fen,
                    count=1,
                )
            )
        visit.quote_id, visit.list_total_fen, visit.offered_fen = quote.id, total, total
        visit.final_fen = final_fen
    return quote
