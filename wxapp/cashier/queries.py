"""Reads of what was paid for visits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wxapp.cashier.services.bills import Row
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.loans.models import Instalment, Loan
from wxapp.loans.queries import instalments_of
from wxapp.till.models import Entry, Receipt
from wxapp.visits.models import PlannedPayment, Stage, Visit

WAITING = (Stage.APPROVED,)
AGAIN = (Stage.COLLECT_AGAIN,)
DONE = (Stage.COLLECTED, Stage.IN_PROCEDURE, Stage.LEFT)


@dataclass(frozen=True)
class Payment:
    """A payment of a visit with its receipt, and with its loan if it is one."""

    entry: Entry
    receipt: Receipt
    loan: Loan | None
    dues: Sequence[Instalment] = ()

    @property
    def is_voided(self) -> bool:
        return self.entry.voided_at is not None


def payments_of(visit_id: int) -> list[Payment]:
    """Return every payment of a visit in the order of taking, those that were voided among them."""
    rows = db.session.execute(
        sa.select(Entry, Receipt, Loan)
        .join(Receipt, Receipt.id == Entry.receipt_id)
        .outerjoin(Loan, Loan.entry_id == Entry.id)
        .where(Entry.subject == f"visit:{visit_id}")
        .order_by(Entry.id)
    ).all()
    dues = instalments_of(row.Loan.id for row in rows if row.Loan is not None)
    return [
        Payment(row.Entry, row.Receipt, row.Loan, dues[row.Loan.id] if row.Loan is not None else ()) for row in rows
    ]


def rows_of_payments(payments: Sequence[Payment]) -> list[Row]:
    """Return the payments that count as a form shows them."""
    return [
        Row(
            one.entry.method_name,
            one.entry.amount_fen,
            one.entry.remark,
            one.loan.periods if one.loan else None,
            one.loan.repayment_day if one.loan else None,
        )
        for one in payments
        if not one.is_voided
    ]


def rows_of_plan(planned: Sequence[PlannedPayment], owed_fen: int) -> list[Row]:
    """Return how the patient means to pay as a form shows it; nothing when that is not what is owed any more."""
    if sum(one.amount_fen for one in planned) != owed_fen:
        return []
    return [Row(one.method_name, one.amount_fen, one.remark, one.periods, one.repayment_day) for one in planned]


def count_in(stages: Sequence[Stage]) -> sa.ScalarSelect[Any]:
    """Select how many visits are at these stages."""
    return sa.select(sa.func.count()).select_from(Visit).where(Visit.stage.in_(stages)).scalar_subquery()


def is_of_today() -> sa.ColumnElement[bool]:
    return Visit.day == clock.today()
