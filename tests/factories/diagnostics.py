"""Visits with pictures of every kind, files of devices, and recording machines with somebody at them."""

from __future__ import annotations

import hashlib
import itertools
from typing import Any

import sqlalchemy as sa

from tests.factories.configuration import make_workstation
from tests.factories.patients import make_patient
from tests.factories.uploads import make_upload
from tests.factories.visits import make_visit
from wxapp.core import clock
from wxapp.core.db import db, insert_row, transaction
from wxapp.uploads import services as uploads
from wxapp.visits.models import DeviceFile, ExamKind, FileStatus, Stage, Visit
from wxapp.visits.rules.subjects import subject_of
from wxapp.visits.services import device_files, diagnostics, machines

_numbers = itertools.count(1)
BY = "staff:1"
RICH = "图片最多的到院单"


def add_picture(visit: Visit, kind: ExamKind, *, by: str = BY) -> None:
    """Put a picture into a visit as a device does, whoever may."""
    path = make_upload(by=by).path
    with transaction():
        held = diagnostics.hold_for_pictures(visit.id)
        attached = uploads.attach([path], subject=subject_of(visit.id), by=by)
        diagnostics.add_attached(held, kind, attached, by=by)


def make_device_file(status: FileStatus = FileStatus.PARKED) -> int:
    """Return a file of a device that waits, with its picture."""
    number = next(_numbers)
    upload = make_upload(by=device_files.BY)
    with transaction():
        file_id = insert_row(
            DeviceFile,
            kind=ExamKind.CT,
            name=f"IMG-{number}.jpg",
            sha256=hashlib.sha256(f"{number}".encode()).hexdigest(),
            number="",
            status=status,
            reason=device_files.NO_NUMBER,
            upload_id=upload.id,
            found_at=clock.now(),
        )
        uploads.attach([upload.path], subject=device_files.subject_of(file_id), by=device_files.BY)
    return file_id


def fill_diagnostics(member_id: int) -> dict[str, Any]:
    """Add a row to every list, a picture of each kind to one visit, and a machine with a patient of its own."""
    visit = _examined_visit()
    for kind in ExamKind:
        add_picture(visit, kind)
    other = make_visit(stage=Stage.TRIAGED, patient=make_patient(), consultant_id=member_id)
    add_picture(other, ExamKind.PREOPERATIVE)
    machine = make_workstation()
    machines.bind_machine(machine.machine, other.patient_id, by=BY, seen_by=None)
    make_device_file(FileStatus.UNREADABLE)
    return {"file_id": make_device_file(), "examined_visit_id": visit.id}


def _examined_visit() -> Visit:
    """Return the one visit to which each filling adds pictures."""
    found = db.session.scalars(sa.select(Visit).where(Visit.remark == RICH)).one_or_none()
    return found or make_visit(stage=Stage.EXAMINING, remark=RICH)
