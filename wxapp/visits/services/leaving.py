"""Leaving: the check list, the departure, and taking it back on the same day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from wxapp.admin.identity import Staff
from wxapp.core import clock
from wxapp.core.db import change, insert_row, transaction
from wxapp.core.errors import Invalid
from wxapp.core.events import publish
from wxapp.core.masking import masked_name
from wxapp.core.permissions import Permission
from wxapp.h5.settings import HOSPITAL_NAME
from wxapp.hospital import queries as hospital
from wxapp.messages.receivers import Receiver
from wxapp.messages.services import notify
from wxapp.patients.queries import get_patient
from wxapp.visits.errors import StageMoved
from wxapp.visits.events import VisitLeft
from wxapp.visits.models import Departure, Procedure, Stage, StepKind, Visit
from wxapp.visits.procedure_errors import ChecksOpen, NotSettled, OtherDay
from wxapp.visits.queries.departures import IN_ORDER
from wxapp.visits.queries.procedures import get_procedure
from wxapp.visits.rules import leaving as rules
from wxapp.visits.rules.leaving import Check, Verdict
from wxapp.visits.services import stages
from wxapp.visits.services.procedures import back_to_operation, free_bed

TOLD = "pt_care_0000001"


@dataclass(frozen=True)
class Leaving:
    """What was checked, and what the patient is told to do."""

    results_handed_over: bool
    medicine_handed_over: bool
    next_visit_on: date | None = None
    advice: str = ""
    overridden: str = ""


def checks(visit: Visit, procedure: Procedure) -> list[Check]:
    """Return the points of the check list that the program knows by itself."""
    step = hospital.flow_of(visit.flow_id).step("operation")
    return [
        rules.check_settled(visit.stage),
        rules.check_operation(procedure.status, is_on=step.is_on, may_be_skipped=step.may_be_skipped),
    ]


def leave(visit_id: int, wanted: Leaving, *, by: Staff, seen: int | None = None) -> None:
    """Note that the patient leaves now, tell packages above and the patient what to mind.

    Open points hinder it unless somebody with the right lets the patient through and says why.

    :param seen: version of the visit on the page
    :raises NotSettled: there is something to collect
    :raises ChecksOpen: points are open, and nobody who may has let the patient through
    :raises StageMoved: the visit is not collected, or has left already
    :raises Stale: the visit has changed since the page was shown
    :raises Invalid: the next visit lies in the past
    """
    if wanted.next_visit_on is not None and wanted.next_visit_on < clock.today():
        raise Invalid({"next_visit_on": "复诊日期不能早于今天"})
    with transaction():
        visit = stages.hold(visit_id)
        if visit.stage is Stage.COLLECT_AGAIN:
            raise NotSettled
        if visit.stage not in IN_ORDER:
            raise StageMoved
        stages.check_version(visit, seen)
        overridden = _decide(_all_checks(visit, wanted), wanted.overridden, by=by)
        now = clock.now()
        stages.move(visit, Stage.LEFT, by=by.actor, why=overridden or "离店", left_at=now)
        stages.end_step(visit, StepKind.DEPARTURE, staff_id=by.id, following=None)
        insert_row(
            Departure,
            visit_id=visit_id,
            results_handed_over=wanted.results_handed_over,
            medicine_handed_over=wanted.medicine_handed_over,
            next_visit_on=wanted.next_visit_on,
            advice=wanted.advice,
            overridden=overridden,
            left_at=now,
            left_by=by.actor,
        )
        free_bed(visit_id)
        publish(VisitLeft(visit_id=visit_id, patient_id=visit.patient_id))
        _tell(visit)


def undo_leaving(visit_id: int, *, why: str, by: Staff) -> None:
    """Take back a departure of today that was a mistake; the visit is where it was before.

    The bed of an in-patient may have been given to somebody else: it has to be entered again.

    :raises StageMoved: the visit has not left
    :raises OtherDay: it has left on another day
    """
    with transaction():
        visit = stages.hold(visit_id)
        if visit.stage is not Stage.LEFT or visit.left_at is None:
            raise StageMoved
        if clock.hospital_day(visit.left_at) != clock.today():
            raise OtherDay
        stages.reopen_step(visit, StepKind.DEPARTURE)
        back_to_operation(visit, by=by.actor, why=why[:200], left_at=None)
        counted = sa.update(Departure).where(Departure.visit_id == visit_id, Departure.undone_at.is_(None))
        change(counted.values(undone_at=clock.now(), undone_by=by.actor, undone_why=why[:200]))
        change(sa.update(Procedure).where(Procedure.visit_id == visit_id).values(bed="", version=Procedure.version + 1))


def _all_checks(visit: Visit, wanted: Leaving) -> list[Check]:
    return [
        *checks(visit, get_procedure(visit.id)),
        rules.check_handed_over("检查结果交接", is_done=wanted.results_handed_over),
        rules.check_handed_over("药品交接", is_done=wanted.medicine_handed_over),
    ]


def _decide(found: list[Check], reason: str, *, by: Staff) -> str:
    """Return why the patient is let through unfinished; "" when everything is done."""
    for check in found:
        if check.verdict is Verdict.STOP:
            raise ChecksOpen(check.hint)
    still_open = [check for check in found if check.verdict is Verdict.OPEN]
    if not still_open:
        return ""
    told = "、".join(check.label for check in still_open)
    if not by.may(Permission.DEPARTURE_OVERRIDE):
        raise ChecksOpen(f"{told}还没有完成，不能办理离店")
    if not reason:
        raise ChecksOpen(f"{told}还没有完成；如确需放行，请填写放行原因", field="overridden")
    return reason


def _tell(visit: Visit) -> None:
    patient = get_patient(visit.patient_id)
    notify(
        TOLD,
        Receiver("patient", patient.id),
        {
            "patient": masked_name(patient.name),
            "department": HOSPITAL_NAME(),
            "at": clock.now(),
            "visit_no": visit.visit_no,
        },
        once=f"visit:{visit.id}",
    )
