"""Reads of recording machines: who sits at which, and since when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from wxapp.admin.identity import Staff
from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.core.masking import masked_name
from wxapp.hospital.models import Workstation
from wxapp.patients.models import Patient
from wxapp.visits.models import MachineBinding, Stage, Visit
from wxapp.visits.queries.visits import visible_to
from wxapp.visits.states import ENDED

IN_CONSULTATION = (Stage.TRIAGED, Stage.SENT_BACK, Stage.IN_REVIEW, Stage.APPROVED)


@dataclass(frozen=True)
class Place:
    """A recording machine and who sits at it; the patient's name is masked.

    :ivar binding_id: None when nobody sits there
    """

    machine: str
    name: str
    room: str
    is_own: bool
    binding_id: int | None = None
    patient: str = ""
    visit_id: int | None = None
    since: datetime | None = None


def places(staff: Staff) -> list[Place]:
    """Return the machines of the house: this person's own first, then by code."""
    wanted = (
        sa.select(
            Workstation.machine,
            Workstation.name,
            Workstation.room,
            Workstation.staff_id,
            MachineBinding.id.label("binding_id"),
            MachineBinding.visit_id,
            MachineBinding.bound_at,
            Patient.name.label("patient"),
        )
        .select_from(Workstation)
        .outerjoin(
            MachineBinding, sa.and_(MachineBinding.machine_id == Workstation.id, MachineBinding.open_marker == 1)
        )
        .outerjoin(Patient, Patient.id == MachineBinding.patient_id)
        .where(Workstation.is_active)
        .order_by(Workstation.machine)
    )
    found = [
        Place(
            machine=row.machine,
            name=row.name,
            room=row.room,
            is_own=row.staff_id == staff.id,
            binding_id=row.binding_id,
            patient=masked_name(row.patient) if row.binding_id else "",
            visit_id=row.visit_id,
            since=row.bound_at,
        )
        for row in db.session.execute(wanted)
    ]
    return sorted(found, key=lambda one: not one.is_own)


def to_bind(staff: Staff, day: date) -> list[tuple[Visit, str]]:
    """Return the visits of a day that this person talks about now, with the patients' masked names."""
    wanted = (
        sa.select(Visit, Patient.name)
        .join(Patient, Patient.id == Visit.patient_id)
        .where(Visit.day == day, Visit.stage.in_(IN_CONSULTATION), visible_to(staff))
        .order_by(Visit.consultant_id != staff.id, Visit.step_since.desc())
        .limit(100)
    )
    return [(visit, masked_name(name)) for visit, name in db.session.execute(wanted)]


def get_binding(binding_id: int) -> MachineBinding:
    """:raises NotFound: no such binding"""
    found = db.session.get(MachineBinding, binding_id)
    if found is None:
        raise NotFound("没有这条绑定记录")
    return found


def open_visits(patient_id: int, staff: Staff | None) -> Sequence[Visit]:
    """Return the patient's visits that are neither left nor refused and that somebody may see, the latest first."""
    wanted = sa.select(Visit).where(Visit.patient_id == patient_id, Visit.stage.not_in(ENDED))
    if staff is not None:
        wanted = wanted.where(visible_to(staff))
    return db.session.scalars(wanted.order_by(Visit.id.desc()).limit(20)).all()


def open_before(moment: datetime, limit: int) -> list[int]:
    """Return bindings that began before this and still last."""
    wanted = sa.select(MachineBinding.id).where(MachineBinding.open_marker == 1, MachineBinding.bound_at < moment)
    return list(db.session.scalars(wanted.order_by(MachineBinding.id).limit(limit)))
