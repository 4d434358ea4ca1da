"""Reads of what was paid for visits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wxapp.admin.identity import Staff
from wxapp.cashier.rules import Row
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.loans.models import Instalment, Loan
from wxapp.loans.queries import instalments_of
from wxapp.patients.models import Patient
from wxapp.till.models import Entry, Receipt
from wxapp.visits.models import PlannedPayment, Stage, Visit
from wxapp.visits.queries import visible_to
from wxapp.visits.rules.subjects import subject_of

WAITING = (Stage.APPROVED,)
AGAIN = (Stage.COLLECT_AGAIN,)
DONE = (Stage.COLLECTED, Stage.IN_PROCEDURE, Stage.LEFT)


def visit_with_patient(visit_id: int, *, seen_by: Staff) -> tuple[Visit, Patient]:
    """Return a visit and its patient with one question. Both belong to no session: a look that is logged before the
    page is made from them does not have them read again.

    :raises NotFound: no such visit, or not one that this person may see
    """
    both: list[Any] = [Visit, Patient]
    wanted = sa.select(*both).join(Patient, Patient.id == Visit.patient_id)
    row = db.session.execute(wanted.where(Visit.id == visit_id, visible_to(seen_by))).one_or_none()
    if row is None:
        raise NotFound("没有这张到院单，或不在您的范围内")
    for one in row:
        db.session.expunge(one)
    return row[0], row[1]


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


@dataclass(frozen=True)
class Money:
    """What was done at the counter for a visit: receipts and payments, oldest first."""

    receipts: Sequence[Receipt]
    payments: Sequence[Payment]


def money_of(visit_id: int) -> Money:
    """Return every receipt and payment of a visit, those that were voided among them, with the loans' schedules."""
    rows = db.session.execute(
        sa.select(Receipt, Entry, Loan)
        .outerjoin(Entry, Entry.receipt_id == Receipt.id)
        .outerjoin(Loan, Loan.entry_id == Entry.id)
        .where(Receipt.subject == subject_of(visit_id))
        .order_by(Receipt.id, Entry.position)
    ).all()
    dues = instalments_of(row.Loan.id for row in rows if row.Loan is not None)
    return Money(
        receipts=list({row.Receipt.id: row.Receipt for row in rows}.values()),
        payments=[
            Payment(row.Entry, row.Receipt, row.Loan, dues[row.Loan.id] if row.Loan is not None else ())
            for row in rows
            if row.Entry is not None
        ],
    )


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
