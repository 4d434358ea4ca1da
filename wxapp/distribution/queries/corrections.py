"""How a distributor's name and phone were corrected: the rows of the audit log, masked as they stand there."""

from __future__ import annotations

import sqlalchemy as sa

from wxapp.admin.models import AuditRow
from wxapp.core.db import db

CORRECTED = "distributor.corrected"


def subject_of(distributor_id: int) -> str:
    """Return what the audit log calls a distributor."""
    return f"distributor:{distributor_id}"


def corrections_of(distributor_id: int) -> list[AuditRow]:
    """Return the corrections, the newest first."""
    mine = sa.select(AuditRow).where(AuditRow.subject == subject_of(distributor_id), AuditRow.action == CORRECTED)
    return list(db.session.scalars(mine.order_by(AuditRow.id.desc()).limit(50)))
