"""Staff interfaces; importing this folder registers them."""

from wxapp.visits.admin import diagnostics, exams, leaving, live, procedures, triage
from wxapp.visits.admin.door import blueprint

__all__ = ["blueprint", "diagnostics", "exams", "leaving", "live", "procedures", "triage"]
