"""The items of an order: written when it is paid, chosen to be used or given back, and what the order makes of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from wxapp.core import clock
from wxapp.core.db import db, insert_rows
from wxapp.core.errors import Invalid, NotFound
from wxapp.core.events import publish
from wxapp.mall import queries, rules
from wxapp.mall.events import OrderDone
from wxapp.mall.models import GoodsItem, ItemStatus, Order, OrderItem, OrderLine, OrderStatus
from wxapp.mall.queries import OpenItem
from wxapp.mall.states import ORDER, status_by_items

Wished = Mapping[tuple[int, int], int]
"""How many of an item: quantity by (line, position)."""


def contents_of(goods_ids: Sequence[int]) -> dict[int, str]:
    """Return what one piece of each of these packages consists of, as order lines keep it."""
    found: dict[int, list[tuple[str, int | None]]] = {}
    statement = sa.select(GoodsItem.goods_id, GoodsItem.name, GoodsItem.weight).where(GoodsItem.goods_id.in_(goods_ids))
    for goods_id, name, weight in db.session.execute(statement.order_by(GoodsItem.goods_id, GoodsItem.position)):
        found.setdefault(goods_id, []).append((name, weight))
    return {goods_id: json.dumps(items, ensure_ascii=False) for goods_id, items in found.items()}


def write_items(order: Order) -> None:
    """Write what an order that was just paid can be used for; their shares add up to what was paid."""
    rows = [
        {
            "order_id": order.id,
            "order_line_id": line.id,
            "piece": piece,
            "position": position,
            "name": name,
            "share_fen": share_fen,
            "status": ItemStatus.OPEN,
        }
        for line in order.lines
        for piece in range(1, line.quantity + 1)
        for position, (name, share_fen) in enumerate(_piece(line), start=1)
    ]
    insert_rows(OrderItem, rows)


def _piece(line: OrderLine) -> list[tuple[str, int]]:
    """Return name and share of each item of one piece."""
    items: list[tuple[str, int | None]] = json.loads(line.contents) if line.contents else [(line.goods_name, None)]
    shares = rules.shares_of(line.unit_price_fen, [weight for _, weight in items])
    return [(name, share) for (name, _), share in zip(items, shares, strict=True)]


def hold_order(order_no: str) -> Order:
    """Return an order, its row held: what is used and given back of it comes one after the other.

    :raises NotFound: there is none with this number
    """
    order = db.session.scalars(
        sa.select(Order)
        .where(Order.no == order_no)
        .options(selectinload(Order.lines))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if order is None:
        raise NotFound
    return order


def choose(opened: Sequence[OpenItem], wished: Wished, *, from_behind: bool = False) -> list[OpenItem]:
    """Return so many of each item as are wished: from the first piece on, or from the last.

    Using begins in front and giving back behind, so that pieces that go back are whole again.

    :raises Invalid: more than are open, beside the item's field; or nothing at all
    """
    chosen: list[OpenItem] = []
    errors: dict[str, str] = {}
    for (line_id, position), count in wished.items():
        there = [item for item in opened if (item.line_id, item.position) == (line_id, position)]
        if not 0 <= count <= len(there):
            errors[f"item_{line_id}_{position}"] = (
                f"最多可选{len(there)}份" if there else "该项目已使用、已退款或不存在"
            )
            continue
        chosen += (there[::-1] if from_behind else there)[:count]
    if errors:
        raise Invalid(errors)
    if not chosen:
        raise Invalid(message="请选择项目")
    return sorted(chosen, key=lambda item: item.id)


def follow_items(order: Order, *, by: str, why: str) -> dict[ItemStatus, int]:
    """Move an order, whose row is held, to where its items put it; return how many items are in each status."""
    counts = queries.item_counts(order.id)
    after = status_by_items(counts)
    if after is order.status:
        return counts
    is_done = after is OrderStatus.DONE
    ORDER.move(order, after, by=by, why=why, done_at=clock.now() if is_done else None)
    if is_done:
        publish(OrderDone(order.no, order.patient_id, order.total_fen - order.refunded_fen))
    return counts
