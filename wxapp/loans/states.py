"""What may become of a loan."""

from __future__ import annotations

from wxapp.core.states import Machine
from wxapp.loans.models import LoanStatus as S

LOAN: Machine[S] = Machine({S.OPEN: {S.SETTLED, S.VOIDED}, S.SETTLED: {S.OPEN}})
"""Settled becomes open again when a repayment turns out to be a mistake."""
