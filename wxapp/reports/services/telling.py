"""Telling a patient that there is a report to read."""

from __future__ import annotations

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.masking import masked_name
from wxapp.messages.receivers import Receiver
from wxapp.messages.services import notify
from wxapp.patients.models import Patient
from wxapp.reports.models import Report

CODE = "pt_report_0000001"


def tell_patient(report: Report, *, title: str, is_correction: bool) -> None:
    """Tell the patient inside the caller's transaction, once for each revision, whoever calls how often."""
    patient_id = report.patient_id
    if patient_id is None:
        raise ValueError("nobody to tell")
    name = db.session.scalar(sa.select(Patient.name).where(Patient.id == patient_id))
    notify(
        CODE,
        Receiver("patient", patient_id),
        {
            "report_no": report.no,
            "patient": masked_name(name),
            "items": f"{title}（已更正）" if is_correction else title,
            "at": clock.now(),
        },
        once=f"report:{report.id}:{report.revision}",
    )
