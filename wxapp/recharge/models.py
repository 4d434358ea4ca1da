"""Tables of recharges and their refunds."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.db import BigId, Fen, Model, UTCDateTime, status_type
from wxapp.core.labels import Labelled


class RechargeStatus(Labelled):
    """PAID: the money is in the balance."""

    AWAITING = "awaiting", "待付款"
    PAID = "paid", "已到账"
    REFUNDING = "refunding", "退款处理中"
    PART_REFUNDED = "part_refunded", "部分退款"
    REFUNDED = "refunded", "已退款"
    CLOSED = "closed", "已关闭"


class Recharge(Model):
    """Stored value that somebody buys for a patient by WeChat Pay; once it is paid, a lot of the balance."""

    __tablename__ = "recharge_recharge"
    __table_args__ = (
        sa.CheckConstraint("amount_fen > 0", name="amount"),
        sa.CheckConstraint("refunded_fen >= 0 AND refunded_fen <= amount_fen", name="refunded"),
        sa.Index(None, "patient_id", "id"),
        sa.Index(None, "account_id", "status"),
        sa.Index(None, "wechat_user_id", "status"),
        sa.Index(None, "status", "id"),
        sa.Index(None, "paid_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    no: Mapped[str] = mapped_column(sa.String(32), unique=True)
    patient_id: Mapped[int] = mapped_column(sa.BigInteger, comment="whose balance grows")
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("wallet_account.id"))
    wechat_user_id: Mapped[int] = mapped_column(sa.BigInteger, comment="who placed it")
    amount_fen: Mapped[int] = mapped_column(Fen)
    refunded_fen: Mapped[int] = mapped_column(Fen, default=0, comment="back with the payer; refunds under way are not")
    status: Mapped[RechargeStatus] = mapped_column(status_type(RechargeStatus), default=RechargeStatus.AWAITING)
    day: Mapped[date] = mapped_column(sa.Date, comment="hospital day whose limit it counts against")
    payment_no: Mapped[str] = mapped_column(sa.String(32), comment="payment order that asks for the money")
    placed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="when the balance grew")
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    close_reason: Mapped[str] = mapped_column(sa.String(100), default="")


class RefundStatus(Labelled):
    UNDER_WAY = "under_way", "处理中"
    PAID_BACK = "paid_back", "已退回"
    REJECTED = "rejected", "未通过"
    WITHDRAWN = "withdrawn", "已撤回"


class RechargeRefund(Model):
    """What somebody asks back of one recharge, with the calculation as it stood at that moment."""

    __tablename__ = "recharge_refund"
    __table_args__ = (
        sa.CheckConstraint("amount_fen > 0 AND amount_fen <= left_fen", name="amount"),
        sa.Index(None, "recharge_id", "status"),
        sa.Index(None, "patient_id", "id"),
        sa.Index(None, "status", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    no: Mapped[str] = mapped_column(sa.String(32), unique=True)
    recharge_id: Mapped[int] = mapped_column(sa.ForeignKey(Recharge.id))
    patient_id: Mapped[int] = mapped_column(sa.BigInteger)
    refund_no: Mapped[str] = mapped_column(sa.String(32), unique=True, comment="the refund of payments")
    amount_fen: Mapped[int] = mapped_column(Fen)
    balance_fen: Mapped[int] = mapped_column(Fen, comment="balance before it")
    gone_fen: Mapped[int] = mapped_column(Fen, comment="of the recharge given back before, or under way")
    used_fen: Mapped[int] = mapped_column(Fen, comment="of the recharge spent before")
    left_fen: Mapped[int] = mapped_column(Fen, comment="of the recharge left before it")
    status: Mapped[RefundStatus] = mapped_column(status_type(RefundStatus), default=RefundStatus.UNDER_WAY)
    reason: Mapped[str] = mapped_column(sa.String(200), default="")
    note: Mapped[str] = mapped_column(sa.String(200), default="", comment="why it was rejected")
    asked_by: Mapped[str] = mapped_column(sa.String(60))
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
