"""Table of the requests to delete what is stored of a WeChat user."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.crypto import Encrypted
from wxapp.core.db import BigId, Model, UTCDateTime, status_type
from wxapp.core.labels import Labelled


class ErasureStatus(Labelled):
    """Where a request stands; ``states.py`` says what may follow."""

    REQUESTED = "requested", "待受理"
    IN_REVIEW = "in_review", "办理中"
    DONE = "done", "已办结"
    REJECTED = "rejected", "未通过"
    WITHDRAWN = "withdrawn", "已撤回"


OPEN = (ErasureStatus.REQUESTED, ErasureStatus.IN_REVIEW)


class Erasure(Model):
    """A WeChat user asks the hospital to delete what need not be kept. One is open at a time."""

    __tablename__ = "patients_erasure"
    __table_args__ = (
        sa.UniqueConstraint("wechat_user_id", "open_marker"),
        sa.Index(None, "status", "due_on"),
        sa.CheckConstraint(
            "(status IN ('requested', 'in_review') AND open_marker = 1) OR "
            "(status IN ('done', 'rejected', 'withdrawn') AND open_marker IS NULL)",
            name="marker",
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    wechat_user_id: Mapped[int] = mapped_column(sa.ForeignKey("patients_wechat_user.id"))
    status: Mapped[ErasureStatus] = mapped_column(status_type(ErasureStatus), default=ErasureStatus.REQUESTED)
    open_marker: Mapped[int | None] = mapped_column(sa.SmallInteger, default=1)
    reason: Mapped[str] = mapped_column(Encrypted("patients_erasure.reason"), comment="the user's, may be empty")
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    due_on: Mapped[date] = mapped_column(sa.Date, comment="last day to answer")
    taken_by: Mapped[str] = mapped_column(sa.String(60), default="")
    begun_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="deleting has begun: no way back")
    decision: Mapped[str] = mapped_column(sa.String(300), default="", comment="what was done, or why not")
    decided_by: Mapped[str] = mapped_column(sa.String(60), default="")
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
