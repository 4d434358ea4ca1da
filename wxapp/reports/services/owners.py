"""Whose a report is, as far as its record number and name can tell."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from wxapp.core.db import db
from wxapp.patients.models import Patient
from wxapp.reports.incoming import IncomingReport
from wxapp.reports.models import ParkReason
from wxapp.reports.rules import names_agree


@dataclass(frozen=True)
class Owner:
    """Either a patient, or why there is none."""

    patient_id: int | None
    reason: ParkReason = ParkReason.NONE


def owner_of(incoming: IncomingReport) -> Owner:
    """Return the patient with the report's record number, if the name agrees as well; one that names none does."""
    if not incoming.record_no:
        return Owner(None, ParkReason.NO_RECORD)
    row = db.session.execute(
        sa.select(Patient.id, Patient.name).where(Patient.record_no == incoming.record_no.upper())
    ).one_or_none()
    if row is None:
        return Owner(None, ParkReason.UNKNOWN_RECORD)
    if incoming.patient_name and not names_agree(incoming.patient_name, row.name):
        return Owner(None, ParkReason.NAME_DIFFERS)
    return Owner(row.id)
