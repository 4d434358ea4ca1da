"""What is to be paid, how it was tried, and what the channel told."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.db import BigId, Fen, Model, UTCDateTime, status_type
from wxapp.core.labels import Labelled


class PaymentStatus(StrEnum):
    OPEN = "open"
    PAID = "paid"
    CLOSED = "closed"


class Method(Labelled):
    """How money came. The label is what people read; each but the balance has a house account ``channel.…``."""

    WECHAT = "wechat", "微信支付"
    BALANCE = "balance", "余额支付"
    CASH = "cash", "现金"
    CARD = "card", "刷卡"
    TRANSFER = "transfer", "银行转账"
    WECHAT_CODE = "wechat_code", "微信收款码"
    ALIPAY_CODE = "alipay_code", "支付宝收款码"
    MIXED = "mixed", "混合支付"
    NOTHING = "nothing", "无需支付"


class PaymentOrder(Model):
    """One amount to be paid for one subject."""

    __tablename__ = "payment_order"
    __table_args__ = (
        sa.UniqueConstraint("subject_kind", "subject_no"),
        sa.CheckConstraint("amount_fen >= 0", name="amount"),
        sa.CheckConstraint("paid_fen IN (0, amount_fen)", name="paid"),
        sa.CheckConstraint("refunded_fen >= 0 AND refunded_fen <= paid_fen", name="refunded"),
        sa.Index(None, "status", "expires_at"),
        sa.Index(None, "patient_id"),
        sa.Index(None, "paid_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    no: Mapped[str] = mapped_column(sa.String(32), unique=True)
    subject_kind: Mapped[str] = mapped_column(sa.String(30), comment="what is paid for, e.g. mall")
    subject_no: Mapped[str] = mapped_column(sa.String(40))
    description: Mapped[str] = mapped_column(sa.String(120), comment="what WeChat shows the payer")
    patient_id: Mapped[int | None] = mapped_column(sa.BigInteger, comment="whose balance may pay")
    wechat_user_id: Mapped[int | None] = mapped_column(sa.BigInteger, comment="who placed it")
    payee_account_id: Mapped[int] = mapped_column(sa.ForeignKey("wallet_account.id"))
    amount_fen: Mapped[int] = mapped_column(Fen)
    paid_fen: Mapped[int] = mapped_column(Fen, default=0)
    refunded_fen: Mapped[int] = mapped_column(Fen, default=0, comment="refunds in flight included")
    status: Mapped[PaymentStatus] = mapped_column(status_type(PaymentStatus), default=PaymentStatus.OPEN)
    method: Mapped[Method | None] = mapped_column(status_type(Method), comment="how it was paid")
    attempts: Mapped[int] = mapped_column(sa.Integer, default=0, comment="counted up by each; guards against a new one")
    waits_at_hospital: Mapped[bool] = mapped_column(sa.Boolean, default=False, comment="到院支付 was chosen")
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    receipt_no: Mapped[str | None] = mapped_column(sa.String(20), unique=True, comment="of money taken at the counter")
    receipt_prints: Mapped[int] = mapped_column(sa.Integer, default=0)
    collected_by: Mapped[str] = mapped_column(sa.String(60), default="")
    till: Mapped[str] = mapped_column(sa.String(20), default="", comment="which cash desk")


class AttemptStatus(StrEnum):
    """CREATED: the channel may or may not know it. PREPARED: the payer can pay it."""

    CREATED = "created"
    PREPARED = "prepared"
    SUCCEEDED = "succeeded"
    CLOSED = "closed"
    FAILED = "failed"


class Late(StrEnum):
    """What becomes of money that came when nobody waited for it."""

    NO = "no"
    WAITING = "waiting"
    TAKEN = "taken"
    GIVEN_BACK = "given_back"


class Attempt(Model):
    """One way tried to pay."""

    __tablename__ = "payment_attempt"
    __table_args__ = (
        sa.CheckConstraint("amount_fen > 0", name="amount"),
        sa.CheckConstraint("refunded_fen >= 0 AND refunded_fen <= amount_fen", name="refunded"),
        sa.Index(None, "payment_order_id"),
        sa.Index(None, "status", "next_query_at"),
        sa.Index(None, "late", "late_until"),
        sa.Index(None, "channel", "paid_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    payment_order_id: Mapped[int] = mapped_column(sa.ForeignKey(PaymentOrder.id))
    out_trade_no: Mapped[str] = mapped_column(sa.String(32), unique=True, comment="our number at the channel")
    channel: Mapped[Method] = mapped_column(status_type(Method))
    status: Mapped[AttemptStatus] = mapped_column(status_type(AttemptStatus))
    amount_fen: Mapped[int] = mapped_column(Fen)
    refunded_fen: Mapped[int] = mapped_column(Fen, default=0, comment="refunds in flight included")
    openid: Mapped[str] = mapped_column(sa.String(64), default="")
    wechat_user_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    prepay_id: Mapped[str] = mapped_column(sa.String(80), default="")
    prepared_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    transaction_id: Mapped[str | None] = mapped_column(sa.String(64), unique=True, comment="the channel's number")
    channel_expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="after it nobody can pay it")
    next_query_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    queries: Mapped[int] = mapped_column(sa.Integer, default=0)
    paid_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="by the channel's clock")
    late: Mapped[Late] = mapped_column(status_type(Late), default=Late.NO)
    late_until: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="then it is given back by itself")
    last_error: Mapped[str] = mapped_column(sa.String(300), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Notice(Model):
    """A genuine notice of WeChat Pay and what became of it: a record. What guards is the status of the attempt."""

    __tablename__ = "payment_notice"
    __table_args__ = (sa.Index(None, "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    notice_id: Mapped[str] = mapped_column(sa.String(64), unique=True, comment="id in the notice")
    kind: Mapped[str] = mapped_column(sa.String(20), comment="payment or refund")
    number: Mapped[str] = mapped_column(sa.String(64), comment="our number in it")
    outcome: Mapped[str] = mapped_column(sa.String(40))
    times: Mapped[int] = mapped_column(sa.Integer, default=1)
    first_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_at: Mapped[datetime] = mapped_column(UTCDateTime)
