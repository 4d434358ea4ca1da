"""The table of withdrawals (提现)."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.crypto import Encrypted
from wxapp.core.db import BigId, Fen, Model, UTCDateTime, status_type
from wxapp.core.labels import Labelled
from wxapp.distribution.models.people import Distributor


class WithdrawalStatus(Labelled):
    """CONFIRMING: WeChat waits for the receiver's confirmation. FAILED, REJECTED, WITHDRAWN: the money is back."""

    REQUESTED = "requested", "待审核"
    APPROVED = "approved", "打款中"
    CONFIRMING = "confirming", "待您确认收款"
    PAID = "paid", "已到账"
    REJECTED = "rejected", "未通过"
    WITHDRAWN = "withdrawn", "已撤回"
    FAILED = "failed", "打款失败，已退回"


class Withdrawal(Model):
    """What a distributor asks to be paid out. The amount left the balance when it was asked for."""

    __tablename__ = "distribution_withdrawal"
    __table_args__ = (
        sa.CheckConstraint(
            "fee_fen >= 0 AND tax_fen >= 0 AND net_fen > 0 AND net_fen + fee_fen + tax_fen = amount_fen",
            name="amounts",
        ),
        sa.Index(None, "distributor_id", "day"),
        sa.Index(None, "distributor_id", "id"),
        sa.Index(None, "status", "requested_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    no: Mapped[str] = mapped_column(sa.String(32), unique=True)
    distributor_id: Mapped[int] = mapped_column(sa.ForeignKey(Distributor.id))
    amount_fen: Mapped[int] = mapped_column(Fen)
    fee_fen: Mapped[int] = mapped_column(Fen, default=0)
    tax_fen: Mapped[int] = mapped_column(Fen, default=0, comment="withheld")
    net_fen: Mapped[int] = mapped_column(Fen, comment="what is paid out")
    real_name: Mapped[str] = mapped_column(Encrypted("distribution_withdrawal.real_name"))
    id_number: Mapped[str | None] = mapped_column(
        Encrypted("distribution_withdrawal.id_number"),
        comment="under which the tax of this one is declared; none: no tax",
    )
    status: Mapped[WithdrawalStatus] = mapped_column(status_type(WithdrawalStatus), default=WithdrawalStatus.REQUESTED)
    day: Mapped[date] = mapped_column(sa.Date, comment="hospital day whose limit it counts against")
    requested_at: Mapped[datetime] = mapped_column(UTCDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decided_by: Mapped[str] = mapped_column(sa.String(60), default="")
    reason: Mapped[str] = mapped_column(sa.String(200), default="", comment="why it was rejected or has failed")
    payout_no: Mapped[str] = mapped_column(sa.String(40), default="", comment="the payout of payments")
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
