"""Triage: who advises the patient, and from when to when it waited."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from tests.factories.configuration import make_flow
from tests.factories.staff import make_member
from tests.factories.uploads import make_upload
from tests.factories.visits import make_visit
from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.core.errors import Invalid, Stale
from wxapp.core.permissions import Permission
from wxapp.hospital.rules.flows import BUILT_IN, FlowRules
from wxapp.staff.models import Member
from wxapp.visits.errors import StageMoved, StepMissing
from wxapp.visits.models import ExamKind, Part, Picture, Stage, StepKind, Visit
from wxapp.visits.queries import people_of, steps_of
from wxapp.visits.services import triage

pytestmark = pytest.mark.usefixtures("app")


def make_consultant(name: str = "何咨询") -> Member:
    return make_member([Permission.CONSULT, Permission.VISIT_READ], name=name)


def add_picture(visit: Visit, kind: ExamKind, *, taken_at: datetime, by: int) -> None:
    upload = make_upload()
    with transaction():
        db.session.add(
            Picture(
                visit_id=visit.id, kind=kind, position=0, upload_id=upload.id, path=upload.path, taken_by=by,
                taken_by_name="护士", taken_at=taken_at,
            )
        )  # fmt: skip


def flow_with(name: str, **over: Any) -> FlowRules:
    return replace(BUILT_IN, steps=tuple(replace(s, **over) if s.name == name else s for s in BUILT_IN.steps))


@pytest.mark.parametrize("stage", [Stage.ARRIVED, Stage.EXAMINING])
def test_a_visit_gets_its_consultant(app: Flask, stage: Stage) -> None:
    visit, consultant, triagist = make_visit(stage=stage), make_consultant(), make_member([Permission.TRIAGE])
    triage.assign_consultant(visit.id, consultant.id, by=triagist.id)
    db.session.refresh(visit)
    people = people_of([visit.id])[visit.id]
    assert (visit.stage, visit.consultant_id) == (Stage.TRIAGED, consultant.id)
    assert [p.name for p in people[Part.CONSULTANT]] == ["何咨询"]
    assert [p.staff_id for p in people[Part.TRIAGIST]] == [triagist.id]
    assert visit.current_step is StepKind.CONSULTATION


def test_the_wait_for_triage_begins_with_the_last_picture(at: Callable[[str | timedelta], None]) -> None:
    visit, by = make_visit(stage=Stage.EXAMINING), make_member([Permission.TRIAGE])
    arrived = clock.now()
    add_picture(visit, ExamKind.BLOOD, taken_at=arrived + timedelta(minutes=5), by=by.id)
    add_picture(visit, ExamKind.CT, taken_at=arrived + timedelta(minutes=12), by=by.id)
    at(timedelta(minutes=30))
    triage.assign_consultant(visit.id, make_consultant().id, by=by.id)
    steps = steps_of(visit.id)
    assert steps[StepKind.EXAMINATION].ended_at == arrived + timedelta(minutes=12)
    assert steps[StepKind.TRIAGE].started_at == arrived + timedelta(minutes=12)
    assert steps[StepKind.TRIAGE].ended_at == arrived + timedelta(minutes=30)
    assert steps[StepKind.CONSULTATION].started_at == arrived + timedelta(minutes=30)


def test_without_pictures_it_begins_with_the_arrival(at: Callable[[str | timedelta], None]) -> None:
    visit, arrived = make_visit(stage=Stage.ARRIVED), clock.now()
    at(timedelta(minutes=10))
    triage.assign_consultant(visit.id, make_consultant().id, by=make_member().id)
    steps = steps_of(visit.id)
    assert (steps[StepKind.TRIAGE].started_at, steps[StepKind.EXAMINATION].ended_at) == (arrived, arrived)


@pytest.mark.parametrize("stage", sorted(set(Stage) - {Stage.ARRIVED, Stage.EXAMINING}))
def test_only_who_waits_is_triaged(stage: Stage) -> None:
    visit = make_visit(stage=stage)
    with pytest.raises(StageMoved):
        triage.assign_consultant(visit.id, make_consultant().id, by=make_member().id)
    assert not people_of([visit.id])[visit.id].get(Part.CONSULTANT)


def test_only_active_consultants_are_assigned() -> None:
    visit, by = make_visit(stage=Stage.ARRIVED), make_member()
    gone = make_member([Permission.CONSULT], is_active=False)
    administrator = make_member(everything=True)
    for wrong in (gone.id, administrator.id, by.id, 10**9):
        with pytest.raises(Invalid):
            triage.assign_consultant(visit.id, wrong, by=by.id)


def test_what_the_flow_demands_is_examined_first() -> None:
    visit = make_visit(stage=Stage.ARRIVED, flow_id=make_flow(flow_with("blood", may_be_skipped=False)).id)
    by, consultant = make_member(), make_consultant()
    with pytest.raises(StepMissing, match="检验科"):
        triage.assign_consultant(visit.id, consultant.id, by=by.id)
    add_picture(visit, ExamKind.BLOOD, taken_at=clock.now(), by=by.id)
    triage.assign_consultant(visit.id, consultant.id, by=by.id)
    db.session.refresh(visit)
    assert visit.stage is Stage.TRIAGED


def test_a_stale_page_triages_nobody() -> None:
    visit = make_visit(stage=Stage.ARRIVED)
    with pytest.raises(Stale):
        triage.assign_consultant(visit.id, make_consultant().id, by=make_member().id, version=visit.version + 1)


@pytest.mark.parametrize("stage", [Stage.TRIAGED, Stage.IN_REVIEW, Stage.SENT_BACK, Stage.APPROVED])
def test_another_consultant_keeps_the_quote(stage: Stage) -> None:
    first, second, by = make_consultant("甲"), make_consultant("乙"), make_member()
    visit = make_visit(stage=stage, consultant_id=first.id)
    quote_id, final_fen = visit.quote_id, visit.final_fen
    assert triage.change_consultant(visit.id, second.id, by=by.id) == "甲"
    db.session.refresh(visit)
    assert (visit.stage, visit.consultant_id) == (stage, second.id)
    assert (visit.quote_id, visit.final_fen) == (quote_id, final_fen)


@pytest.mark.parametrize("stage", [Stage.BOOKED, Stage.ARRIVED, Stage.COLLECTED, Stage.LEFT, Stage.REFUSED])
def test_the_consultant_of_a_visit_elsewhere_stays(stage: Stage) -> None:
    visit = make_visit(stage=stage)
    with pytest.raises(StageMoved):
        triage.change_consultant(visit.id, make_consultant().id, by=make_member().id)
