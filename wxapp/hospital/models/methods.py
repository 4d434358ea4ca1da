"""Ways in which money for a visit or goods comes in."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.db import BigId, Fen, Model, UTCDateTime, status_type
from wxapp.core.labels import Labelled
from wxapp.hospital.rules.methods import Offer


class MethodKind(Labelled):
    """What a method is; the first ones are named as the channels of the books."""

    CASH = "cash", "现金"
    CARD = "card", "刷卡"
    WECHAT_CODE = "wechat_code", "微信收款码"
    ALIPAY_CODE = "alipay_code", "支付宝收款码"
    TRANSFER = "transfer", "银行转账"
    DEPOSIT = "deposit", "定金抵扣"
    BALANCE = "balance", "储值余额"
    BANK = "bank", "银行分期"
    LENDER = "lender", "消费贷款机构"
    IN_HOUSE = "in_house", "院内分期"

    @property
    def is_loan(self) -> bool:
        return self in {MethodKind.BANK, MethodKind.LENDER, MethodKind.IN_HOUSE}

    @property
    def is_money(self) -> bool:
        """Whether the cashier has it in hand or on a terminal at the end of the day."""
        return not self.is_loan and self not in {MethodKind.DEPOSIT, MethodKind.BALANCE}


class Method(Model):
    """A method, bank or lender. Programs tell them apart by name, so names are unique over all kinds."""

    __tablename__ = "hospital_method"
    __table_args__ = (sa.CheckConstraint("least_fen >= 0 AND most_fen >= least_fen", name="limits"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(30), unique=True, comment="without a comma")
    kind: Mapped[MethodKind] = mapped_column(status_type(MethodKind))
    periods: Mapped[str] = mapped_column(sa.String(80), default="", comment="on offer, with blanks: 3 6 12")
    least_fen: Mapped[int] = mapped_column(Fen, default=1)
    most_fen: Mapped[int] = mapped_column(Fen, default=100_000_000)
    fee_by: Mapped[str] = mapped_column(sa.String(20), default="", comment="hospital, patient or empty: no fee")
    position: Mapped[int] = mapped_column(sa.Integer, default=100)
    is_active: Mapped[bool] = mapped_column(sa.Boolean, default=True)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_by: Mapped[str] = mapped_column(sa.String(60))

    @property
    def offered_periods(self) -> tuple[int, ...]:
        return tuple(int(text) for text in self.periods.split())

    @property
    def offer(self) -> Offer:
        return Offer(self.least_fen, self.most_fen, self.offered_periods if self.kind.is_loan else None)
