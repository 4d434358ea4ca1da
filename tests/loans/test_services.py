"""Loans are opened with their payments and voided with them."""

from __future__ import annotations

from typing import cast

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories.configuration import make_method
from tests.factories.staff import make_member
from tests.factories.till import cashier_of, take_for
from tests.factories.visits import make_visit
from wxapp.core import clock
from wxapp.core.db import change, transaction
from wxapp.hospital.models import MethodKind
from wxapp.loans import queries, services
from wxapp.loans.errors import LoanRepaid
from wxapp.loans.models import Loan, LoanStatus
from wxapp.till import queries as till
from wxapp.till.services import Paid
from wxapp.visits.models import Visit

BY = "staff:1"


def make_loan(visit: Visit, fen: int, *, periods: int = 6, day: int = 31) -> Loan:
    bank = make_method(f"银行{fen}", MethodKind.BANK)
    subject = f"visit:{visit.id}"
    take_for(subject, Paid(bank, fen), patient_id=visit.patient_id, cashier=cashier_of(make_member()))
    with transaction():
        return services.open_loan(
            till.entries_of(subject)[-1],
            visit_id=visit.id,
            patient_id=visit.patient_id,
            periods=periods,
            repayment_day=day,
            begins_on=clock.today(),
            by=BY,
        )


def test_a_loan_has_its_schedule(app: Flask) -> None:
    visit = make_visit()
    loan = make_loan(visit, 1_000, periods=3)
    dues = queries.instalments_of([loan.id])[loan.id]
    assert [(due.amount_fen, f"{due.due_on}") for due in dues] == [
        (333, "2026-04-30"), (333, "2026-05-31"), (334, "2026-06-30"),
    ]  # fmt: skip
    assert (loan.bank_name, loan.status, loan.repaid_fen) == ("银行1000", LoanStatus.OPEN, 0)


def test_voided_loans_stay_but_count_no_longer(app: Flask) -> None:
    visit = make_visit()
    kept, gone = make_loan(visit, 1_000), make_loan(visit, 2_000)
    with transaction():
        assert services.void_loans(visit.id, by=BY, keep=[kept.id]) == [gone]
    assert [loan.id for loan in queries.loans_of(visit.id)] == [kept.id]
    both = queries.loans_of(visit.id, include_voided=True)
    assert [loan.status for loan in both] == [LoanStatus.OPEN, LoanStatus.VOIDED]
    assert both[1].voided_at == clock.now()


def test_a_loan_that_is_being_repaid_is_not_voided(app: Flask) -> None:
    visit = make_visit()
    loans = [make_loan(visit, 1_000), make_loan(visit, 2_000)]
    with transaction():
        change(sa.update(Loan).where(Loan.id == loans[1].id).values(repaid_fen=1))
    with pytest.raises(LoanRepaid), transaction():
        services.void_loans(visit.id, by=BY)
    assert [cast("Loan", loan).status for loan in queries.loans_of(visit.id)] == [LoanStatus.OPEN] * 2


def test_loans_are_opened_inside_a_use_case_only(app: Flask) -> None:
    visit = make_visit()
    loan = make_loan(visit, 1_000)
    with pytest.raises(RuntimeError):
        services.open_loan(
            till.entries_of(f"visit:{visit.id}")[0],
            visit_id=visit.id,
            patient_id=visit.patient_id,
            periods=loan.periods,
            repayment_day=1,
            begins_on=clock.today(),
            by=BY,
        )
