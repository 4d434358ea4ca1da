"""The channel's bills, and what does not add up."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.db import BigId, Fen, Model, UTCDateTime, status_type

PAYOUT_BILL = "wechat_operation"
"""Channel of the bills of WeChat's operating account: what was transferred to people, and what of it came back."""


class Bill(Model):
    """A day's bill of a channel, fetched and compared."""

    __tablename__ = "payment_bill"
    __table_args__ = (sa.UniqueConstraint("channel", "day"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    channel: Mapped[str] = mapped_column(sa.String(20))
    day: Mapped[date] = mapped_column(sa.Date)
    trades: Mapped[int] = mapped_column(sa.Integer)
    trade_fen: Mapped[int] = mapped_column(Fen)
    refunds: Mapped[int] = mapped_column(sa.Integer)
    refund_fen: Mapped[int] = mapped_column(Fen)
    fee_fen: Mapped[int] = mapped_column(Fen)
    fetched_at: Mapped[datetime] = mapped_column(UTCDateTime)
    compared_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    differences: Mapped[int] = mapped_column(sa.Integer, default=0, comment="found when it was compared last")


class BillRow(Model):
    """One line of a bill."""

    __tablename__ = "payment_bill_row"
    __table_args__ = (sa.Index(None, "bill_id"), sa.Index(None, "out_trade_no"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    bill_id: Mapped[int] = mapped_column(sa.ForeignKey(Bill.id))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    out_trade_no: Mapped[str] = mapped_column(sa.String(64))
    transaction_id: Mapped[str] = mapped_column(sa.String(64))
    out_refund_no: Mapped[str] = mapped_column(sa.String(64), default="", comment="empty: a payment")
    refund_id: Mapped[str] = mapped_column(sa.String(64), default="")
    amount_fen: Mapped[int] = mapped_column(Fen)
    fee_fen: Mapped[int] = mapped_column(Fen)
    state: Mapped[str] = mapped_column(sa.String(20))


class DifferenceStatus(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"


class Difference(Model):
    """Something that does not add up. It stays until a person resolves it; nothing is put right silently."""

    __tablename__ = "payment_difference"
    __table_args__ = (
        sa.UniqueConstraint("kind", "reference"),
        sa.Index(None, "status", "found_at"),
        sa.Index(None, "day"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    day: Mapped[date] = mapped_column(sa.Date, comment="day of the bill, or of the event")
    kind: Mapped[str] = mapped_column(sa.String(40))
    reference: Mapped[str] = mapped_column(sa.String(80), comment="number that it is about")
    channel_fen: Mapped[int | None] = mapped_column(Fen)
    ours_fen: Mapped[int | None] = mapped_column(Fen)
    ledger_fen: Mapped[int | None] = mapped_column(Fen)
    detail: Mapped[str] = mapped_column(sa.String(300), default="")
    times: Mapped[int] = mapped_column(sa.Integer, default=1)
    status: Mapped[DifferenceStatus] = mapped_column(status_type(DifferenceStatus))
    owner_id: Mapped[int | None] = mapped_column(sa.BigInteger, comment="staff who looks after it")
    note: Mapped[str] = mapped_column(sa.String(300), default="", comment="how it was resolved")
    found_at: Mapped[datetime] = mapped_column(UTCDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    resolved_by: Mapped[str] = mapped_column(sa.String(60), default="")
