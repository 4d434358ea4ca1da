"""Quotes in revisions, price reviews, and how the patient means to pay."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.db import APPEND_ONLY, BigId, Fen, Model, UTCDateTime, status_type
from wxapp.core.labels import Labelled
from wxapp.visits.models.visits import Visit


class Quote(Model):
    """One revision of what was quoted. Never changed: a new quote is a new revision."""

    __tablename__ = "visits_quote"
    __table_args__ = (sa.UniqueConstraint("visit_id", "revision"), {"info": {APPEND_ONLY: True}})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    visit_id: Mapped[int] = mapped_column(sa.ForeignKey(Visit.id))
    revision: Mapped[int] = mapped_column(sa.SmallInteger, comment="from 1")
    list_total_fen: Mapped[int] = mapped_column(Fen, comment="sum of price × count of its lines")
    offered_fen: Mapped[int] = mapped_column(Fen)
    remark: Mapped[str] = mapped_column(sa.String(500), default="")
    by_reviewer: Mapped[bool] = mapped_column(sa.Boolean, default=False)
    made_by: Mapped[str] = mapped_column(sa.String(60))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)


class QuoteLine(Model):
    """A project of a quote, with names and prices as they were."""

    __tablename__ = "visits_quote_line"
    __table_args__ = (
        sa.UniqueConstraint("quote_id", "position"),
        sa.CheckConstraint("count > 0 AND price_fen >= 0", name="amounts"),
        {"info": {APPEND_ONLY: True}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    quote_id: Mapped[int] = mapped_column(sa.ForeignKey(Quote.id))
    position: Mapped[int] = mapped_column(sa.SmallInteger)
    project_id: Mapped[int] = mapped_column(sa.ForeignKey("hospital_project.id"), index=True)
    category_id: Mapped[int] = mapped_column(sa.BigInteger)
    name: Mapped[str] = mapped_column(sa.String(60))
    project_code: Mapped[str] = mapped_column(sa.String(20))
    price_fen: Mapped[int] = mapped_column(Fen, comment="of one, as quoted")
    list_price_fen: Mapped[int] = mapped_column(Fen, comment="of one, as in the catalogue at that moment")
    count: Mapped[int] = mapped_column(sa.Integer)


class Decision(Labelled):
    PASSED = "passed", "通过"
    CHANGED = "changed", "改价通过"
    SENT_BACK = "sent_back", "退回"
    WAIVED = "waived", "免审"


class Review(Model):
    """What was decided about one revision of a quote, and at which final price."""

    __tablename__ = "visits_review"
    __table_args__ = (sa.Index(None, "visit_id", "id"), {"info": {APPEND_ONLY: True}})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    visit_id: Mapped[int] = mapped_column(sa.ForeignKey(Visit.id))
    quote_id: Mapped[int] = mapped_column(sa.ForeignKey(Quote.id))
    decision: Mapped[Decision] = mapped_column(status_type(Decision))
    final_fen: Mapped[int | None] = mapped_column(Fen, comment="none: sent back")
    remark: Mapped[str] = mapped_column(sa.String(500), default="")
    by: Mapped[str] = mapped_column(sa.String(60))
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class PlannedPayment(Model):
    """How the patient means to pay, noted before the cashier (start_collect); replaced as a whole."""

    __tablename__ = "visits_planned_payment"
    __table_args__ = (sa.UniqueConstraint("visit_id", "position"), sa.CheckConstraint("amount_fen > 0", name="amount"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    visit_id: Mapped[int] = mapped_column(sa.ForeignKey(Visit.id))
    position: Mapped[int] = mapped_column(sa.SmallInteger)
    method_id: Mapped[int] = mapped_column(sa.ForeignKey("hospital_method.id"))
    method_name: Mapped[str] = mapped_column(sa.String(30))
    amount_fen: Mapped[int] = mapped_column(Fen)
    remark: Mapped[str] = mapped_column(sa.String(200), default="")
    periods: Mapped[int | None] = mapped_column(sa.SmallInteger, comment="none: no loan")
    repayment_day: Mapped[int | None] = mapped_column(sa.SmallInteger)
    planned_by: Mapped[str] = mapped_column(sa.String(60))
    planned_at: Mapped[datetime] = mapped_column(UTCDateTime)
