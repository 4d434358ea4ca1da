"""Reads for staff: lists with filters, one report with all it went through, and who a parked report may belong to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.masking import masked_name, masked_phone
from wxapp.patients import queries as patients
from wxapp.patients.models import Patient
from wxapp.reports.client_models import Client
from wxapp.reports.incoming import Progress, ReportKind
from wxapp.reports.models import ParkReason, Report, ReportStatus, Revision, record_index
from wxapp.reports.queries.contents import PRESENT, Known
from wxapp.reports.rules import names_agree, plain_name

STAFF = "staff"


@dataclass(frozen=True)
class ReportRow:
    """A report as staff's lists show it; names masked."""

    no: str
    report_no: str
    status: ReportStatus
    park_reason: ParkReason
    kind: ReportKind
    title: str
    department: str
    patient: str
    abnormal_count: int
    revision: int
    source: str
    dated_at: datetime
    received_at: datetime

    @classmethod
    def of(cls, row: Any) -> ReportRow:
        report, revision, name, record_no = row
        if record_no:
            patient = f"{masked_name(name)} {record_no}"
        else:
            patient = f"{masked_name(revision.given_name)} {revision.given_record_no or '无病历号'}"
        return cls(
            report.no,
            report.report_no,
            report.status,
            report.park_reason,
            report.kind,
            revision.title,
            revision.department,
            patient,
            revision.abnormal_count,
            report.revision,
            report.source,
            report.dated_at,
            report.received_at,
        )


_ROWS: sa.Select[Any] = cast(
    "sa.Select[Any]",
    sa.select(Report, Revision, Patient.name, Patient.record_no)
    .join(Revision, PRESENT)
    .outerjoin(Patient, Patient.id == Report.patient_id),
)


def reports_for_staff(
    *, q: str, status: str, kind: str, source: str, since: date | None, until: date | None
) -> sa.Select[Any]:
    """Return the list of reports; ``q`` is a whole number of ours or the sender's, record number, name or phone."""
    statement = _ROWS
    if q:
        statement = statement.where(_is_about(q))
    if status:
        statement = statement.where(Report.status == ReportStatus(status))
    if kind:
        statement = statement.where(Report.kind == ReportKind(kind))
    if source:
        statement = statement.where(Report.source == source)
    if since:
        statement = statement.where(Report.received_at >= clock.day_bounds(since)[0])
    if until:
        statement = statement.where(Report.received_at < clock.day_bounds(until)[1])
    return statement


def parked_for_staff(*, q: str, reason: str) -> sa.Select[Any]:
    """Return the reports that wait for somebody to say whose they are."""
    statement = _ROWS.where(Report.status == ReportStatus.PARKED)
    if q:
        statement = statement.where(_is_about(q))
    if reason:
        statement = statement.where(Report.park_reason == ParkReason(reason))
    return statement


def find_reports(text: str, *, limit: int) -> list[ReportRow]:
    """Return reports with exactly this number, ours or the sender's, or this record number."""
    numbers = (Report.no == text.upper(), Report.report_no == text, Report.given_record_index == record_index(text))
    statement = _ROWS.where(sa.or_(*numbers)).order_by(Report.id.desc()).limit(limit)
    return [ReportRow.of(row) for row in db.session.execute(statement)]


def _is_about(text: str) -> sa.ColumnElement[bool]:
    people = [one.id for one in patients.find_patients(text)]
    return sa.or_(
        Report.no == text.upper(),
        Report.report_no == text,
        Report.given_record_index == record_index(text),
        Report.patient_id.in_(people),
    )


@dataclass(frozen=True)
class Waiting:
    """What waits for staff."""

    parked: int
    held: int
    oldest: datetime | None


def waiting() -> list[sa.ScalarSelect[Any]]:
    """Select the parts of ``Waiting``."""
    parked, held = (Report.status == status for status in (ReportStatus.PARKED, ReportStatus.HELD))
    return [
        sa.select(sa.func.count()).where(parked).scalar_subquery(),
        sa.select(sa.func.count()).where(held).scalar_subquery(),
        sa.select(sa.func.min(Report.received_at)).where(parked).scalar_subquery(),
    ]


def sources() -> list[tuple[str, str]]:
    """Return the ways by which reports come, for filters: what reports keep, and its name."""
    clients = db.session.execute(sa.select(Client.id, Client.label).order_by(Client.id)).all()
    return [(STAFF, "人工上传"), *((f"client:{row.id}", row.label) for row in clients)]


def source_name(source: str) -> str:
    """Return what people call the way by which a report came."""
    kind, _, number = source.partition(":")
    if kind == "client" and number.isdigit():
        return db.session.scalar(sa.select(Client.label).where(Client.id == int(number))) or source
    return "人工上传" if source == STAFF else source


# --- one report ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Whose:
    """The patient of a report, masked."""

    id: int
    record_no: str
    name: str
    phone: str


@dataclass(frozen=True)
class RevisionRow:
    """One of the things that a report has said."""

    number: int
    progress: Progress
    made_at: datetime
    made_by: str
    why: str
    value_count: int
    abnormal_count: int


def patient_of(report: Known) -> Whose | None:
    if report.patient_id is None:
        return None
    found = db.session.get(Patient, report.patient_id)
    if found is None:
        return None
    return Whose(found.id, found.record_no, masked_name(found.name), masked_phone(found.phone))


def revision_rows(revisions: Sequence[Revision]) -> list[RevisionRow]:
    return [
        RevisionRow(one.number, one.progress, one.made_at, one.made_by, one.why, one.value_count, one.abnormal_count)
        for one in revisions
    ]


# --- who it may belong to --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Candidate:
    """A patient to whom a parked report may belong, and what speaks for it."""

    id: int
    record_no: str
    name: str
    phone: str
    sex: str
    birthday: date | None
    same_record: bool
    same_name: bool

    @property
    def agreement(self) -> str:
        record = "病历号一致" if self.same_record else "病历号不同"
        return f"{record}，{'姓名一致' if self.same_name else '姓名不同'}"


def candidate(patient: Patient, present: Revision) -> Candidate:
    """Compare a patient with what came in the report."""
    return Candidate(
        patient.id,
        patient.record_no,
        masked_name(patient.name),
        masked_phone(patient.phone),
        patient.sex.label,
        patient.birthday,
        patient.record_no == present.given_record_no.upper(),
        names_agree(patient.name, present.given_name),
    )


def candidates(present: Revision, q: str) -> list[Candidate]:
    """Return patients with the report's record number or name, or whom a search finds; the likeliest first."""
    texts = [q] if q else [present.given_record_no, present.given_name]
    found = {one.id: one for text in texts if text for one in patients.find_patients(text, limit=20)}
    compared = [candidate(one, present) for one in found.values()]
    return sorted(compared, key=lambda one: (one.same_record, one.same_name), reverse=True)


# --- patients whose record came after their report -------------------------------------------------------------------


@dataclass(frozen=True)
class Join:
    """A parked report, and the only patient to whom it can belong."""

    report_id: int
    patient_id: int


def joins(*, limit: int, within: timedelta) -> list[Join]:
    """Return parked reports whose patient has meanwhile got a record: number and name agree.

    What staff have taken back is never among them, nor what came without a name.
    """
    since = clock.now() - within
    people = db.session.execute(
        sa.select(Patient.id, Patient.record_no, Patient.name)
        .where(Patient.created_at >= since)
        .order_by(Patient.created_at.desc())
        .limit(2000)
    ).all()
    by_index = {record_index(row.record_no): row for row in people}
    found: list[Join] = []
    indexes = list(by_index)
    for at in range(0, len(indexes), 500):
        rows = db.session.execute(
            sa.select(Report.id, Report.given_record_index, Revision.given_name)
            .join(Revision, PRESENT)
            .where(
                Report.status == ReportStatus.PARKED,
                ~Report.is_by_hand,
                Report.given_record_index.in_(indexes[at : at + 500]),
            )
            .limit(limit)
        )
        found += [
            Join(row.id, by_index[row.given_record_index].id)
            for row in rows
            if plain_name(row.given_name) and names_agree(row.given_name, by_index[row.given_record_index].name)
        ]
    return found[:limit]
