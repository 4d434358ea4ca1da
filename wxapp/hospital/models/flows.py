"""How a visit goes through the house."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.db import APPEND_ONLY, BigId, Model, UTCDateTime


class Flow(Model):
    """A version of the steps of a visit. The newest is in force; a running visit keeps the one it began with."""

    __tablename__ = "hospital_flow"
    __table_args__ = ({"info": {APPEND_ONLY: True}},)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    steps: Mapped[str] = mapped_column(sa.Text, comment="JSON, see hospital.rules.flows")
    follows: Mapped[int] = mapped_column(
        sa.BigInteger, unique=True, comment="the version before, 0 for the built-in one: each is followed once"
    )
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    made_by: Mapped[str] = mapped_column(sa.String(60))


class ExamDepartment(Model):
    """A department of diagnostics (医技科); its kind is one of the five that the contract names."""

    __tablename__ = "hospital_exam_department"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(30), unique=True, comment="preoperative, radiation, …")
    label: Mapped[str] = mapped_column(sa.String(30))
    roles: Mapped[str] = mapped_column(sa.String(500), default="", comment="names of roles that may upload; none: all")
    pictures_needed: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    for_first_visits: Mapped[bool] = mapped_column(sa.Boolean, default=False, comment="each first visit needs it")
    import_folder: Mapped[str] = mapped_column(sa.String(200), default="", comment="below the folder of files")
    import_pattern: Mapped[str] = mapped_column(sa.String(120), default="", comment="see hospital.rules.file_names")
    is_active: Mapped[bool] = mapped_column(sa.Boolean, default=True)
    position: Mapped[int] = mapped_column(sa.Integer, default=100)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_by: Mapped[str] = mapped_column(sa.String(60))
