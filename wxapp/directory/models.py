"""Tables of the directory."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.db import BigId, Model, UTCDateTime


class Physician(Model):
    """A physician as patients meet one: on the website, in a roster, in a report."""

    __tablename__ = "directory_physician"
    __table_args__ = (sa.Index(None, "is_shown", "position"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(30))
    department: Mapped[str] = mapped_column(sa.String(40))
    title: Mapped[str] = mapped_column(sa.String(20), comment="e.g. 主任医师")
    academic_titles: Mapped[str] = mapped_column(
        sa.String(100), default="", server_default="", comment="e.g. 教授、博士生导师"
    )
    good_at: Mapped[str] = mapped_column(sa.String(200), default="")
    profile: Mapped[str] = mapped_column(sa.Text, default="")
    picture: Mapped[str] = mapped_column(sa.String(40), default="", comment="token of a public file")
    position: Mapped[int] = mapped_column(sa.Integer, default=100, comment="small numbers come first")
    is_shown: Mapped[bool] = mapped_column(sa.Boolean, default=True)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_by: Mapped[str] = mapped_column(sa.String(60))
