"""What may become of a recharge and of a refund of one."""

from __future__ import annotations

from wxapp.core.states import Machine
from wxapp.recharge.models import RechargeStatus as S
from wxapp.recharge.models import RefundStatus as R

RECHARGE: Machine[S] = Machine(
    {
        S.AWAITING: {S.PAID, S.CLOSED},
        S.CLOSED: {S.PAID},  # late money: nothing is scarce, so it is taken
        S.PAID: {S.REFUNDING},
        S.REFUNDING: {S.PAID, S.PART_REFUNDED, S.REFUNDED},
        S.PART_REFUNDED: {S.REFUNDING},
    }
)
REFUND: Machine[R] = Machine({R.UNDER_WAY: {R.PAID_BACK, R.REJECTED, R.WITHDRAWN}})

BOOKED = (S.PAID, S.REFUNDING, S.PART_REFUNDED, S.REFUNDED)
"""The money has been in the balance."""

REFUNDABLE = (S.PAID, S.PART_REFUNDED)
"""A refund may be asked for; one at a time."""
