"""Reads of loans."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from wxapp.core.db import db
from wxapp.loans.models import Instalment, Loan, LoanStatus


def loans_of(visit_id: int, *, include_voided: bool = False) -> Sequence[Loan]:
    """Return the loans of a visit, oldest first; voided ones only if asked for."""
    wanted = sa.select(Loan).where(Loan.visit_id == visit_id).order_by(Loan.id)
    return db.session.scalars(wanted if include_voided else wanted.where(Loan.status != LoanStatus.VOIDED)).all()


def instalments_of(loan_ids: Iterable[int]) -> dict[int, list[Instalment]]:
    """Return the schedules of loans, with one question."""
    found: dict[int, list[Instalment]] = {loan_id: [] for loan_id in loan_ids}
    if found:
        wanted = sa.select(Instalment).where(Instalment.loan_id.in_(found)).order_by(Instalment.period)
        for one in db.session.scalars(wanted):
            found[one.loan_id].append(one)
    return found
