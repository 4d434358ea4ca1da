"""Giving money and pieces back. Money is the payments' affair; here is what of the order it stands for."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from wxapp.core import actors
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import Invalid
from wxapp.core.events import publish
from wxapp.mall import queries, rules
from wxapp.mall.errors import NotRefundable
from wxapp.mall.events import OrderRefunded
from wxapp.mall.models import Goods, Order, OrderLine, OrderStatus, RefundLine
from wxapp.mall.services.ordering import SUBJECT
from wxapp.mall.states import ORDER
from wxapp.payments import services as payments


def request_refund(order_no: str, *, pieces: Mapping[int, int], reason: str, by: str) -> str:
    """Ask for a refund of pieces of a paid order and return the refund's number; another person decides.

    :param pieces: quantity by order line; lines with 0 are left out
    :raises NotRefundable: the order is not paid, or a refund is under way
    :raises Invalid: more pieces than are left, or none
    """
    with transaction():
        order = queries.get_order(order_no)
        if order.status is not OrderStatus.PAID:
            raise NotRefundable
        chosen = _choose(order, pieces)
        amount_fen = sum(rules.refund_of_pieces(line.unit_price_fen, quantity) for line, quantity in chosen)
        ORDER.move(order, OrderStatus.REFUNDING, by=by, why=reason)
        refund_no = payments.request_refund(
            subject_kind=SUBJECT, subject_no=order.no, amount_fen=amount_fen, reason=reason, by=by
        )
        for line, quantity in chosen:
            _set_aside(line, quantity)
            db.session.add(
                RefundLine(
                    refund_no=refund_no,
                    order_id=order.id,
                    order_line_id=line.id,
                    quantity=quantity,
                    amount_fen=rules.refund_of_pieces(line.unit_price_fen, quantity),
                )
            )
        return refund_no


def _choose(order: Order, pieces: Mapping[int, int]) -> list[tuple[OrderLine, int]]:
    if foreign := set(pieces) - {line.id for line in order.lines}:
        raise Invalid({f"line_{line_id}": "该商品不属于此订单" for line_id in foreign})
    chosen: list[tuple[OrderLine, int]] = []
    for line in order.lines:
        quantity = pieces.get(line.id, 0)
        if not 0 <= quantity <= line.quantity - line.refunded_quantity:
            raise Invalid({f"line_{line.id}": f"“{line.goods_name}”最多可退{line.quantity - line.refunded_quantity}件"})
        if quantity:
            chosen.append((line, quantity))
    if not chosen:
        raise Invalid(message="请选择要退款的商品")
    return chosen


def _set_aside(line: OrderLine, quantity: int) -> None:
    """Count the pieces as given back; the condition stops two refunds from giving the same piece back."""
    left = OrderLine.refunded_quantity + quantity <= OrderLine.quantity
    statement = sa.update(OrderLine).where(OrderLine.id == line.id, left)
    if change(statement.values(refunded_quantity=OrderLine.refunded_quantity + quantity)) != 1:
        raise NotRefundable


def settle_refund(order_no: str, *, refund_no: str, amount_fen: int) -> None:
    """Follow a refund that was paid back: stock and sales are put right, once; the order is refunded or goes on."""
    with transaction():
        order = queries.get_order(order_no)
        if not (settled := _settle_lines(refund_no)):
            return
        change(sa.update(Order).where(Order.id == order.id).values(refunded_fen=Order.refunded_fen + amount_fen))
        total = order.refunded_fen + amount_fen
        if order.status is OrderStatus.REFUNDING:
            after = OrderStatus.REFUNDED if total >= order.total_fen else OrderStatus.PAID
            ORDER.move(order, after, by=actors.system("payments"), why=f"退款 {refund_no}")
        for line in sorted(settled, key=lambda line: line.order_line_id):
            _put_back(line)
        publish(OrderRefunded(order_no, refund_no, amount_fen, total))


def _settle_lines(refund_no: str) -> list[RefundLine]:
    """Mark the refund's lines as settled; an empty answer says that they were already, or are not ours."""
    lines = list(db.session.scalars(sa.select(RefundLine).where(RefundLine.refund_no == refund_no)))
    open_lines = sa.update(RefundLine).where(RefundLine.refund_no == refund_no, RefundLine.is_settled.is_(False))
    return lines if change(open_lines.values(is_settled=True)) else []


def _put_back(refunded: RefundLine) -> None:
    line = db.session.get_one(OrderLine, refunded.order_line_id)
    change(
        sa.update(Goods)
        .where(Goods.id == line.goods_id)
        .values(stock=Goods.stock + refunded.quantity, sales=Goods.sales - refunded.quantity)
    )


def forget_refund(order_no: str, *, refund_no: str, why: str) -> None:
    """Follow a refund that was refused or can't be paid: the pieces may be asked for again."""
    with transaction():
        order = queries.get_order(order_no)
        for refunded in _settle_lines(refund_no):
            change(
                sa.update(OrderLine)
                .where(OrderLine.id == refunded.order_line_id)
                .values(refunded_quantity=OrderLine.refunded_quantity - refunded.quantity)
            )
        if order.status is OrderStatus.REFUNDING:
            ORDER.move(order, OrderStatus.PAID, by=actors.system("payments"), why=why)
