"""Reads of the files that devices left, and whose they may be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.core.masking import masked_name
from wxapp.patients.models import Patient
from wxapp.visits.models import DeviceFile, ExamKind, FileStatus, Stage, Visit

TO_HANDLE = (FileStatus.PARKED, FileStatus.UNREADABLE)
_NOT_HERE = (Stage.BOOKED, Stage.REFUSED)
_OVER = (*_NOT_HERE, Stage.LEFT)


def device_files(*, status: str = "", kind: str = "") -> sa.Select[Any]:
    """Return files with this status, or those that wait for somebody."""
    wanted = sa.select(DeviceFile)
    if kind:
        wanted = wanted.where(DeviceFile.kind == ExamKind(kind))
    return wanted.where(DeviceFile.status == FileStatus(status) if status else DeviceFile.status.in_(TO_HANDLE))


def get_device_file(file_id: int) -> DeviceFile:
    """:raises NotFound: no such file"""
    found = db.session.get(DeviceFile, file_id)
    if found is None:
        raise NotFound("没有这个设备文件")
    return found


def find_device_file(kind: ExamKind, sha256: str) -> DeviceFile | None:
    """Return the file with this content that came in before."""
    return db.session.scalars(
        sa.select(DeviceFile).where(DeviceFile.kind == kind, DeviceFile.sha256 == sha256)
    ).one_or_none()


def waiting_files() -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count(DeviceFile.id)).where(DeviceFile.status.in_(TO_HANDLE)).scalar_subquery()


def visits_of_number(number: str) -> Sequence[Visit]:
    """Return the visits that a number on a picture may mean; exactly one means that it is this visit.

    The number of a return visit is its own. A record number stands for the visit of that patient that has begun and
    is not over.
    """
    own = sa.select(Visit).where(Visit.visit_no == number, ~Visit.is_first, Visit.stage.not_in(_NOT_HERE))
    if (visit := db.session.scalars(own).one_or_none()) is not None:
        return [visit]
    of_patient = (
        sa.select(Visit)
        .join(Patient, Patient.id == Visit.patient_id)
        .where(Patient.record_no == number, Visit.stage.not_in(_OVER))
        .order_by(Visit.id.desc())
        .limit(2)
    )
    return db.session.scalars(of_patient).all()


def here_on(day: date, limit: int = 200) -> list[tuple[Visit, str]]:
    """Return the visits of a day whose patients have arrived, with their masked names, the latest first."""
    wanted = (
        sa.select(Visit, Patient.name)
        .join(Patient, Patient.id == Visit.patient_id)
        .where(Visit.day == day, Visit.stage.not_in(_NOT_HERE))
        .order_by(Visit.reached_at.desc(), Visit.id.desc())
        .limit(limit)
    )
    return [(visit, masked_name(name)) for visit, name in db.session.execute(wanted)]
