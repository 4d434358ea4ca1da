"""What may become of a payment order, an attempt, a refund and its parts, a payout."""

from __future__ import annotations

from wxapp.core.states import Machine
from wxapp.payments.models import AttemptStatus as A
from wxapp.payments.models import DifferenceStatus as D
from wxapp.payments.models import PartStatus as P
from wxapp.payments.models import PaymentStatus as S
from wxapp.payments.models import PayoutStatus as O
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
PAYOUT: Machine[O] = Machine(
    {
        # What WeChat tells of a number is true, also of one that we took for not sent.
        O.QUEUED: {O.SENDING, O.WITHDRAWN, O.SUCCEEDED, O.FAILED},
        O.SENDING: {O.QUEUED, O.AWAITING_USER, O.PROCESSING, O.CANCELLING, O.SUCCEEDED, O.FAILED},
        O.AWAITING_USER: {O.PROCESSING, O.CANCELLING, O.SUCCEEDED, O.FAILED},
        O.PROCESSING: {O.AWAITING_USER, O.CANCELLING, O.SUCCEEDED, O.FAILED},
        O.CANCELLING: {O.SUCCEEDED, O.FAILED},
    }
)
DIFFERENCE: Machine[D] = Machine({D.OPEN: {D.RESOLVED}})

LIVE = (A.CREATED, A.PREPARED)
"""An attempt that may still end in money."""

ON_ITS_WAY = (O.SENDING, O.AWAITING_USER, O.PROCESSING, O.CANCELLING)
"""A payout that WeChat has or may have: it alone can end it."""
