"""The invariants between orders and their money, each with a name. Nothing is repaired here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.money import yuan
from wxapp.mall.models import ItemStatus, Order, OrderItem, OrderStatus
from wxapp.mall.states import UNPAID, USABLE
from wxapp.payments.models import PaymentOrder, PaymentStatus, Refund
from wxapp.wallet.services import Check

_SHOWN = 20
_TOLD_WITHIN = timedelta(minutes=10)
"""An order hears of its money in a moment; what is younger than this may still be on its way."""


def invariants() -> list[Check]:
    """Recompute what orders and payments have to agree on."""
    checks = (
        ("mall.paid", "已收款的订单都已生效，生效的订单都已收款", _wrongly_paid),
        ("mall.refunded", "订单的已退金额与退款记录一致", _wrongly_refunded),
        ("mall.items", "已付款订单的项目金额之和等于订单金额，已退项目之和等于已退金额", _wrongly_split),
        ("mall.item_status", "订单状态与其项目的使用和退款情况一致", _wrongly_followed),
        ("mall.item_refunds", "每笔退款的项目金额之和等于退款金额", _wrongly_given_back),
    )
    return [Check(name, label, tuple(find())) for name, label, find in checks]


def _wrongly_paid() -> Iterable[str]:
    settled = clock.now() - _TOLD_WITHIN
    unheard = sa.and_(
        PaymentOrder.status == PaymentStatus.PAID,
        PaymentOrder.paid_at < settled,
        Order.status.in_((*UNPAID, OrderStatus.CLOSED)),
    )
    for_nothing = sa.and_(PaymentOrder.status != PaymentStatus.PAID, Order.status.not_in((*UNPAID, OrderStatus.CLOSED)))
    rows = db.session.execute(
        sa.select(Order.no, Order.status, PaymentOrder.status.label("payment"))
        .join(PaymentOrder, PaymentOrder.no == Order.payment_no)
        .where(sa.or_(unheard, for_nothing))
        .limit(_SHOWN)
    )
    return [f"订单 {row.no}：{row.status.label}，付款单 {row.payment.value}" for row in rows]


def _wrongly_refunded() -> Iterable[str]:
    # While a refund is under way the payment counts it already and the order not yet.
    rows = db.session.execute(
        sa.select(Order.no, Order.refunded_fen, PaymentOrder.refunded_fen.label("paid_back"))
        .join(PaymentOrder, PaymentOrder.no == Order.payment_no)
        .where(
            sa.or_(
                Order.refunded_fen > PaymentOrder.refunded_fen,
                sa.and_(Order.refunded_fen != PaymentOrder.refunded_fen, Order.status != OrderStatus.REFUNDING),
            )
        )
        .limit(_SHOWN)
    )
    return [f"订单 {row.no}：订单记 {yuan(row.refunded_fen)}，付款单记 {yuan(row.paid_back)}" for row in rows]


def _wrongly_split() -> Iterable[str]:
    items = (
        sa.select(
            OrderItem.order_id,
            sa.func.sum(OrderItem.share_fen).label("fen"),
            sa.func.sum(sa.case((OrderItem.status == ItemStatus.REFUNDED, OrderItem.share_fen), else_=0)).label("back"),
        )
        .group_by(OrderItem.order_id)
        .subquery()
    )
    worth, back = sa.func.coalesce(items.c.fen, 0), sa.func.coalesce(items.c.back, 0)
    rows = db.session.execute(
        sa.select(Order.no, Order.total_fen, Order.refunded_fen, worth.label("worth"), back.label("back"))
        .outerjoin(items, items.c.order_id == Order.id)
        .where(Order.paid_at.is_not(None), sa.or_(worth != Order.total_fen, back != Order.refunded_fen))
        .limit(_SHOWN)
    )
    return [
        f"订单 {row.no}：金额 {yuan(row.total_fen)}，项目 {yuan(int(row.worth))}；"
        f"已退 {yuan(row.refunded_fen)}，已退项目 {yuan(int(row.back))}"
        for row in rows
    ]


def _wrongly_followed() -> Iterable[str]:
    def some(status: ItemStatus) -> sa.ColumnElement[bool]:
        return sa.func.sum(sa.case((OrderItem.status == status, 1), else_=0)) > 0

    # The same picture as states.status_by_items, which moves orders one by one.
    expected = sa.case(
        (some(ItemStatus.REFUNDING), OrderStatus.REFUNDING),
        (sa.and_(some(ItemStatus.OPEN), some(ItemStatus.USED)), OrderStatus.IN_USE),
        (some(ItemStatus.OPEN), OrderStatus.PAID),
        (some(ItemStatus.USED), OrderStatus.DONE),
        else_=OrderStatus.REFUNDED,
    )
    rows = db.session.execute(
        sa.select(Order.no, Order.status, expected.label("expected"))
        .join(OrderItem, OrderItem.order_id == Order.id)
        .where(Order.status.in_((*USABLE, OrderStatus.DONE, OrderStatus.REFUNDED)))
        .group_by(Order.id, Order.no, Order.status)
        .having(expected != Order.status)
        .limit(_SHOWN)
    )
    return [f"订单 {row.no}：{row.status.label}，项目显示 {OrderStatus(row.expected).label}" for row in rows]


def _wrongly_given_back() -> Iterable[str]:
    items = (
        sa.select(OrderItem.refund_no, sa.func.sum(OrderItem.share_fen).label("fen"))
        .where(OrderItem.refund_no != "")
        .group_by(OrderItem.refund_no)
        .subquery()
    )
    rows = db.session.execute(
        sa.select(Refund.no, Refund.amount_fen, items.c.fen)
        .join(items, items.c.refund_no == Refund.no)
        .where(items.c.fen != Refund.amount_fen)
        .limit(_SHOWN)
    )
    return [f"退款 {row.no}：{yuan(row.amount_fen)}，项目 {yuan(int(row.fen))}" for row in rows]
