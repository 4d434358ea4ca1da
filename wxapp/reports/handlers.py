"""What this package does on hearing of others, and where a tap on its messages leads."""

from __future__ import annotations

from wxapp.messages import taps
from wxapp.reports import exporting  # noqa: F401 - has its part in the export

taps.register("report", "reports.report", "report_no")
