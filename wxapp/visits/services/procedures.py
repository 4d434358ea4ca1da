"""The operation part of a visit: who does it and where, its beginning and its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.admin.identity import Staff
from wxapp.admin.versions import save_version
from wxapp.core import clock
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import Invalid, Stale
from wxapp.core.permissions import Permission
from wxapp.staff import queries as staff
from wxapp.visits.errors import StageMoved
from wxapp.visits.models import Part, Procedure, ProcedureStatus, Stage, StepKind, Visit
from wxapp.visits.procedure_errors import BedTaken, NotReady, NotSettled
from wxapp.visits.queries.crew import who_may
from wxapp.visits.queries.procedures import find_procedure, get_procedure
from wxapp.visits.services import stages
from wxapp.visits.services.people import set_people
from wxapp.visits.states import PROCEDURE

Op = ProcedureStatus
UNDER_WAY = (Stage.IN_PROCEDURE, Stage.COLLECT_AGAIN)
"""Where a visit may stand while something of its operation is changed; an operation goes on while a raised price is
being collected."""
_STEP_AT = {
    Op.WAITING: StepKind.ASSIGNMENT,
    Op.ASSIGNED: StepKind.OPERATION,
    Op.OPERATING: StepKind.OPERATION,
    Op.DONE: StepKind.DEPARTURE,
}


@dataclass(frozen=True)
class Arrangement:
    """Who operates whom, where and when."""

    physician_id: int | None
    nurse_id: int | None
    room: str = ""
    planned_at: datetime | None = None
    has_consent: bool = False
    is_inpatient: bool = False
    bed: str = ""
    note: str = ""


def open_procedure(visit: Visit, *, by: str) -> Procedure:
    """Return the procedure of a visit that is being collected; made at the first collection, found at later ones.

    Inside the transaction of the caller, who has moved or holds the visit: so there is no second one at the same time,
    and the key of the visit would refuse it.
    """
    procedure = find_procedure(visit.id)
    if procedure is None:
        now = clock.now()
        procedure = Procedure(visit_id=visit.id, created_at=now, changed_at=now, changed_by=by)
        db.session.add(procedure)
        db.session.flush()  # aftercare knows it by its number
    return procedure


def arrange(visit_id: int, wanted: Arrangement, *, by: Staff, seen: int | None = None) -> None:
    """Arrange the operation of a collected visit, or change what was arranged; the visit is in procedure then.

    :param seen: version of the procedure on the page
    :raises NotSettled: a raised price is to be collected first
    :raises StageMoved: the visit is not collected, or has left
    :raises Stale: somebody else has changed the arrangement meanwhile
    :raises BedTaken: another in-patient has the bed
    :raises Invalid: somebody named does no operations, or an in-patient has no bed
    """
    with transaction():
        visit = stages.hold(visit_id)
        procedure = get_procedure(visit_id)
        if seen is not None and procedure.version != seen:
            raise Stale
        is_first = procedure.status is Op.WAITING
        if is_first and visit.stage is Stage.COLLECT_AGAIN:
            raise NotSettled
        if visit.stage not in ((Stage.COLLECTED,) if is_first else UNDER_WAY):
            raise StageMoved
        values = _values(procedure, wanted, by=by)
        try:
            with db.session.begin_nested():  # the unique bed decides here; the refusal below still has to read
                if procedure.status in (Op.WAITING, Op.ASSIGNED):
                    PROCEDURE.move(
                        procedure, Op.ASSIGNED, by=by.actor, why="安排手术" if is_first else "修改安排",
                        version=procedure.version + 1, **values,
                    )  # fmt: skip
                else:
                    save_version(Procedure, procedure.id, seen=procedure.version, **values)
        except IntegrityError:
            raise BedTaken(field="bed") from None
        set_people(visit_id, Part.NURSE, _of(wanted.nurse_id))
        set_people(visit_id, Part.PHYSICIAN, _of(wanted.physician_id))
        if is_first:
            stages.move(visit, Stage.IN_PROCEDURE, by=by.actor, why="已安排手术")
            stages.end_step(visit, StepKind.ASSIGNMENT, staff_id=by.id, following=StepKind.OPERATION)
        else:
            stages.touch(visit)


def start_operation(visit_id: int, *, by: Staff) -> None:
    """Note that the operation begins now. Twice changes nothing.

    :raises NotReady: no physician is named, or the consent forms are not signed
    :raises NotSettled: a raised price is to be collected first
    :raises StageMoved: nothing is arranged, it is over, or the visit has left
    """
    with transaction():
        visit = stages.hold(visit_id)
        procedure = get_procedure(visit_id)
        if procedure.status is Op.OPERATING:
            return
        if visit.stage is Stage.COLLECT_AGAIN:
            raise NotSettled
        if visit.stage is not Stage.IN_PROCEDURE or procedure.status is not Op.ASSIGNED:
            raise StageMoved
        if procedure.physician_id is None:
            raise NotReady("请先安排主刀医生，再开始手术")
        if not procedure.has_consent:
            raise NotReady("请先确认已签署知情同意书，再开始手术")
        _move(procedure, Op.OPERATING, by=by, why="手术开始", started_at=clock.now())
        stages.touch(visit)


def end_operation(visit_id: int, *, by: Staff) -> None:
    """Note that the operation is over; the visit waits for its departure. Twice changes nothing.

    :raises StageMoved: it has not begun, or the visit has left
    """
    with transaction():
        visit = stages.hold(visit_id)
        procedure = get_procedure(visit_id)
        if procedure.status is Op.DONE and visit.stage in UNDER_WAY:
            return
        if visit.stage not in UNDER_WAY or procedure.status is not Op.OPERATING:
            raise StageMoved
        _move(procedure, Op.DONE, by=by, why="手术结束", ended_at=clock.now())
        following = StepKind.DEPARTURE if visit.stage is Stage.IN_PROCEDURE else None
        stages.end_step(visit, StepKind.OPERATION, staff_id=by.id, following=following)
        stages.touch(visit)


def reopen_operation(visit_id: int, *, why: str, by: Staff) -> None:
    """Take back the end of an operation that was a mistake.

    :raises StageMoved: it is not over, or the visit has left
    """
    with transaction():
        visit = stages.hold(visit_id)
        procedure = get_procedure(visit_id)
        if visit.stage not in UNDER_WAY or procedure.status is not Op.DONE:
            raise StageMoved
        _move(procedure, Op.OPERATING, by=by, why=why, ended_at=None)
        if visit.stage is Stage.IN_PROCEDURE:
            stages.reopen_step(visit, StepKind.OPERATION)
        stages.touch(visit)


def back_to_operation(visit: Visit, *, by: str, why: str, **values: Any) -> None:
    """Move a visit to where its operation stands: nothing is left to collect, or its departure was a mistake.

    Inside the transaction of the caller, who holds the visit. What was current before is current again; an operation
    may have gone on meanwhile.
    """
    status = get_procedure(visit.id).status
    stage = Stage.COLLECTED if status is Op.WAITING else Stage.IN_PROCEDURE
    stages.move(visit, stage, by=by, why=why, **values)
    stages.reopen_step(visit, _STEP_AT[status])


def free_bed(visit_id: int) -> None:
    """Let others have the bed of a patient who leaves. Inside the caller's transaction."""
    change(sa.update(Procedure).where(Procedure.visit_id == visit_id).values(bed_in_use=None))


def _values(procedure: Procedure, wanted: Arrangement, *, by: Staff) -> dict[str, Any]:
    _check_person("physician_id", wanted.physician_id, procedure.physician_id)
    _check_person("nurse_id", wanted.nurse_id, procedure.nurse_id)
    bed = wanted.bed.strip().upper() if wanted.is_inpatient else ""
    if wanted.is_inpatient and not bed:
        raise Invalid({"bed": "住院客户请填写床位"})
    names = staff.names([*_of(wanted.physician_id), *_of(wanted.nurse_id)])
    return {
        "physician_id": wanted.physician_id,
        "physician_name": names.get(wanted.physician_id or 0, ""),
        "nurse_id": wanted.nurse_id,
        "nurse_name": names.get(wanted.nurse_id or 0, ""),
        "room": wanted.room,
        "planned_at": wanted.planned_at,
        "has_consent": wanted.has_consent,
        "is_inpatient": wanted.is_inpatient,
        "bed": bed,
        "bed_in_use": bed or None,
        "note": wanted.note,
        "changed_at": clock.now(),
        "changed_by": by.actor,
    }


def _check_person(field: str, wanted: int | None, present: int | None) -> None:
    """:raises Invalid: newly named somebody who does no operations; who is named already may have lost the right"""
    if wanted is None or wanted == present:
        return
    if wanted not in {member.id for member in who_may(Permission.PROCEDURE_WRITE)}:
        raise Invalid({field: "请从名单中选择医护人员"})


def _move(procedure: Procedure, new: ProcedureStatus, *, by: Staff, why: str, **values: Any) -> None:
    PROCEDURE.move(
        procedure, new, by=by.actor, why=why[:200], version=procedure.version + 1,
        changed_at=clock.now(), changed_by=by.actor, **values,
    )  # fmt: skip


def _of(staff_id: int | None) -> list[int]:
    return [] if staff_id is None else [staff_id]
