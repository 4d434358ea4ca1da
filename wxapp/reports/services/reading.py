"""Noting that somebody on the patient's side has opened a report."""

from __future__ import annotations

import sqlalchemy as sa

from wxapp.core.db import change, transaction
from wxapp.patients import services as patients
from wxapp.reports.models import Report
from wxapp.reports.queries.contents import Known
from wxapp.reports.queries.own import look_name


def note_reader(report: Known, *, wechat_user_id: int) -> None:
    """Count this look, and take the report off the unread ones."""
    report_id, revision, was_seen = report.id, report.revision, report.seen_revision >= report.revision
    patient_id, what = report.patient_id, look_name(report)
    if patient_id is None:
        raise ValueError("nobody's report is read by nobody")
    with transaction():
        patients.note_look(wechat_user_id=wechat_user_id, patient_id=patient_id, what=what)
        if not was_seen:
            here = (Report.id == report_id, Report.patient_id == patient_id, Report.seen_revision < revision)
            change(sa.update(Report).where(*here).values(seen_revision=revision))
