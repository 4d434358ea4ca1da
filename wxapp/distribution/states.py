"""What may become of distributors, terms, commissions and withdrawals."""

from __future__ import annotations

from wxapp.core.states import Machine
from wxapp.distribution.models import CommissionStatus as C
from wxapp.distribution.models import DistributorStatus as D
from wxapp.distribution.models import TermsStatus as T
from wxapp.distribution.models import WithdrawalStatus as W

DISTRIBUTOR: Machine[D] = Machine(
    {
        D.APPLIED: {D.ACTIVE, D.REFUSED},
        D.REFUSED: {D.APPLIED},
        D.ACTIVE: {D.FROZEN, D.CLOSED},
        D.FROZEN: {D.ACTIVE, D.CLOSED},
        D.CLOSED: {D.APPLIED},
    }
)
TERMS: Machine[T] = Machine({T.PROPOSED: {T.IN_FORCE, T.REFUSED}, T.IN_FORCE: {T.ENDED}})
COMMISSION: Machine[C] = Machine(
    {
        C.PLACED: {C.PENDING, C.VOID},
        C.VOID: {C.PENDING},  # late money for an order that was closed
        C.PENDING: {C.AVAILABLE, C.REVERSED},
        C.AVAILABLE: {C.REVERSED},
    }
)
WITHDRAWAL: Machine[W] = Machine(
    {
        W.REQUESTED: {W.APPROVED, W.REJECTED, W.WITHDRAWN},
        W.APPROVED: {W.CONFIRMING, W.PAID, W.FAILED},
        W.CONFIRMING: {W.PAID, W.FAILED},
    }
)

OPEN_WITHDRAWALS = (W.REQUESTED, W.APPROVED, W.CONFIRMING)
"""Their money is out of the balance and not at its goal."""
