"""Paid orders and what becomes of their items, for the tests of redemption and refunds."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import sqlalchemy as sa

from tests.factories.mall import make_goods, make_order
from wxapp.core.db import db
from wxapp.mall import queries
from wxapp.mall.models import Goods, ItemStatus, Order, OrderItem
from wxapp.mall.services import redemption, refunds
from wxapp.payments import queries as payment_queries
from wxapp.payments import services as payments
from wxapp.payments.models import Method

STAFF, OTHER, PATIENT = "staff:901", "staff:902", "wechat:1"
_buyers = itertools.count(1)


def make_package(**over: object) -> Goods:
    return make_goods(items=("血常规", "彩超", "心电图"), price_fen=10_000, stock=20, **over)


def make_paid(goods: Goods, quantity: int = 1, *, patient_id: int = 0) -> Order:
    order_no = make_order(goods, quantity=quantity, patient_id=patient_id, wechat_user_id=next(_buyers))
    order = queries.get_order(order_no)
    payments.collect(order.payment_no, [(Method.CASH, order.total_fen)], by="staff:999")
    return fresh(order_no)


def fresh(order_no: str) -> Order:
    db.session.expire_all()
    return queries.get_order(order_no)


def items_of(order: Order) -> list[OrderItem]:
    statement = sa.select(OrderItem).where(OrderItem.order_id == order.id)
    db.session.expire_all()
    return list(db.session.scalars(statement.order_by(OrderItem.order_line_id, OrderItem.piece, OrderItem.position)))


def states_of(order: Order) -> dict[str, str]:
    """Return the state of each item by piece and name, e.g. ``{"1 血常规": "used"}``."""
    return {f"{item.piece} {item.name}": item.status.value for item in items_of(order)}


def wish(order: Order, counts: Mapping[str, int] | None = None) -> dict[tuple[int, int], int]:
    """Return items by their names, all that are open if none are named."""
    groups = [group for line in queries.line_items(order) for group in line.groups]
    if counts is None:
        return {(group.line_id, group.position): group.open for group in groups}
    return {(group.line_id, group.position): counts[group.name] for group in groups if group.name in counts}


def use(order: Order, *names: str, by: str = STAFF) -> redemption.Redeemed:
    return redemption.redeem(order.no, wished=wish(order, dict.fromkeys(names, 1) if names else None), by=by)


def ask_back(order: Order, counts: Mapping[str, int] | None = None, *, by: str = PATIENT) -> str:
    return refunds.request_refund(order.no, wished=wish(order, counts), reason="时间有变", by=by)


def give_back(refund_no: str) -> None:
    """Another person approves, and the cashier hands the notes over."""
    payments.approve_refund(refund_no, by=OTHER)
    for part in payment_queries.parts_of([payment_queries.get_refund(refund_no).id]):
        payments.finish_by_hand(part.id, by=STAFF, way=Method.CASH)


def count_of(order: Order, status: ItemStatus) -> int:
    return sum(item.status is status for item in items_of(order))
