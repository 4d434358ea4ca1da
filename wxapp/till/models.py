"""Tables of the till."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.db import APPEND_ONLY, BigId, Fen, Model, UTCDateTime, status_type
from wxapp.core.labels import Labelled
from wxapp.hospital.models import Method, MethodKind


class Act(Labelled):
    """What a receipt is for."""

    COLLECTED = "collected", "收银"
    CHANGED = "changed", "变更"
    COLLECTED_AGAIN = "collected_again", "再次收银"
    DEPOSIT = "deposit", "收定金"
    DEPOSIT_RETURNED = "deposit_returned", "退定金"
    RETAIL = "retail", "零售"
    RETAIL_CANCELLED = "retail_cancelled", "零售撤单"


class Receipt(Model):
    """One act of a cashier."""

    __tablename__ = "till_receipt"
    __table_args__ = (sa.Index(None, "subject", "id"), sa.Index(None, "day", "cashier_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    no: Mapped[str] = mapped_column(sa.String(20), unique=True, comment="SJ + yyyymmdd + number of the day")
    act: Mapped[Act] = mapped_column(status_type(Act))
    subject: Mapped[str] = mapped_column(sa.String(60), comment="visit:12, retail:5, deposit:3")
    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patients_patient.id"), index=True)
    cashier_id: Mapped[int] = mapped_column(sa.ForeignKey("staff_member.id"))
    cashier_name: Mapped[str] = mapped_column(sa.String(40), comment="as of the moment")
    net_fen: Mapped[int] = mapped_column(Fen, comment="taken less given back; negative when money went out")
    reason: Mapped[str] = mapped_column(sa.String(200), default="")
    day: Mapped[date] = mapped_column(sa.Date, comment="the hospital's")
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    prints: Mapped[int] = mapped_column(sa.Integer, default=0)


class Entry(Model):
    """A method with its amount (支付, 收款记录). A voided one has been given back or booked anew, see its receipt."""

    __tablename__ = "till_entry"
    __table_args__ = (
        sa.CheckConstraint("amount_fen > 0", name="amount"),
        sa.CheckConstraint("(voided_at IS NULL) = (voided_by_receipt_id IS NULL)", name="voided"),
        sa.Index(None, "subject", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    receipt_id: Mapped[int] = mapped_column(sa.ForeignKey(Receipt.id), index=True)
    subject: Mapped[str] = mapped_column(sa.String(60), comment="that of the receipt, for lists")
    position: Mapped[int] = mapped_column(sa.SmallInteger)
    method_id: Mapped[int] = mapped_column(sa.ForeignKey(Method.id))
    method_name: Mapped[str] = mapped_column(sa.String(30), comment="as of the moment: renaming leaves it alone")
    kind: Mapped[MethodKind] = mapped_column(status_type(MethodKind))
    amount_fen: Mapped[int] = mapped_column(Fen)
    remark: Mapped[str] = mapped_column(sa.String(200), default="")
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    voided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    voided_by_receipt_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Receipt.id), index=True)


class DepositStatus(Labelled):
    HELD = "held", "未使用"
    USED = "used", "已抵扣"
    RETURNED = "returned", "已退还"


class Deposit(Model):
    """Money taken before there is a bill. It is used up as a whole or in parts; what is left is ``left_fen``."""

    __tablename__ = "till_deposit"
    __table_args__ = (
        sa.CheckConstraint("left_fen >= 0 AND left_fen <= amount_fen", name="left"),
        sa.Index(None, "subject"),
        sa.Index(None, "patient_id", "status"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    no: Mapped[str] = mapped_column(sa.String(20), unique=True, comment="DJ + yyyymmdd + number of the day")
    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patients_patient.id"))
    subject: Mapped[str] = mapped_column(sa.String(60), comment="the visit it was taken for, visit:12")
    amount_fen: Mapped[int] = mapped_column(Fen)
    left_fen: Mapped[int] = mapped_column(Fen)
    status: Mapped[DepositStatus] = mapped_column(status_type(DepositStatus), default=DepositStatus.HELD)
    taken_at: Mapped[datetime] = mapped_column(UTCDateTime)
    taken_by: Mapped[str] = mapped_column(sa.String(60))


class DepositUse(Model):
    """What an entry of the kind deposit took of which deposit. It no longer counts once the entry is voided."""

    __tablename__ = "till_deposit_use"
    __table_args__ = (
        sa.UniqueConstraint("entry_id", "deposit_id"),
        sa.CheckConstraint("amount_fen > 0", name="amount"),
        sa.Index(None, "deposit_id"),
        {"info": {APPEND_ONLY: True}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey(Entry.id))
    deposit_id: Mapped[int] = mapped_column(sa.ForeignKey(Deposit.id))
    amount_fen: Mapped[int] = mapped_column(Fen)


class CashUpStatus(Labelled):
    COUNTED = "counted", "待核对"
    CHECKED = "checked", "已核对"


class CashUp(Model):
    """What a cashier has counted at the end of a day (日结); another person checks it."""

    __tablename__ = "till_cash_up"
    __table_args__ = (
        sa.UniqueConstraint("day", "cashier_id"),
        sa.CheckConstraint("checked_by IS NULL OR checked_by <> counted_by", name="two_people"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    day: Mapped[date] = mapped_column(sa.Date)
    cashier_id: Mapped[int] = mapped_column(sa.ForeignKey("staff_member.id"))
    status: Mapped[CashUpStatus] = mapped_column(status_type(CashUpStatus), default=CashUpStatus.COUNTED)
    lines: Mapped[str] = mapped_column(sa.Text, comment="JSON: of each kind what was expected and counted, in fen")
    expected_fen: Mapped[int] = mapped_column(Fen)
    counted_fen: Mapped[int] = mapped_column(Fen)
    note: Mapped[str] = mapped_column(sa.String(200), default="")
    counted_by: Mapped[str] = mapped_column(sa.String(60))
    counted_at: Mapped[datetime] = mapped_column(UTCDateTime)
    checked_by: Mapped[str | None] = mapped_column(sa.String(60))
    checked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)
