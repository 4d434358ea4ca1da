"""What was withheld from withdrawals for the tax office, and what of it was paid there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from wxapp.admin.models import AuditRow
from wxapp.core.db import db
from wxapp.distribution import kinds
from wxapp.distribution.models import Withdrawal, WithdrawalStatus
from wxapp.wallet import services as wallet
from wxapp.wallet.models import Transfer

ACCOUNT = "clearing.commission_tax"
"""Where withheld tax lies until it is paid."""

RECORDED = "withdrawal.tax_paid"
"""The row of the audit log that every recorded payment has: who it was."""


@dataclass(frozen=True)
class TaxPayment:
    """Tax that was paid to the tax office, as somebody has recorded it."""

    no: str
    amount_fen: int
    note: str
    by: str
    at: datetime


def open_fen() -> int:
    """Return what is withheld and not paid yet."""
    return wallet.balance_of(wallet.house_account(ACCOUNT))


def withheld_fen() -> int:
    """Return what was withheld from all withdrawals that are paid."""
    return _sum(sa.select(sa.func.sum(Withdrawal.tax_fen)).where(Withdrawal.status == WithdrawalStatus.PAID))


def paid_fen() -> int:
    """Return what was recorded as paid to the tax office."""
    return _sum(sa.select(sa.func.sum(Transfer.amount_fen)).where(Transfer.kind == kinds.WITHDRAWAL_TAX_PAID))


def _sum(statement: sa.Select[Any]) -> int:
    return int(db.session.scalar(statement) or 0)


def payments_for_staff() -> sa.Select[Any]:
    return sa.select(Transfer).where(Transfer.kind == kinds.WITHDRAWAL_TAX_PAID)


def tax_payments(rows: Sequence[Transfer]) -> list[TaxPayment]:
    """Add to transfers who has recorded them, with one question."""
    recorded = sa.select(AuditRow.subject, AuditRow.actor).where(
        AuditRow.action == RECORDED, AuditRow.subject.in_([subject_of(row.source) for row in rows])
    )
    actors = dict(db.session.execute(recorded).all()) if rows else {}
    return [
        TaxPayment(row.source, row.amount_fen, row.memo, actors.get(subject_of(row.source), ""), row.at) for row in rows
    ]


def subject_of(no: str) -> str:
    """Return what the audit log calls a recorded payment."""
    return f"tax_payment:{no}"
