"""Tables of loans."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.db import APPEND_ONLY, BigId, Fen, Model, UTCDateTime, status_type
from wxapp.core.labels import Labelled


class LoanStatus(Labelled):
    OPEN = "open", "还款中"
    SETTLED = "settled", "已结清"
    VOIDED = "voided", "已作废"


class Loan(Model):
    """One loan, for one payment of a visit."""

    __tablename__ = "loans_loan"
    __table_args__ = (
        sa.CheckConstraint("amount_fen > 0 AND periods > 0", name="amounts"),
        sa.CheckConstraint("repayment_day BETWEEN 1 AND 31", name="day"),
        sa.CheckConstraint("repaid_fen >= 0 AND repaid_fen <= amount_fen", name="repaid"),
        sa.Index(None, "visit_id"),
        sa.Index(None, "patient_id"),
        sa.Index(None, "status", "id"),
        sa.Index(None, "assigned_to", "status"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    visit_id: Mapped[int] = mapped_column(sa.ForeignKey("visits_visit.id"))
    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patients_patient.id"))
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("till_entry.id"), unique=True, comment="its payment")
    bank_id: Mapped[int] = mapped_column(sa.ForeignKey("hospital_method.id"))
    bank_name: Mapped[str] = mapped_column(sa.String(30), comment="as of the moment")
    amount_fen: Mapped[int] = mapped_column(Fen)
    periods: Mapped[int] = mapped_column(sa.SmallInteger)
    repayment_day: Mapped[int] = mapped_column(sa.SmallInteger)
    begins_on: Mapped[date] = mapped_column(sa.Date, comment="the schedule begins in the month after it")
    status: Mapped[LoanStatus] = mapped_column(status_type(LoanStatus), default=LoanStatus.OPEN)
    repaid_fen: Mapped[int] = mapped_column(Fen, default=0)
    assigned_to: Mapped[int | None] = mapped_column(sa.BigInteger, comment="who of aftercare looks after it")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by: Mapped[str] = mapped_column(sa.String(60))
    voided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Instalment(Model):
    """One period of a loan's schedule, counted from 1."""

    __tablename__ = "loans_instalment"
    __table_args__ = (
        sa.UniqueConstraint("loan_id", "period"),
        sa.CheckConstraint("amount_fen > 0", name="amount"),
        sa.Index(None, "due_on"),
        {"info": {APPEND_ONLY: True}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    loan_id: Mapped[int] = mapped_column(sa.ForeignKey(Loan.id))
    period: Mapped[int] = mapped_column(sa.SmallInteger)
    amount_fen: Mapped[int] = mapped_column(Fen)
    due_on: Mapped[date] = mapped_column(sa.Date)
