"""Table of the answers that staff keep for what people write to the official account."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.db import BigId, Model, UTCDateTime, status_type
from wxapp.core.labels import Labelled


class Match(Labelled):
    """How a text has to meet a keyword."""

    EXACT = "exact", "完全一致"
    CONTAINS = "contains", "包含关键词"


class AnswerKind(Labelled):
    """What is sent back."""

    TEXT = "text", "文字"
    CARD = "card", "图文卡片"
    SERVICE = "service", "转人工客服"


class ReplyRule(Model):
    """What is answered to texts with one of these keywords. What people write is not stored."""

    __tablename__ = "patients_reply_rule"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    keywords: Mapped[str] = mapped_column(sa.String(300), comment="as they are compared, one a line")
    match: Mapped[Match] = mapped_column(status_type(Match))
    kind: Mapped[AnswerKind] = mapped_column(status_type(AnswerKind))
    answer: Mapped[str] = mapped_column(sa.String(600), default="", comment="text, or the card's description")
    title: Mapped[str] = mapped_column(sa.String(60), default="", comment="of the card")
    entry: Mapped[str] = mapped_column(
        sa.String(20), default="", comment="entry of the account's menu that it leads to"
    )
    position: Mapped[int] = mapped_column(sa.Integer, default=100, comment="small numbers are tried first")
    is_active: Mapped[bool] = mapped_column(sa.Boolean, default=True)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_by: Mapped[str] = mapped_column(sa.String(60))
