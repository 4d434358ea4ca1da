"""The audit log: rows that are only ever added, chained by a keyed digest."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.db import APPEND_ONLY, BigId, Model, UTCDateTime


class AuditRow(Model):
    """Who did what to what, when, from where, and how it ended."""

    __tablename__ = "admin_audit"
    __table_args__ = (
        sa.Index(None, "at"),
        sa.Index(None, "actor", "id"),
        sa.Index(None, "action", "id"),
        sa.Index(None, "subject", "id"),
        {"info": {APPEND_ONLY: True}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[int] = mapped_column(sa.BigInteger, unique=True, comment="1, 2, 3 … without gaps")
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    actor: Mapped[str] = mapped_column(sa.String(60), comment="staff:12, wechat:5, system:jobs, nobody")
    action: Mapped[str] = mapped_column(sa.String(80), comment="id of the interface, or what a service did")
    subject: Mapped[str] = mapped_column(sa.String(120), comment="kind:id of what it was done to")
    result: Mapped[str] = mapped_column(sa.String(20), comment="ok, refused, denied")
    detail: Mapped[str] = mapped_column(sa.String(500), comment="for people; no secrets, no personal data")
    address: Mapped[str] = mapped_column(sa.String(45))
    request_no: Mapped[str] = mapped_column(sa.String(32))
    digest: Mapped[str] = mapped_column(sa.String(64), comment="keyed hash of the row before and this one")


class AuditHead(Model):
    """The end of the chain: one row, whose update is also the queue of the writers."""

    __tablename__ = "admin_audit_head"

    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(sa.BigInteger, comment="number of the last row")
    digest: Mapped[str] = mapped_column(sa.String(64), comment="digest of the last row")


@event.listens_for(AuditRow, "before_update")
@event.listens_for(AuditRow, "before_delete")
def _refuse(_mapper: Any, _connection: Any, _row: AuditRow) -> None:
    raise RuntimeError("the audit log is only ever added to")
