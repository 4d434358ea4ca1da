"""What may become of a report."""

from __future__ import annotations

from wxapp.core.states import Machine
from wxapp.reports.models import ReportStatus as S

REPORT = Machine(
    {
        S.HELD: {S.PUBLISHED, S.PARKED, S.WITHDRAWN},
        S.PARKED: {S.PUBLISHED, S.HELD, S.REJECTED, S.WITHDRAWN},
        S.PUBLISHED: {S.PARKED, S.WITHDRAWN},
        S.WITHDRAWN: {S.PUBLISHED, S.HELD, S.PARKED},  # a newer one came
        S.REJECTED: {S.PARKED},  # a newer one came, or staff have thought again
    }
)
