"""Reads for patients: only what belongs to a patient whom the reader has bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from wxapp.admin.models import AuditRow
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.patients.models import Binding, BindingStatus, Look, WechatUser
from wxapp.reports.incoming import ReportKind
from wxapp.reports.models import Report, ReportStatus, Revision, Value
from wxapp.reports.queries.contents import ARROWS, KNOWN, PRESENT, Known
from wxapp.reports.rules import parse_number

PAGE_SIZE = 20
MOST_POINTS = 120
SHOWN = (
    Report.status.in_((ReportStatus.PUBLISHED, ReportStatus.WITHDRAWN)),
    Report.published_at.is_not(None),
)
"""A withdrawn report stays in the list, without what it said."""


@dataclass(frozen=True)
class ReportCard:
    """A report as the list shows it."""

    no: str
    title: str
    department: str
    dated_at: datetime
    value_count: int
    abnormal_count: int
    has_document: bool
    is_withdrawn: bool
    is_corrected: bool
    is_unread: bool


def reports_of(patient_id: int, *, kind: ReportKind, page: int) -> tuple[list[ReportCard], bool]:
    """Return a page of a patient's reports, the newest first, and whether there are more."""
    rows: Sequence[Any] = db.session.execute(
        sa.select(
            Report.no,
            Revision.title,
            Revision.department,
            Report.dated_at,
            Revision.value_count,
            Revision.abnormal_count,
            Revision.document_token != "",
            Report.status == ReportStatus.WITHDRAWN,
            Report.first_shown < Report.revision,
            Report.seen_revision < Report.revision,
        )
        .join(Revision, PRESENT)
        .where(Report.patient_id == patient_id, Report.kind == kind, *SHOWN)
        .order_by(Report.dated_at.desc(), Report.id.desc())
        .offset((page - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE + 1)
    ).all()
    return [ReportCard(*row) for row in rows[:PAGE_SIZE]], len(rows) > PAGE_SIZE


def kind_counts(patient_id: int) -> dict[ReportKind, int]:
    """Return how many unread reports a patient has, by kind."""
    rows = db.session.execute(
        sa.select(Report.kind, sa.func.count()).where(Report.patient_id == patient_id, *_UNREAD).group_by(Report.kind)
    )
    return {row[0]: row[1] for row in rows}


def unread_count(patient_id: int) -> int:
    """Return how many reports nobody has opened since they came or were corrected."""
    return (
        db.session.scalar(
            sa.select(sa.func.count()).select_from(Report).where(Report.patient_id == patient_id, *_UNREAD)
        )
        or 0
    )


_UNREAD = (Report.status == ReportStatus.PUBLISHED, Report.seen_revision < Report.revision)


def own_report(user_id: int, report_no: str) -> Known:
    """Return a report of a patient whom this user has bound, the current one or another.

    :raises NotFound: no such report, somebody else's, or one that nobody has published yet
    """
    row = db.session.execute(
        sa.select(*KNOWN)
        .join(Binding, Binding.patient_id == Report.patient_id)
        .where(
            Report.no == report_no,
            Binding.wechat_user_id == user_id,
            Binding.status == BindingStatus.ACTIVE,
            *SHOWN,
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    return Known(*row)


# --- curves ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reading:
    """A value of one item at one time."""

    report_no: str
    at: datetime
    name: str
    text: str
    number: float | None
    unit: str
    reference: str
    low: float | None
    high: float | None
    arrow: str


def readings_of(patient_id: int, code: str) -> list[Reading]:
    """Return a patient's values of an item as the reports say now, the oldest first."""
    taken_at = sa.func.coalesce(Revision.collected_at, Report.dated_at)
    rows = db.session.execute(
        sa.select(Report.no, Revision.collected_at, Report.dated_at, Value)
        .join(Revision, PRESENT)
        .join(Value, Value.revision_id == Revision.id)
        .where(Report.patient_id == patient_id, Report.status == ReportStatus.PUBLISHED, Value.code == code)
        .order_by(taken_at.desc(), Value.id.desc())
        .limit(MOST_POINTS)
    ).all()
    return [
        Reading(
            no,
            collected_at or dated_at,
            value.name,
            value.text,
            _float(value.number),
            value.unit,
            value.reference,
            _float(value.low),
            _float(value.high),
            ARROWS.get(value.flag, ""),
        )
        for no, collected_at, dated_at, value in reversed(rows)
    ]


def _float(text: str | None) -> float | None:
    number = parse_number(text or "")
    return None if number is None else float(number)


# --- who has looked --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """That somebody looked at a report on a day, and how often."""

    day: date
    who: str
    count: int
    last_at: datetime


def look_name(report: Report | Known) -> str:
    """Return under which name looks of patients at a report are counted."""
    return f"报告 {report.no}"


def looks_at(report: Report | Known, *, limit: int = 200) -> list[Seen]:
    """Return who has looked at a report since it is this patient's, by day, the newest first.

    WeChat users by their nickname, staff as the hospital.
    """
    since = report.published_at or report.received_at
    users = db.session.execute(
        sa.select(Look.day, WechatUser.nickname, Look.count, Look.last_at)
        .join(WechatUser, WechatUser.id == Look.wechat_user_id)
        .where(Look.patient_id == report.patient_id, Look.what == look_name(report))
        .order_by(Look.last_at.desc())
        .limit(limit)
    )
    found = [Seen(day, nickname or "微信用户", count, last_at) for day, nickname, count, last_at in users]
    return sorted([*found, *_looks_of_staff(report, since, limit)], key=lambda one: one.last_at, reverse=True)


def _looks_of_staff(report: Report | Known, since: datetime, limit: int) -> list[Seen]:
    moments: Sequence[datetime] = db.session.scalars(
        sa.select(AuditRow.at)
        .where(AuditRow.subject == f"report:{report.no}", AuditRow.action == "audit.look", AuditRow.at >= since)
        .order_by(AuditRow.id.desc())
        .limit(limit * 5)
    ).all()
    days: dict[date, Seen] = {}
    for moment in moments:
        day = clock.hospital_day(moment)
        known = days.get(day)
        days[day] = Seen(day, "医院工作人员", known.count + 1 if known else 1, known.last_at if known else moment)
    return list(days.values())[:limit]
