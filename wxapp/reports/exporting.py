"""A patient's reports, for the patient to take away (个人信息保护法)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from wxapp.core import clock, files
from wxapp.core.db import db
from wxapp.patients import export
from wxapp.reports.models import Report, ReportStatus, Revision
from wxapp.reports.queries import contents


def reports_of(patient_id: int) -> list[dict[str, Any]]:
    """Return what a patient's published reports say now, the newest first."""
    rows = db.session.execute(
        sa.select(Report.no, Revision)
        .join(Revision, contents.PRESENT)
        .where(Report.patient_id == patient_id, Report.status == ReportStatus.PUBLISHED)
        .order_by(Report.dated_at.desc())
    ).all()
    lines = contents.lines_of_several([revision.id for _no, revision in rows]) if rows else {}
    return [_report(no, revision, lines[revision.id]) for no, revision in rows]


def _report(no: str, revision: Revision, lines: list[contents.Line]) -> dict[str, Any]:
    return {
        "no": no,
        "kind": revision.kind.value,
        "title": revision.title,
        "department": revision.department,
        "ordered_by": revision.ordered_by,
        "reported_by": revision.reported_by,
        "collected_at": _moment(revision.collected_at),
        "issued_at": _moment(revision.issued_at),
        "conclusion": revision.conclusion,
        "advice": revision.advice,
        "has_document": bool(revision.document_token),
        "pictures": revision.picture_count,
        "values": [
            {
                "section": line.section,
                "code": line.code,
                "name": line.name,
                "text": line.text,
                "unit": line.unit,
                "reference": line.reference,
                "flag": line.flag.value,
                "note": line.note,
            }
            for line in lines
        ],
    }


def _moment(moment: datetime | None) -> str | None:
    return clock.local(moment).isoformat(timespec="seconds") if moment else None


def _published(patient_ids: Sequence[int]) -> sa.ScalarSelect[int]:
    return (
        sa.select(sa.func.count())
        .where(Report.patient_id.in_(patient_ids), Report.status == ReportStatus.PUBLISHED)
        .scalar_subquery()
    )


def _documents(patient_id: int) -> Iterator[export.OwnFile]:
    """Return the originals of what the patient can read now."""
    rows = db.session.execute(
        sa.select(Report.no, Revision.document_token)
        .join(Revision, contents.PRESENT)
        .where(
            Report.patient_id == patient_id,
            Report.status == ReportStatus.PUBLISHED,
            Revision.document_token != "",
        )
        .order_by(Report.dated_at.desc())
    ).all()
    for no, token in rows:
        yield export.OwnFile(f"{no}.pdf", files.path_of(token))


export.part(
    "reports",
    reports_of,
    label="检查检验报告",
    why="供您与医生查阅",
    kept_for="属于病历，自最后一次就诊起不少于15年",
    count=_published,
    files=_documents,
)
