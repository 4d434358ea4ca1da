"""Workstations, and codes with their words."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.db import BigId, Model, UTCDateTime, status_type
from wxapp.core.labels import Labelled


class Workstation(Model):
    """A computer of the house that calls us by a token of its own (电脑配置)."""

    __tablename__ = "hospital_workstation"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    machine: Mapped[str] = mapped_column(sa.String(40), unique=True, comment="machine code, e.g. MACHINE-01")
    name: Mapped[str] = mapped_column(sa.String(40))
    room: Mapped[str] = mapped_column(sa.String(40), default="")
    staff_id: Mapped[int | None] = mapped_column(sa.BigInteger, comment="whose place it is")
    camera: Mapped[str] = mapped_column(sa.String(60), default="")
    telephone: Mapped[str] = mapped_column(sa.String(20), default="", comment="its line")
    token_hash: Mapped[str | None] = mapped_column(sa.String(64), unique=True, comment="none: no token, or revoked")
    token_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="when the token was made")
    is_active: Mapped[bool] = mapped_column(sa.Boolean, default=True)
    seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_by: Mapped[str] = mapped_column(sa.String(60))


class CodeKind(Labelled):
    """Lists of words that programs know by number."""

    PATIENT_TAG = "patient_tag", "医院标签"
    REFERRAL_SOURCE = "referral_source", "开发部门"
    CHANNEL = "channel", "来源"


class Code(Model):
    """One word of such a list."""

    __tablename__ = "hospital_code"
    __table_args__ = (sa.UniqueConstraint("kind", "code"), sa.UniqueConstraint("kind", "label"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[CodeKind] = mapped_column(status_type(CodeKind))
    code: Mapped[int] = mapped_column(sa.Integer, comment="as programs know it; never used again for another word")
    label: Mapped[str] = mapped_column(sa.String(40), comment="without a comma")
    position: Mapped[int] = mapped_column(sa.Integer, default=100)
    is_active: Mapped[bool] = mapped_column(sa.Boolean, default=True)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_by: Mapped[str] = mapped_column(sa.String(60))
