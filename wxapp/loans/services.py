"""Opening and voiding loans, inside the transaction of the cashier who takes or changes their payments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import change, db, in_transaction, insert_rows
from wxapp.core.errors import IllegalTransition
from wxapp.loans import queries
from wxapp.loans.errors import LoanRepaid
from wxapp.loans.models import Instalment, Loan, LoanStatus
from wxapp.loans.rules import schedule
from wxapp.loans.states import LOAN
from wxapp.till.models import Entry


def open_loan(
    entry: Entry,
    *,
    visit_id: int,
    patient_id: int,
    periods: int,
    repayment_day: int,
    begins_on: date,
    by: str,
) -> Loan:
    """Open the loan of a payment with its schedule: the entry's method lends the entry's amount.

    :raises ValueError: a period would be nothing, or no month has that day; the caller has checked its form
    """
    if not in_transaction():
        raise RuntimeError("a loan is opened together with its payment")
    loan = Loan(
        visit_id=visit_id,
        patient_id=patient_id,
        entry_id=entry.id,
        bank_id=entry.method_id,
        bank_name=entry.method_name,
        amount_fen=entry.amount_fen,
        periods=periods,
        repayment_day=repayment_day,
        begins_on=begins_on,
        created_at=clock.now(),
        created_by=by,
    )
    dues = schedule(entry.amount_fen, periods, repayment_day, begins_on)
    db.session.add(loan)
    db.session.flush()
    insert_rows(
        Instalment,
        [
            {"loan_id": loan.id, "period": due.period, "amount_fen": due.amount_fen, "due_on": due.due_on}
            for due in dues
        ],
    )
    return loan


def void_loans(visit_id: int, *, by: str, why: str = "", keep: Sequence[int] = ()) -> list[Loan]:
    """Void the loans of a visit but those to keep; return what was voided. Inside the caller's transaction.

    The statement that locks their rows asks that nothing has been repaid, so a repayment in this moment and the voiding
    never both happen.

    :raises LoanRepaid: something has been repaid of one of them
    """
    loans = [loan for loan in queries.loans_of(visit_id) if loan.id not in keep]
    if not loans:
        return []
    ids = [loan.id for loan in loans]
    unpaid = sa.update(Loan).where(Loan.id.in_(ids), Loan.repaid_fen == 0, Loan.status == LoanStatus.OPEN)
    if change(unpaid.values(repaid_fen=0)) != len(ids):
        raise LoanRepaid
    try:
        LOAN.move_all(
            Loan, ids, old=LoanStatus.OPEN, new=LoanStatus.VOIDED, by=by, why=why, voided_at=clock.now()
        )  # fmt: skip
    except IllegalTransition:
        raise LoanRepaid from None
    return loans
