"""Table of uploads."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.db import BigId, Model, UTCDateTime
from wxapp.core.files import File

PICTURE = "picture"


class Upload(Model):
    """A stored file with the address under which staff's programs know it."""

    __tablename__ = "uploads_upload"
    __table_args__ = (sa.Index(None, "subject"), sa.Index(None, "attached_at", "uploaded_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    path: Mapped[str] = mapped_column(
        sa.String(80), unique=True, comment="/static/upload/<yyyymmdd>/<32 hex>.<ext>, as the contract writes it"
    )
    file_id: Mapped[int] = mapped_column(sa.ForeignKey(File.id))
    small_file_id: Mapped[int | None] = mapped_column(sa.ForeignKey(File.id), comment="of a picture, for lists")
    kind: Mapped[str] = mapped_column(sa.String(20), comment="picture or audio")
    subject: Mapped[str] = mapped_column(sa.String(60), default="", comment="what it is attached to, e.g. visit:12")
    attached_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    uploaded_by: Mapped[str] = mapped_column(sa.String(60))
    uploaded_at: Mapped[datetime] = mapped_column(UTCDateTime)
