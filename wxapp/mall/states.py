"""What may become of an order, its items, and the report of its delivery."""

from __future__ import annotations

from collections.abc import Mapping

from wxapp.core.states import Machine
from wxapp.mall.models import ItemStatus as I
from wxapp.mall.models import OrderStatus as S
from wxapp.mall.models import ShippingStatus as D

ORDER: Machine[S] = Machine(
    {
        S.AWAITING_PAYMENT: {S.AWAITING_HOSPITAL, S.PAID, S.CLOSED},
        S.AWAITING_HOSPITAL: {S.PAID, S.CLOSED},
        S.PAID: {S.IN_USE, S.DONE, S.REFUNDING},
        S.IN_USE: {S.DONE, S.REFUNDING, S.PAID},  # back to PAID when a redemption is undone
        S.DONE: {S.IN_USE, S.PAID},  # only when a redemption is undone
        S.REFUNDING: {S.PAID, S.IN_USE, S.DONE, S.REFUNDED},
        S.CLOSED: {S.PAID},  # money that came too late and found the stock still there
    }
)
"""What follows REFUNDING depends on the items, see :func:`status_by_items`."""

ITEM: Machine[I] = Machine(
    {
        I.OPEN: {I.USED, I.REFUNDING},
        I.USED: {I.OPEN},
        I.REFUNDING: {I.OPEN, I.REFUNDED},
    }
)
"""Redemptions are written down one by one; moves to and from REFUNDING are the refund's, which has its own history."""

SHIPPING: Machine[D] = Machine(
    {
        D.WAITING: {D.REPORTED, D.STUCK, D.NEEDLESS},
        D.STUCK: {D.WAITING},
    }
)

UNPAID = (S.AWAITING_PAYMENT, S.AWAITING_HOSPITAL)
USABLE = (S.PAID, S.IN_USE, S.REFUNDING)
"""An order of which something may still be open: what is being refunded, is so item by item."""


def status_by_items(counts: Mapping[I, int]) -> S:
    """Return where an order stands by what became of its items; there is at least one."""
    if counts.get(I.REFUNDING):
        return S.REFUNDING
    used = counts.get(I.USED, 0)
    if counts.get(I.OPEN):
        return S.IN_USE if used else S.PAID
    return S.DONE if used else S.REFUNDED
