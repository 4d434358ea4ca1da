"""The operation part of a visit."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.factories.operations import arranged_visit, as_staff, make_surgeon, operated_visit
from tests.factories.staff import make_member
from tests.factories.visits import make_visit
from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.core.errors import Invalid, NotFound, Stale
from wxapp.staff.models import Member
from wxapp.visits.errors import StageMoved
from wxapp.visits.models import Part, Procedure, ProcedureStatus, Stage, StepKind, Visit
from wxapp.visits.procedure_errors import BedTaken, NotReady, NotSettled
from wxapp.visits.queries import people_of, steps_of
from wxapp.visits.queries.procedures import get_procedure
from wxapp.visits.services import leaving, procedures, stages
from wxapp.visits.services.leaving import Leaving
from wxapp.visits.services.procedures import Arrangement

pytestmark = pytest.mark.usefixtures("app")
BY = "staff:1"
At = Callable[[str], None]


def again(visit: Visit) -> Visit:
    db.session.expire_all()
    return db.session.get_one(Visit, visit.id)


def arrangement(surgeon: Member, **over: object) -> Arrangement:
    return Arrangement(**{"physician_id": surgeon.id, "nurse_id": None, "has_consent": True, **over})  # type: ignore[arg-type]


def test_collecting_opens_one_procedure_however_often_it_happens() -> None:
    visit = make_visit(stage=Stage.APPROVED)
    with transaction():
        first = procedures.open_procedure(stages.hold(visit.id), by=BY)
        first_id = first.id
    with transaction():
        again = procedures.open_procedure(stages.hold(visit.id), by="staff:2")
        assert again.id == first_id
    kept = db.session.scalars(sa.select(Procedure).where(Procedure.visit_id == visit.id)).one()
    assert (kept.status, kept.changed_by) == (ProcedureStatus.WAITING, BY)


def test_arranging_puts_the_visit_into_procedure_with_its_people_and_steps(at: At) -> None:
    surgeon, nurse = make_surgeon(name="李医生"), make_surgeon(name="王护士")
    visit = make_visit(stage=Stage.COLLECTED)
    at("2026-03-02 11:00")
    procedures.arrange(
        visit.id, arrangement(surgeon, nurse_id=nurse.id, room="第1手术室", planned_at=clock.now()), by=as_staff(nurse)
    )
    procedure = get_procedure(visit.id)
    assert again(visit).stage is Stage.IN_PROCEDURE
    assert (procedure.status, procedure.physician_name, procedure.nurse_name, procedure.room) == (
        ProcedureStatus.ASSIGNED, "李医生", "王护士", "第1手术室",
    )  # fmt: skip
    people = people_of([visit.id])[visit.id]
    assert [people[Part.PHYSICIAN][0].staff_id, people[Part.NURSE][0].staff_id] == [surgeon.id, nurse.id]
    steps = steps_of(visit.id)
    assert steps[StepKind.ASSIGNMENT].ended_at == steps[StepKind.OPERATION].started_at == clock.now()
    assert again(visit).current_step is StepKind.OPERATION


def test_an_arrangement_is_changed_without_moving_the_visit() -> None:
    surgeon, other = make_surgeon(), make_surgeon(name="赵医生")
    visit = arranged_visit(surgeon)
    procedures.arrange(visit.id, arrangement(other), by=as_staff(other), seen=2)
    assert get_procedure(visit.id).physician_name == "赵医生"
    assert [one.staff_id for one in people_of([visit.id])[visit.id][Part.PHYSICIAN]] == [other.id]
    assert again(visit).stage is Stage.IN_PROCEDURE


def test_of_two_who_changed_an_arrangement_the_second_is_told() -> None:
    surgeon = make_surgeon()
    visit = arranged_visit(surgeon)
    procedures.arrange(visit.id, arrangement(surgeon, room="甲"), by=as_staff(surgeon), seen=2)
    with pytest.raises(Stale):
        procedures.arrange(visit.id, arrangement(surgeon, room="乙"), by=as_staff(surgeon), seen=2)
    assert get_procedure(visit.id).room == "甲"


@pytest.mark.parametrize("stage", [Stage.APPROVED, Stage.BOOKED])
def test_who_has_not_paid_is_not_operated(stage: Stage) -> None:
    surgeon = make_surgeon()
    with pytest.raises(NotFound):
        procedures.arrange(make_visit(stage=stage).id, arrangement(surgeon), by=as_staff(surgeon))


def test_a_raised_price_is_collected_before_anything_is_arranged() -> None:
    surgeon = make_surgeon()
    visit = make_visit(stage=Stage.COLLECT_AGAIN)
    with transaction():
        procedures.open_procedure(stages.hold(visit.id), by=BY)
    with pytest.raises(NotSettled):
        procedures.arrange(visit.id, arrangement(surgeon), by=as_staff(surgeon))
    assert again(visit).stage is Stage.COLLECT_AGAIN


def test_only_people_who_operate_are_named() -> None:
    surgeon, cashier = make_surgeon(), make_member()
    visit = make_visit(stage=Stage.COLLECTED)
    with pytest.raises(Invalid) as refused:
        procedures.arrange(visit.id, arrangement(cashier), by=as_staff(surgeon))
    assert list(refused.value.errors) == ["physician_id"]


def test_who_lost_the_right_stays_where_he_was_named() -> None:
    surgeon = make_surgeon()
    visit = arranged_visit(surgeon)
    with transaction():
        surgeon.roles.clear()
    procedures.arrange(visit.id, arrangement(surgeon, note="术前禁食"), by=as_staff(surgeon))
    assert get_procedure(visit.id).note == "术前禁食"


# --- beds ------------------------------------------------------------------------------------------------------------


def test_a_bed_holds_one_patient_at_a_time() -> None:
    surgeon = make_surgeon()
    arranged_visit(surgeon, is_inpatient=True, bed="3-02a")
    visit = make_visit(stage=Stage.COLLECTED)
    with pytest.raises(BedTaken):
        procedures.arrange(visit.id, arrangement(surgeon, is_inpatient=True, bed=" 3-02A"), by=as_staff(surgeon))
    assert again(visit).stage is Stage.COLLECTED
    assert get_procedure(visit.id).status is ProcedureStatus.WAITING


def test_a_patient_keeps_the_bed_when_the_arrangement_is_saved_again() -> None:
    surgeon = make_surgeon()
    visit = arranged_visit(surgeon, is_inpatient=True, bed="3-02")
    procedures.arrange(visit.id, arrangement(surgeon, is_inpatient=True, bed="3-02"), by=as_staff(surgeon))
    assert get_procedure(visit.id).bed_in_use == "3-02"


def test_an_in_patient_needs_a_bed() -> None:
    surgeon = make_surgeon()
    with pytest.raises(Invalid):
        arranged_visit(surgeon, is_inpatient=True, bed=" ")


def test_who_leaves_frees_the_bed() -> None:
    surgeon = make_surgeon()
    visit = operated_visit(surgeon, is_inpatient=True, bed="3-02")
    leaving.leave(visit.id, Leaving(True, True), by=as_staff(surgeon))
    other = arranged_visit(surgeon, is_inpatient=True, bed="3-02")
    assert get_procedure(other.id).bed_in_use == "3-02"
    assert get_procedure(visit.id).bed == "3-02"


# --- beginning and end -----------------------------------------------------------------------------------------------


def test_an_operation_begins_and_ends_once(at: At) -> None:
    surgeon = make_surgeon()
    visit = arranged_visit(surgeon)
    at("2026-03-02 13:00")
    procedures.start_operation(visit.id, by=as_staff(surgeon))
    at("2026-03-02 13:05")
    procedures.start_operation(visit.id, by=as_staff(surgeon))
    at("2026-03-02 15:00")
    procedures.end_operation(visit.id, by=as_staff(surgeon))
    at("2026-03-02 15:30")
    procedures.end_operation(visit.id, by=as_staff(surgeon))
    procedure = get_procedure(visit.id)
    times = [f"{clock.local(moment):%H:%M}" for moment in (procedure.started_at, procedure.ended_at) if moment]
    assert (procedure.status, times) == (ProcedureStatus.DONE, ["13:00", "15:00"])
    steps = steps_of(visit.id)
    assert steps[StepKind.OPERATION].ended_at == steps[StepKind.DEPARTURE].started_at == procedure.ended_at


@pytest.mark.parametrize(
    ("over", "told"), [({"physician_id": None}, "主刀医生"), ({"has_consent": False}, "知情同意书")]
)
def test_nothing_begins_without_a_physician_and_signed_forms(over: dict[str, object], told: str) -> None:
    surgeon = make_surgeon()
    visit = arranged_visit(surgeon, **over)
    with pytest.raises(NotReady, match=told):
        procedures.start_operation(visit.id, by=as_staff(surgeon))
    assert get_procedure(visit.id).status is ProcedureStatus.ASSIGNED


def test_nothing_ends_that_has_not_begun() -> None:
    surgeon = make_surgeon()
    visit = arranged_visit(surgeon)
    with pytest.raises(StageMoved):
        procedures.end_operation(visit.id, by=as_staff(surgeon))


def test_an_end_that_was_a_mistake_is_taken_back() -> None:
    surgeon = make_surgeon()
    visit = operated_visit(surgeon)
    procedures.reopen_operation(visit.id, why="点错了", by=as_staff(surgeon))
    procedure = get_procedure(visit.id)
    assert (procedure.status, procedure.ended_at) == (ProcedureStatus.OPERATING, None)
    assert again(visit).current_step is StepKind.OPERATION
    procedures.end_operation(visit.id, by=as_staff(surgeon))
    assert again(visit).current_step is StepKind.DEPARTURE


def test_nothing_is_changed_after_the_patient_has_left() -> None:
    surgeon = make_surgeon()
    visit = operated_visit(surgeon)
    leaving.leave(visit.id, Leaving(True, True), by=as_staff(surgeon))
    for change in (
        lambda: procedures.arrange(visit.id, arrangement(surgeon), by=as_staff(surgeon)),
        lambda: procedures.end_operation(visit.id, by=as_staff(surgeon)),
        lambda: procedures.reopen_operation(visit.id, why="补记", by=as_staff(surgeon)),
    ):
        with pytest.raises(StageMoved):
            change()
