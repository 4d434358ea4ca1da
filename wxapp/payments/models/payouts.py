"""Money that leaves to a person."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.crypto import Encrypted
from wxapp.core.db import BigId, Fen, Model, UTCDateTime, status_type
from wxapp.core.labels import Labelled
from wxapp.payments.models.orders import Method


class PayoutStatus(Labelled):
    """SENDING: WeChat has it or may have it. QUEUED: it surely has not. FAILED, WITHDRAWN: and it never will."""

    QUEUED = "queued", "待付款"
    SENDING = "sending", "付款中"
    AWAITING_USER = "awaiting_user", "待收款人确认"
    PROCESSING = "processing", "微信处理中"
    CANCELLING = "cancelling", "撤回中"
    SUCCEEDED = "succeeded", "已付款"
    FAILED = "failed", "付款失败"
    WITHDRAWN = "withdrawn", "已取消"


class Payout(Model):
    """One amount for one person. Its number at WeChat stays the same for ever: another number would pay twice."""

    __tablename__ = "payment_payout"
    __table_args__ = (
        # A subject has one that is open or paid; the next one comes after a failed one, and two can't be the next.
        sa.UniqueConstraint("subject_kind", "subject_no", "attempt"),
        sa.CheckConstraint("amount_fen > 0", name="amount"),
        sa.Index(None, "status", "next_try_at"),
        sa.Index(None, "sent_at"),
        sa.Index(None, "ended_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    no: Mapped[str] = mapped_column(sa.String(32), unique=True)
    subject_kind: Mapped[str] = mapped_column(sa.String(30), comment="what it is paid for, e.g. withdrawal")
    subject_no: Mapped[str] = mapped_column(sa.String(40))
    attempt: Mapped[int] = mapped_column(sa.Integer, default=1, comment="counts the payouts of one subject")
    amount_fen: Mapped[int] = mapped_column(Fen)
    wechat_user_id: Mapped[int] = mapped_column(sa.BigInteger, comment="who gets it")
    openid: Mapped[str] = mapped_column(sa.String(64), comment="of that user when it was asked for")
    real_name: Mapped[str] = mapped_column(Encrypted("payment_payout.real_name"), comment="WeChat compares it")
    remark: Mapped[str] = mapped_column(sa.String(32), comment="what WeChat shows the person")
    from_account_id: Mapped[int] = mapped_column(
        sa.ForeignKey("wallet_account.id"), comment="holds the money until it has left"
    )
    way: Mapped[Method] = mapped_column(status_type(Method), default=Method.WECHAT)
    status: Mapped[PayoutStatus] = mapped_column(status_type(PayoutStatus))
    out_bill_no: Mapped[str] = mapped_column(sa.String(32), unique=True, comment="our number at WeChat")
    transfer_bill_no: Mapped[str] = mapped_column(sa.String(64), default="", comment="WeChat's number")
    channel_state: Mapped[str] = mapped_column(sa.String(20), default="", comment="WeChat's own word")
    package_info: Mapped[str] = mapped_column(sa.Text, comment="with it the person's page asks to confirm")
    fail_reason: Mapped[str] = mapped_column(sa.String(60), default="", comment="WeChat's code of why not, or not yet")
    refusal: Mapped[str] = mapped_column(
        sa.String(60), default="", comment="WeChat's code when it refused the last send"
    )
    last_error: Mapped[str] = mapped_column(sa.String(300), default="")
    tries: Mapped[int] = mapped_column(sa.Integer, default=0, comment="sends and questions since the last news")
    next_try_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="empty: no job touches it")
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="last time")
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_by: Mapped[str] = mapped_column(sa.String(60), default="")
    note: Mapped[str] = mapped_column(sa.String(200), default="", comment="of who paid it by hand")
