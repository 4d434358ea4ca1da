"""The invariants between orders and their money, each with a name. Nothing is repaired here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.money import yuan
from wxapp.mall.models import Order, OrderStatus
from wxapp.mall.states import UNPAID
from wxapp.payments.models import PaymentOrder, PaymentStatus
from wxapp.wallet.services import Check

_SHOWN = 20
_TOLD_WITHIN = timedelta(minutes=10)
"""An order hears of its money in a moment; what is younger than this may still be on its way."""


def invariants() -> list[Check]:
    """Recompute what orders and payments have to agree on."""
    checks = (
        ("mall.paid", "已收款的订单都已生效，生效的订单都已收款", _wrongly_paid),
        ("mall.refunded", "订单的已退金额与退款记录一致", _wrongly_refunded),
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
