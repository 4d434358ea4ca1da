"""What may become of an order."""

from __future__ import annotations

from wxapp.core.states import Machine
from wxapp.mall.models import OrderStatus as S

ORDER: Machine[S] = Machine(
    {
        S.AWAITING_PAYMENT: {S.AWAITING_HOSPITAL, S.PAID, S.CLOSED},
        S.AWAITING_HOSPITAL: {S.PAID, S.CLOSED},
        S.PAID: {S.REFUNDING},
        S.REFUNDING: {S.PAID, S.REFUNDED},
        S.CLOSED: {S.PAID},  # money that came too late and found the stock still there
    }
)
"""PAID after REFUNDING: only a part was given back, or the refund was refused."""

UNPAID = (S.AWAITING_PAYMENT, S.AWAITING_HOSPITAL)
