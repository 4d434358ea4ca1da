"""What revisions say: values in their sections, pictures, and how one revision differs from the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import groupby

import sqlalchemy as sa

from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.reports.incoming import Flag, IncomingValue, ReportKind
from wxapp.reports.models import ParkReason, Picture, Report, ReportStatus, Revision, Value

ABNORMAL = frozenset(Flag) - {Flag.NONE, Flag.NORMAL}
ARROWS = {Flag.LOW: "↓", Flag.HIGH: "↑", Flag.CRITICAL_LOW: "↓↓", Flag.CRITICAL_HIGH: "↑↑", Flag.ABNORMAL: "!"}
PRESENT = sa.and_(Revision.report_id == Report.id, Revision.number == Report.revision)
"""Joins a report with what it says now."""


@dataclass(frozen=True)
class Known:
    """Where a report stands, as read at one moment: it stays readable whatever is written after it."""

    id: int
    no: str
    source: str
    report_no: str
    patient_id: int | None
    status: ReportStatus
    park_reason: ParkReason
    kind: ReportKind
    dated_at: datetime
    revision: int
    first_shown: int
    seen_revision: int
    received_at: datetime
    changed_at: datetime
    published_at: datetime | None


KNOWN = tuple(getattr(Report, field.name) for field in fields(Known))


def get_known(report_no: str) -> Known:
    """:raises NotFound: no report has this number of ours"""
    row = db.session.execute(sa.select(*KNOWN).where(Report.no == report_no)).one_or_none()
    if row is None:
        raise NotFound
    return Known(*row)


@dataclass(frozen=True)
class Line:
    """One line of a report as pages show it."""

    section: str
    code: str
    name: str
    text: str
    unit: str
    reference: str
    flag: Flag
    note: str
    is_number: bool

    @property
    def is_abnormal(self) -> bool:
        return self.flag in ABNORMAL

    @property
    def arrow(self) -> str:
        return ARROWS.get(self.flag, "")

    @property
    def key(self) -> tuple[str, str]:
        return self.section, self.name


@dataclass(frozen=True)
class Section:
    """Lines that stand together."""

    name: str
    lines: tuple[Line, ...]

    @property
    def abnormal(self) -> int:
        return sum(line.is_abnormal for line in self.lines)


def lines_of(revision_id: int) -> list[Line]:
    """Return the lines of a revision in their order."""
    return lines_of_several([revision_id])[revision_id]


def lines_of_several(revision_ids: Sequence[int]) -> dict[int, list[Line]]:
    """Return the lines of each of these revisions."""
    rows = db.session.execute(
        sa.select(
            Value.revision_id,
            Value.section,
            Value.code,
            Value.name,
            Value.text,
            Value.unit,
            Value.reference,
            Value.flag,
            Value.note,
            Value.number,
        )
        .where(Value.revision_id.in_(revision_ids))
        .order_by(Value.revision_id, Value.position)
    )
    found: dict[int, list[Line]] = {revision_id: [] for revision_id in revision_ids}
    for row in rows:
        found[row.revision_id].append(Line(*row[1:8], row.note or "", row.number is not None))
    return found


def incoming_values(revision_id: int) -> list[IncomingValue]:
    """Return the values of a revision as they came in."""
    rows = db.session.scalars(sa.select(Value).where(Value.revision_id == revision_id).order_by(Value.position))
    return [
        IncomingValue(
            name=row.name,
            text=row.text,
            code=row.code,
            number=row.number or "",
            unit=row.unit,
            reference=row.reference,
            low=row.low,
            high=row.high,
            flag=row.flag,
            group=row.section,
            note=row.note or "",
        )
        for row in rows
    ]


def in_sections(lines: Sequence[Line]) -> list[Section]:
    """Put lines together that follow each other in one section."""
    return [Section(name, tuple(group)) for name, group in groupby(lines, key=lambda line: line.section)]


def pictures_of(revision_id: int) -> Sequence[Picture]:
    return db.session.scalars(
        sa.select(Picture).where(Picture.revision_id == revision_id).order_by(Picture.position)
    ).all()


def get_picture(revision_id: int, position: int) -> Picture:
    """:raises NotFound: the revision has no such picture"""
    found = db.session.scalars(
        sa.select(Picture).where(Picture.revision_id == revision_id, Picture.position == position)
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def present_of(report: Report | Known) -> Revision:
    """Return what a report says now."""
    return db.session.scalars(
        sa.select(Revision).where(Revision.report_id == report.id, Revision.number == report.revision)
    ).one()


def revision_of(report: Report | Known, number: int) -> Revision:
    """:raises NotFound: the report has no such revision"""
    found = db.session.scalars(
        sa.select(Revision).where(Revision.report_id == report.id, Revision.number == number)
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def revisions_of(report: Report | Known, *, since: int = 1) -> Sequence[Revision]:
    """Return what a report has said, the newest first."""
    return db.session.scalars(
        sa.select(Revision)
        .where(Revision.report_id == report.id, Revision.number >= since)
        .order_by(Revision.number.desc())
    ).all()


def changed(before: Sequence[Line], after: Sequence[Line]) -> set[tuple[str, str]]:
    """Return which lines of a revision the next one says otherwise, or no longer."""
    now = {line.key: (line.text, line.unit, line.reference, line.flag) for line in after}
    return {line.key for line in before if now.get(line.key) != (line.text, line.unit, line.reference, line.flag)}
