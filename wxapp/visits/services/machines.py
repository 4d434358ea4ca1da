"""Saying which patient sits at which recording machine. A recording belongs to whoever was bound while it ran."""

from __future__ import annotations

import sqlalchemy as sa

from wxapp.admin.identity import Staff
from wxapp.core import clock
from wxapp.core.db import change, db, insert_row, transaction
from wxapp.core.errors import NotFound
from wxapp.hospital.models import Workstation
from wxapp.hospital.queries import get_workstation
from wxapp.visits.models import MachineBinding, Stage, Visit
from wxapp.visits.queries.machines import open_visits


def bind_machine(machine: str, patient_id: int, *, by: str, seen_by: Staff | None, visit_id: int | None = None) -> int:
    """Note that this patient sits at a machine from now on, and return the binding; the one before ends.

    Said again of the patient who sits there, nothing changes. Of two that are said at once the later one holds: each
    waits for the machine's row, and the key (machine, open) allows one.

    :param seen_by: the member of staff who says it; None for the machine itself
    :param visit_id: the visit it is about; else the patient's latest one
    :raises NotFound: no such machine, or the patient has no open visit that this person may see
    """
    found = get_workstation(machine)
    visit = _visit_of(patient_id, seen_by, visit_id)
    with transaction():
        _hold(found.id)
        present = db.session.scalars(
            sa.select(MachineBinding).where(MachineBinding.machine_id == found.id, MachineBinding.open_marker == 1)
        ).one_or_none()
        if present is not None:
            if (present.patient_id, present.visit_id) == (patient_id, visit.id):
                return present.id
            _end(present.id)
        return insert_row(
            MachineBinding,
            machine_id=found.id,
            patient_id=patient_id,
            visit_id=visit.id,
            open_marker=1,
            bound_at=clock.now(),
            bound_by=by,
        )


def release_machine(binding_id: int) -> bool:
    """Note that nobody sits at the machine any more; return whether somebody did."""
    with transaction():
        return _end(binding_id)


def _hold(machine_id: int) -> None:
    """Lock a machine's row until the transaction ends; SQLite holds the whole database anyway."""
    db.session.get(Workstation, machine_id, with_for_update=True, populate_existing=True)


def _end(binding_id: int) -> bool:
    ended = sa.update(MachineBinding).where(MachineBinding.id == binding_id, MachineBinding.open_marker == 1)
    return bool(change(ended.values(open_marker=None, unbound_at=clock.now())))


def _visit_of(patient_id: int, seen_by: Staff | None, visit_id: int | None) -> Visit:
    found = [one for one in open_visits(patient_id, seen_by) if visit_id in (None, one.id)]
    if not found:
        raise NotFound("该客户没有进行中的到院单，或不在您的范围内")
    arrived = [one for one in found if one.stage is not Stage.BOOKED]
    return (arrived or found)[0]
