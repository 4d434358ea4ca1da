"""Giving money and items back. Money is the payments' affair; here is what of the order it stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy as sa

from wxapp.core import actors
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import Invalid, NotFound
from wxapp.core.events import publish
from wxapp.mall import queries
from wxapp.mall.errors import NoApplication, NotRefundable
from wxapp.mall.events import OrderRefunded
from wxapp.mall.models import Goods, ItemStatus, Order, OrderItem, OrderLine, OrderStatus, RefundLine
from wxapp.mall.queries import OpenItem
from wxapp.mall.services import items
from wxapp.mall.services.items import Wished
from wxapp.mall.services.ordering import SUBJECT
from wxapp.mall.states import ORDER
from wxapp.payments import queries as payment_queries
from wxapp.payments import services as payments
from wxapp.payments.models import RefundStatus

_AT_ONCE = 500
"""Keys in one statement."""


def request_refund(
    order_no: str, *, reason: str, by: str, pieces: Mapping[int, int] | None = None, wished: Wished | None = None
) -> str:
    """Ask for a refund of what is still open of an order and return the refund's number; another person decides.

    :param pieces: whole pieces by order line; lines with 0 are left out
    :param wished: items by line and position, besides the whole pieces
    :raises NotRefundable: the order is not paid, a refund is under way, or an item was used meanwhile
    :raises Invalid: more than is open, or nothing
    """
    with transaction():
        order = items.hold_order(order_no)
        if order.status is OrderStatus.REFUNDING:
            raise NotRefundable("该订单已有退款在处理，请等处理完再申请")
        if order.status not in (OrderStatus.PAID, OrderStatus.IN_USE):
            raise NotRefundable
        chosen = _choose(order, pieces or {}, wished or {})
        amount_fen = sum(item.share_fen for item in chosen)
        ORDER.move(order, OrderStatus.REFUNDING, by=by, why=reason)
        refund_no = payments.request_refund(
            subject_kind=SUBJECT, subject_no=order.no, amount_fen=amount_fen, reason=reason, by=by
        )
        _set_aside(chosen, refund_no)
        _write_lines(order, chosen, refund_no)
        return refund_no


def _choose(order: Order, pieces: Mapping[int, int], wished: Wished) -> list[OpenItem]:
    opened = queries.open_items(order.id)
    chosen = _of_whole_pieces(order, opened, pieces)
    taken = set(chosen)
    rest = [item for item in opened if item not in taken]
    if any(wished.values()):
        chosen += items.choose(rest, wished, from_behind=True)
    if not chosen:
        raise Invalid(message="请选择要退款的商品")
    return chosen


def _of_whole_pieces(order: Order, opened: Sequence[OpenItem], pieces: Mapping[int, int]) -> list[OpenItem]:
    if foreign := set(pieces) - {line.id for line in order.lines}:
        raise Invalid({f"line_{line_id}": "该商品不属于此订单" for line_id in foreign})
    whole = queries.whole_pieces(order.id)
    taken: set[tuple[int, int]] = set()
    for line in order.lines:
        quantity, there = pieces.get(line.id, 0), whole.get(line.id, [])
        if not 0 <= quantity <= len(there):
            raise Invalid({f"line_{line.id}": f"“{line.goods_name}”最多可退{len(there)}件"})
        taken |= {(line.id, piece) for piece in there[len(there) - quantity :]}
    return [item for item in opened if (item.line_id, item.piece) in taken]


def _set_aside(chosen: Sequence[OpenItem], refund_no: str) -> None:
    """Give the items to the refund; the condition stops what is used, or given back by another one."""
    for start in range(0, len(chosen), _AT_ONCE):
        some = chosen[start : start + _AT_ONCE]
        step = sa.update(OrderItem).where(
            OrderItem.id.in_([item.id for item in some]), OrderItem.status == ItemStatus.OPEN
        )
        if change(step.values(status=ItemStatus.REFUNDING, refund_no=refund_no)) != len(some):
            raise NotRefundable("所选项目刚刚已使用，请刷新后重新选择")


def _write_lines(order: Order, chosen: Sequence[OpenItem], refund_no: str) -> None:
    gone = queries.pieces_going_back(order.id)
    for line in order.lines:
        own = [item for item in chosen if item.line_id == line.id]
        if not own:
            continue
        whole = {item.piece for item in own} & gone.get(line.id, set())
        left = OrderLine.refunded_quantity + len(whole) <= OrderLine.quantity
        step = sa.update(OrderLine).where(OrderLine.id == line.id, left)
        if change(step.values(refunded_quantity=OrderLine.refunded_quantity + len(whole))) != 1:
            raise NotRefundable
        db.session.add(
            RefundLine(
                refund_no=refund_no,
                order_id=order.id,
                order_line_id=line.id,
                quantity=len(whole),
                amount_fen=sum(item.share_fen for item in own),
            )
        )


def withdraw_refund(order: Order, refund_no: str, *, by: str) -> None:
    """Take the patient's application back while nobody has decided; its items are open again.

    :raises NotFound: the order has no such application of a patient
    :raises NoApplication: staff have decided
    """
    belongs = sa.select(RefundLine.id).where(RefundLine.refund_no == refund_no, RefundLine.order_id == order.id)
    if db.session.scalars(belongs.limit(1)).first() is None:
        raise NotFound
    refund = payment_queries.get_refund(refund_no)
    if not is_of_patient(refund.requested_by):
        raise NotFound
    if refund.status is not RefundStatus.REQUESTED:
        raise NoApplication
    payments.withdraw_refund(refund_no, by=by)


def is_of_patient(requested_by: str) -> bool:
    """Whether a refund was applied for in the official account, and not by staff."""
    return requested_by.startswith("wechat:")


def settle_refund(order_no: str, *, refund_no: str, amount_fen: int) -> None:
    """Follow a refund that was paid back: stock and sales are put right, once; the order is refunded or goes on."""
    with transaction():
        order = items.hold_order(order_no)
        if not (settled := _settle_lines(refund_no)):
            return
        change(sa.update(Order).where(Order.id == order.id).values(refunded_fen=Order.refunded_fen + amount_fen))
        db.session.refresh(order, ["refunded_fen"])
        _move_items(refund_no, ItemStatus.REFUNDED)
        items.follow_items(order, by=actors.system("payments"), why=f"退款 {refund_no}")
        for line, refunded in _in_order_of_goods(order, settled):
            change(
                sa.update(Goods)
                .where(Goods.id == line.goods_id)
                .values(stock=Goods.stock + refunded.quantity, sales=Goods.sales - refunded.quantity)
            )
        publish(OrderRefunded(order_no, refund_no, amount_fen, order.refunded_fen))


def _in_order_of_goods(order: Order, settled: Sequence[RefundLine]) -> Iterator[tuple[OrderLine, RefundLine]]:
    """Yield what goes back to stock, in the order of its keys, against deadlocks."""
    lines = {line.id: line for line in order.lines}
    whole = [(lines[refunded.order_line_id], refunded) for refunded in settled if refunded.quantity]
    yield from sorted(whole, key=lambda pair: pair[0].goods_id)


def _settle_lines(refund_no: str) -> list[RefundLine]:
    """Mark the refund's lines as settled; an empty answer says that they were already, or are not ours."""
    lines = list(db.session.scalars(sa.select(RefundLine).where(RefundLine.refund_no == refund_no)))
    open_lines = sa.update(RefundLine).where(RefundLine.refund_no == refund_no, RefundLine.is_settled.is_(False))
    return lines if change(open_lines.values(is_settled=True)) else []


def _move_items(refund_no: str, new: ItemStatus) -> None:
    step = sa.update(OrderItem).where(OrderItem.refund_no == refund_no, OrderItem.status == ItemStatus.REFUNDING)
    change(step.values(status=new) if new is ItemStatus.REFUNDED else step.values(status=new, refund_no=""))


def forget_refund(order_no: str, *, refund_no: str, why: str) -> None:
    """Follow a refund that was refused or withdrawn: its items may be used or asked for again."""
    with transaction():
        order = items.hold_order(order_no)
        if not (lines := _settle_lines(refund_no)):
            return
        for refunded in lines:
            change(
                sa.update(OrderLine)
                .where(OrderLine.id == refunded.order_line_id)
                .values(refunded_quantity=OrderLine.refunded_quantity - refunded.quantity)
            )
        _move_items(refund_no, ItemStatus.OPEN)
        items.follow_items(order, by=actors.system("payments"), why=why)
