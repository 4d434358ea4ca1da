"""Money that goes back."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.db import BigId, Fen, Model, UTCDateTime, status_type
from wxapp.core.labels import Labelled
from wxapp.payments.models.orders import Attempt, Method, PaymentOrder


class RefundStatus(Labelled):
    """STUCK: a part can't go back by itself; staff act. WITHDRAWN: by the one who asked, before the decision."""

    REQUESTED = "requested", "待审核"
    REJECTED = "rejected", "已驳回"
    WITHDRAWN = "withdrawn", "已撤回"
    APPROVED = "approved", "退款中"
    DONE = "done", "已退款"
    STUCK = "stuck", "退款异常"


class Refund(Model):
    """A refund of a payment order: one person asks, another decides."""

    __tablename__ = "payment_refund"
    __table_args__ = (
        sa.CheckConstraint("amount_fen >= 0", name="amount"),
        sa.CheckConstraint("decided_by IS NULL OR decided_by <> requested_by", name="two_people"),
        sa.Index(None, "status", "requested_at"),
        sa.Index(None, "payment_order_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    no: Mapped[str] = mapped_column(sa.String(32), unique=True)
    payment_order_id: Mapped[int] = mapped_column(sa.ForeignKey(PaymentOrder.id))
    source: Mapped[str] = mapped_column(sa.String(60), unique=True, comment="what asks for it: once per source")
    is_late: Mapped[bool] = mapped_column(sa.Boolean, default=False, comment="gives back money that came too late")
    amount_fen: Mapped[int] = mapped_column(Fen)
    status: Mapped[RefundStatus] = mapped_column(status_type(RefundStatus))
    reason: Mapped[str] = mapped_column(sa.String(200))
    decision: Mapped[str] = mapped_column(sa.String(200), default="", comment="why it was approved or rejected")
    requested_by: Mapped[str] = mapped_column(sa.String(60))
    requested_at: Mapped[datetime] = mapped_column(UTCDateTime)
    decided_by: Mapped[str | None] = mapped_column(sa.String(60), comment="another person")
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class PartStatus(Labelled):
    """WAITING: to be sent, or to be handed over at the counter. SENT: the channel has it or may have it."""

    RESERVED = "reserved", "待审核"
    WAITING = "waiting", "待执行"
    SENT = "sent", "渠道处理中"
    SUCCEEDED = "succeeded", "已退回"
    FAILED = "failed", "失败待处理"
    VOID = "void", "已取消"


class RefundPart(Model):
    """What goes back over one attempt. Its number stays the same on every retry that may be a repetition."""

    __tablename__ = "payment_refund_part"
    __table_args__ = (
        sa.CheckConstraint("amount_fen > 0", name="amount"),
        sa.UniqueConstraint("refund_id", "attempt_id"),
        sa.Index(None, "status", "next_try_at"),
        sa.Index(None, "attempt_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    refund_id: Mapped[int] = mapped_column(sa.ForeignKey(Refund.id))
    attempt_id: Mapped[int] = mapped_column(sa.ForeignKey(Attempt.id))
    out_refund_no: Mapped[str] = mapped_column(sa.String(32), unique=True, comment="our number at the channel")
    previous_nos: Mapped[str] = mapped_column(sa.String(300), default="", comment="numbers that the channel closed")
    channel: Mapped[Method] = mapped_column(status_type(Method))
    amount_fen: Mapped[int] = mapped_column(Fen)
    status: Mapped[PartStatus] = mapped_column(status_type(PartStatus))
    channel_refund_id: Mapped[str] = mapped_column(sa.String(64), default="")
    channel_state: Mapped[str] = mapped_column(sa.String(20), default="", comment="the channel's own word")
    tries: Mapped[int] = mapped_column(sa.Integer, default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_error: Mapped[str] = mapped_column(sa.String(300), default="")
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    done_by: Mapped[str] = mapped_column(sa.String(60), default="", comment="who handed it over, if people did")
