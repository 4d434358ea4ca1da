"""How far orders have come, for those who follow them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from wxapp.core.db import db
from wxapp.mall.models import ItemStatus, Order, OrderItem, OrderStatus


@dataclass(frozen=True)
class Standing:
    """What is true of an order now, whatever was told of it in which order.

    :ivar is_refunding: a refund is under way; its money is not in ``refunded_fen`` yet
    :ivar done_at: since when nothing is left to be used and something was; None while that is not so
    :ivar refunded_fen: what went back so far, by order line
    """

    is_paid: bool
    is_closed: bool
    is_refunding: bool
    done_at: datetime | None
    refunded_fen: Mapping[int, int] = field(default_factory=dict)


def standings(order_nos: Sequence[str]) -> dict[str, Standing]:
    """Return how far each of these orders has come, with two queries at most; unknown numbers are left out."""
    columns = (Order.id, Order.no, Order.status, Order.paid_at, Order.done_at, Order.refunded_fen)
    rows = db.session.execute(sa.select(*columns).where(Order.no.in_(order_nos))).all()
    back = _refunded_by_line([row.id for row in rows if row.refunded_fen])
    return {
        row.no: Standing(
            is_paid=row.paid_at is not None,
            is_closed=row.status is OrderStatus.CLOSED,
            is_refunding=row.status is OrderStatus.REFUNDING,
            done_at=row.done_at,
            refunded_fen=back.get(row.id, {}),
        )
        for row in rows
    }


def _refunded_by_line(order_ids: Sequence[int]) -> dict[int, dict[int, int]]:
    if not order_ids:
        return {}
    # The lines of refunds are settled, too, when a refund comes to nothing; items say what went back.
    rows = db.session.execute(
        sa.select(OrderItem.order_id, OrderItem.order_line_id, sa.func.sum(OrderItem.share_fen))
        .where(OrderItem.order_id.in_(order_ids), OrderItem.status == ItemStatus.REFUNDED)
        .group_by(OrderItem.order_id, OrderItem.order_line_id)
    )
    found: dict[int, dict[int, int]] = {}
    for order_id, line_id, fen in rows:
        found.setdefault(order_id, {})[line_id] = int(fen)
    return found
