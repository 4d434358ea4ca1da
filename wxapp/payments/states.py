"""What may become of a payment order, an attempt, a refund and its parts."""

from __future__ import annotations

from wxapp.core.states import Machine
from wxapp.payments.models import AttemptStatus as A
from wxapp.payments.models import DifferenceStatus as D
from wxapp.payments.models import PartStatus as P
from wxapp.payments.models import PaymentStatus as S
from wxapp.payments.models import RefundStatus as R

PAYMENT: Machine[S] = Machine(
    {
        S.OPEN: {S.PAID, S.CLOSED},
        S.CLOSED: {S.PAID},  # late money that the subject takes
    }
)
ATTEMPT: Machine[A] = Machine(
    {
        A.CREATED: {A.PREPARED, A.SUCCEEDED, A.CLOSED, A.FAILED},
        A.PREPARED: {A.SUCCEEDED, A.CLOSED},
        # Money tells the truth: what we took for closed or failed may have been paid all the same.
        A.CLOSED: {A.SUCCEEDED},
        A.FAILED: {A.SUCCEEDED},
    }
)
REFUND: Machine[R] = Machine(
    {
        R.REQUESTED: {R.APPROVED, R.REJECTED, R.WITHDRAWN},
        R.APPROVED: {R.DONE, R.STUCK},
        R.STUCK: {R.APPROVED},
    }
)
PART: Machine[P] = Machine(
    {
        P.RESERVED: {P.WAITING, P.VOID},
        P.WAITING: {P.SENT, P.SUCCEEDED},
        P.SENT: {P.SUCCEEDED, P.FAILED, P.WAITING},
        P.FAILED: {P.WAITING, P.SUCCEEDED},
    }
)
DIFFERENCE: Machine[D] = Machine({D.OPEN: {D.RESOLVED}})

LIVE = (A.CREATED, A.PREPARED)
"""An attempt that may still end in money."""
