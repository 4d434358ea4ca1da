"""What reports put on the start page."""

from __future__ import annotations

from typing import Any

from flask import url_for

from wxapp.admin import dashboard
from wxapp.core.permissions import Permission
from wxapp.core.web import when
from wxapp.reports.queries import staff


def _parked(*found: Any) -> dashboard.Card:
    waits = staff.Waiting(*found)
    hint = f"最早 {when(waits.oldest)}" if waits.oldest else "没有等待的报告"
    if waits.held:
        hint = f"{hint}，另有{waits.held}份初步报告"
    return dashboard.Card(
        "待认领报告",
        str(waits.parked),
        hint,
        url_for("reports_admin.parked_list"),
        "report-medical",
        "attention" if waits.parked else "plain",
    )


dashboard.dashboard_counts(40, Permission.REPORT_WRITE, staff.waiting, _parked)
