"""Arrival, refusing and restoring: each once, and only from where it leads on."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import booking as bookings
from tests.factories.configuration import make_flow
from tests.factories.staff import make_member
from tests.factories.visits import make_visit
from wxapp.booking.models import Booking, BookingStatus
from wxapp.booking.services import changes
from wxapp.core import clock, events
from wxapp.core.db import db
from wxapp.core.errors import Stale
from wxapp.core.states import history
from wxapp.hospital.rules.flows import BUILT_IN, FlowRules
from wxapp.visits.errors import StageMoved
from wxapp.visits.events import VisitArrived
from wxapp.visits.models import ExamKind, Part, Stage, StepKind, Visit
from wxapp.visits.queries import people_of, steps_of
from wxapp.visits.services.arrivals import confirm_arrival, first_step_inside
from wxapp.visits.services.refusing import refuse, restore

BY = "system:tests"


def _without_examinations() -> FlowRules:
    exams = {kind.value for kind in ExamKind}
    steps = tuple(step if step.name not in exams else type(step)(step.name, is_on=False) for step in BUILT_IN.steps)
    return FlowRules(steps)


def test_arrival_is_written_down_with_who_and_when(app: Flask) -> None:
    visit, reception = make_visit(day=clock.today() - timedelta(days=1)), make_member(name="前台甲")

    assert confirm_arrival(visit.id, by=reception.id)

    db.session.refresh(visit)
    assert (visit.stage, visit.reached_at, visit.day) == (Stage.ARRIVED, clock.now(), clock.today())
    assert [one.name for one in people_of([visit.id])[visit.id][Part.RECEPTIONIST]] == ["前台甲"]
    steps = steps_of(visit.id)
    assert steps[StepKind.ARRIVAL].ended_at == steps[StepKind.EXAMINATION].started_at == clock.now()
    assert visit.current_step is StepKind.EXAMINATION


def test_a_second_time_has_no_effect(app: Flask) -> None:
    visit = make_visit()
    confirm_arrival(visit.id, by=make_member().id)
    db.session.refresh(visit)
    version = visit.version

    assert not confirm_arrival(visit.id, by=make_member().id, version=1)

    db.session.refresh(visit)
    assert visit.version == version
    assert len(history(visit)) == 1


def test_an_old_page_is_told(app: Flask) -> None:
    visit = make_visit(version=4)
    with pytest.raises(Stale):
        confirm_arrival(visit.id, by=make_member().id, version=3)


def test_the_arrival_is_told_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[events.Event] = []
    monkeypatch.setattr(events, "publish", told.append)
    visit = make_visit()

    for _ in range(2):
        confirm_arrival(visit.id, by=make_member().id)

    assert told == [VisitArrived(visit.id, visit.patient_id)]


def test_the_booking_it_came_from_is_checked_in(app: Flask) -> None:
    session = bookings.make_session()
    number = bookings.make_booking(bookings.slots_of(session)[0])
    confirm_arrival(make_visit(booking_no=number).id, by=make_member().id)
    found = db.session.scalars(sa.select(Booking).where(Booking.no == number)).one()
    assert found.status is BookingStatus.ARRIVED


def test_who_comes_despite_a_cancelled_booking_is_let_in(app: Flask) -> None:
    number = bookings.make_booking(bookings.slots_of(bookings.make_session())[0])
    changes.cancel(number, by=BY, reason="改期", is_staff=True)
    assert confirm_arrival(make_visit(booking_no=number).id, by=make_member().id)


def test_a_flow_without_examinations_leads_to_triage(app: Flask) -> None:
    visit = make_visit(flow_id=make_flow(_without_examinations()).id)
    confirm_arrival(visit.id, by=make_member().id)
    assert first_step_inside(_without_examinations()) is StepKind.TRIAGE
    assert db.session.get_one(Visit, visit.id).current_step is StepKind.TRIAGE


@pytest.mark.parametrize("stage", [Stage.BOOKED, Stage.EXAMINING, Stage.IN_REVIEW, Stage.APPROVED])
def test_what_is_refused_comes_back_to_where_it_stood(app: Flask, stage: Stage) -> None:
    visit = make_visit(stage=stage)

    refuse(visit.id, remark="不适合手术", by=BY)
    db.session.refresh(visit)
    assert (visit.stage, visit.stage_before) == (Stage.REFUSED, stage.value)

    assert restore(visit.id, remark="复查后可以", by=BY) is stage
    db.session.refresh(visit)
    assert (visit.stage, visit.stage_before) == (stage, "")
    assert [(step.new, step.reason) for step in history(visit)] == [("refused", "不适合手术"), (stage, "复查后可以")]


@pytest.mark.parametrize("stage", [Stage.COLLECTED, Stage.COLLECT_AGAIN, Stage.IN_PROCEDURE, Stage.LEFT, Stage.REFUSED])
def test_what_is_collected_is_not_refused(app: Flask, stage: Stage) -> None:
    visit = make_visit(stage=stage)
    with pytest.raises(StageMoved):
        refuse(visit.id, remark="不适合手术", by=BY)


def test_what_is_not_refused_is_not_restored(app: Flask) -> None:
    with pytest.raises(StageMoved):
        restore(make_visit().id, remark="复查", by=BY)


def test_a_refused_visit_does_not_arrive(app: Flask) -> None:
    visit = make_visit()
    refuse(visit.id, remark="不适合手术", by=BY)
    with pytest.raises(StageMoved):
        confirm_arrival(visit.id, by=make_member().id)


def test_who_refuses_from_an_old_page_is_told(app: Flask) -> None:
    visit = make_visit(version=4)
    with pytest.raises(Stale):
        refuse(visit.id, remark="不适合手术", by=BY, version=3)
