"""Leaving, with its check list, and taking it back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from tests.factories.configuration import make_flow
from tests.factories.operations import LETS_GO, arranged_visit, as_staff, make_surgeon, operated_visit
from tests.factories.staff import make_member
from tests.factories.visits import make_visit
from wxapp.admin.identity import Staff
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.errors import Invalid, Stale
from wxapp.core.permissions import Permission
from wxapp.hospital.rules.flows import BUILT_IN, FlowRules
from wxapp.messages.models import Message
from wxapp.visits.errors import StageMoved
from wxapp.visits.models import Departure, ProcedureStatus, Stage, StepKind, Visit
from wxapp.visits.procedure_errors import ChecksOpen, NotSettled, OtherDay
from wxapp.visits.queries import steps_of
from wxapp.visits.queries.departures import ALL_HERE, LEFT, departures, last_departure
from wxapp.visits.queries.procedures import get_procedure
from wxapp.visits.rules.leaving import Verdict, check_operation, check_settled
from wxapp.visits.services import procedures
from wxapp.visits.services.leaving import Leaving, leave, undo_leaving

pytestmark = pytest.mark.usefixtures("app")
At = Callable[[str], None]
DONE = Leaving(results_handed_over=True, medicine_handed_over=True)
P = Permission


def clerk(*more: Permission) -> Staff:
    return as_staff(make_member(LETS_GO), *LETS_GO, *more)


def again(visit: Visit) -> Visit:
    db.session.expire_all()
    return db.session.get_one(Visit, visit.id)


@pytest.mark.parametrize(
    ("status", "is_on", "may_be_skipped", "verdict"),
    [
        ("done", True, False, Verdict.DONE),
        ("operating", True, True, Verdict.STOP),
        ("operating", False, True, Verdict.STOP),
        ("assigned", True, True, Verdict.OPEN),
        ("assigned", False, True, Verdict.OPEN),
        ("waiting", True, True, Verdict.NOTICE),
        ("waiting", True, False, Verdict.OPEN),
        ("waiting", False, False, Verdict.DONE),
    ],
)
def test_the_operation_on_the_check_list(*, status: str, is_on: bool, may_be_skipped: bool, verdict: Verdict) -> None:
    assert check_operation(status, is_on=is_on, may_be_skipped=may_be_skipped).verdict is verdict


def test_money_on_the_check_list() -> None:
    assert [check_settled(stage).verdict for stage in ("collected", "collect_again")] == [Verdict.DONE, Verdict.STOP]


def test_leaving_writes_down_when_and_what_was_handed_over(at: At) -> None:
    visit = operated_visit()
    at("2026-03-02 17:00")
    by = clerk()
    leave(visit.id, Leaving(True, True, date(2026, 3, 9), "三天后换药"), by=by)
    left = again(visit)
    assert (left.stage, left.left_at) == (Stage.LEFT, clock.now())
    steps = steps_of(visit.id)
    assert (steps[StepKind.DEPARTURE].ended_at, steps[StepKind.DEPARTURE].staff_id) == (clock.now(), by.id)
    row = last_departure(visit.id)
    assert row is not None
    assert (row.advice, row.next_visit_on, row.left_by, row.overridden) == (
        "三天后换药", date(2026, 3, 9), by.actor, "",
    )  # fmt: skip


def test_the_patient_is_told_once_however_often_he_leaves() -> None:
    visit = operated_visit()
    leave(visit.id, DONE, by=clerk())
    undo_leaving(visit.id, why="忘了拿药", by=clerk())
    leave(visit.id, DONE, by=clerk())
    told = db.session.scalars(sa.select(Message).where(Message.code == "pt_care_0000001")).all()
    assert [(one.receiver_kind, one.receiver_id) for one in told] == [("patient", visit.patient_id)]


def test_nobody_leaves_twice() -> None:
    visit = operated_visit()
    leave(visit.id, DONE, by=clerk())
    with pytest.raises(StageMoved):
        leave(visit.id, DONE, by=clerk())
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Departure)) == 1


@pytest.mark.parametrize("stage", [Stage.APPROVED, Stage.BOOKED, Stage.REFUSED])
def test_who_has_not_paid_does_not_leave(stage: Stage) -> None:
    with pytest.raises(StageMoved):
        leave(make_visit(stage=stage).id, DONE, by=clerk(P.DEPARTURE_OVERRIDE))


def test_what_is_still_to_be_collected_stops_everybody() -> None:
    visit = make_visit(stage=Stage.COLLECT_AGAIN)
    with pytest.raises(NotSettled):
        leave(visit.id, Leaving(True, True, overridden="急事"), by=clerk(P.DEPARTURE_OVERRIDE))
    assert again(visit).stage is Stage.COLLECT_AGAIN


def test_an_operation_under_way_stops_everybody() -> None:
    surgeon = make_surgeon()
    visit = arranged_visit(surgeon)
    procedures.start_operation(visit.id, by=as_staff(surgeon))
    with pytest.raises(ChecksOpen, match="手术还在进行"):
        leave(visit.id, Leaving(True, True, overridden="急事"), by=clerk(P.DEPARTURE_OVERRIDE))


@pytest.mark.parametrize("wanted", [Leaving(False, True), Leaving(True, False)])
def test_what_is_not_handed_over_hinders(wanted: Leaving) -> None:
    visit = operated_visit()
    with pytest.raises(ChecksOpen):
        leave(visit.id, wanted, by=clerk())
    assert again(visit).stage is Stage.IN_PROCEDURE


def test_a_reason_without_the_right_does_not_help() -> None:
    visit = operated_visit()
    with pytest.raises(ChecksOpen):
        leave(visit.id, Leaving(False, True, overridden="家属代领"), by=clerk())


def test_whoever_may_lets_a_patient_through_with_a_reason() -> None:
    visit = operated_visit()
    by = clerk(P.DEPARTURE_OVERRIDE)
    with pytest.raises(ChecksOpen, match="放行原因"):
        leave(visit.id, Leaving(False, True), by=by)
    leave(visit.id, Leaving(False, True, overridden="家属代领"), by=by)
    row = last_departure(visit.id)
    assert row is not None
    assert row.overridden == "家属代领"


def test_a_reason_that_was_not_needed_is_not_kept() -> None:
    visit = operated_visit()
    leave(visit.id, Leaving(True, True, overridden="多写的"), by=clerk(P.DEPARTURE_OVERRIDE))
    row = last_departure(visit.id)
    assert row is not None
    assert row.overridden == ""


def test_who_needs_no_operation_leaves_after_paying() -> None:
    visit = make_visit(stage=Stage.COLLECTED)
    leave(visit.id, DONE, by=clerk())
    assert again(visit).stage is Stage.LEFT
    undo_leaving(visit.id, why="还要手术", by=clerk())
    assert (again(visit).stage, again(visit).current_step) == (Stage.COLLECTED, StepKind.ASSIGNMENT)


def test_the_next_visit_does_not_lie_in_the_past() -> None:
    with pytest.raises(Invalid):
        leave(operated_visit().id, Leaving(True, True, date(2026, 3, 1)), by=clerk())


def test_a_page_that_has_become_old_is_refused() -> None:
    visit = operated_visit()
    with pytest.raises(Stale):
        leave(visit.id, DONE, by=clerk(), seen=again(visit).version - 1)


# --- taking it back --------------------------------------------------------------------------------------------------


def test_a_departure_is_undone_on_the_same_day(at: At) -> None:
    visit = operated_visit(is_inpatient=True, bed="3-02")
    leave(visit.id, DONE, by=clerk())
    at("2026-03-02 23:50")
    undo_leaving(visit.id, why="走错了", by=clerk())
    back = again(visit)
    assert (back.stage, back.left_at, back.current_step) == (Stage.IN_PROCEDURE, None, StepKind.DEPARTURE)
    assert steps_of(visit.id)[StepKind.DEPARTURE].ended_at is None
    assert last_departure(visit.id) is None
    procedure = get_procedure(visit.id)
    assert (procedure.status, procedure.bed) == (ProcedureStatus.DONE, "")
    row = db.session.scalars(sa.select(Departure)).one()
    assert row.undone_why == "走错了"


def test_a_departure_of_yesterday_stays(at: At) -> None:
    visit = operated_visit()
    leave(visit.id, DONE, by=clerk())
    at("2026-03-03 00:10")
    with pytest.raises(OtherDay):
        undo_leaving(visit.id, why="走错了", by=clerk())


def test_only_a_departure_is_undone() -> None:
    with pytest.raises(StageMoved):
        undo_leaving(operated_visit().id, why="走错了", by=clerk())


# --- the list --------------------------------------------------------------------------------------------------------


def ids(**asked: object) -> list[int]:
    return sorted(visit.id for _, visit in db.session.execute(departures(**asked)))  # type: ignore[arg-type]


def test_whoever_was_operated_waits_to_leave(at: At) -> None:
    waiting, arranged, left = operated_visit(), arranged_visit(), operated_visit()
    collected = make_visit(stage=Stage.COLLECTED)
    leave(left.id, DONE, by=clerk())
    assert ids() == [waiting.id]
    assert ids(state=ALL_HERE) == sorted([waiting.id, arranged.id, collected.id])
    assert ids(state=LEFT) == [left.id]
    at("2026-03-03 09:00")
    assert ids(state=LEFT) == []
    assert ids(state=LEFT, day=date(2026, 3, 2)) == ids(day=date(2026, 3, 2)) == [left.id]


def test_where_the_flow_has_no_operation_paying_is_enough() -> None:
    flow = make_flow(FlowRules(tuple(replace(step, is_on=step.name != "operation") for step in BUILT_IN.steps)))
    visit = make_visit(stage=Stage.COLLECTED, flow_id=flow.id)
    assert ids() == [visit.id]
    leave(visit.id, DONE, by=clerk())
    assert ids() == []
