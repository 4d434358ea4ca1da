"""Timed work of reports."""

from __future__ import annotations

from datetime import timedelta

from wxapp.core.apart import each_apart
from wxapp.reports.queries import staff
from wxapp.reports.services import desk

WITHIN = timedelta(days=7)
"""A record that was made longer ago had its turn; staff match the rest."""


def join_parked(*, limit: int = 200) -> int:
    """Give parked reports to patients whose record was made after they came; return how many found theirs."""
    found = staff.joins(limit=limit, within=WITHIN)
    return each_apart(lambda one: desk.join_late(one.report_id, one.patient_id), found, what="reports: parked")
