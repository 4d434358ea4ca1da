"""Patients' pages of reports; importing this folder registers them."""

from wxapp.reports.views import curves, files, reports
from wxapp.reports.views.door import pages

__all__ = ["curves", "files", "pages", "reports"]
