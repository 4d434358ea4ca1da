"""Placing an order, choosing to pay at the hospital, and what happens when money comes or does not come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core import actors, clock, ids
from wxapp.core.db import change, db, insert_row, take, transaction
from wxapp.core.errors import Invalid
from wxapp.core.events import publish
from wxapp.core.idempotency import find_answer, fingerprint, once
from wxapp.mall import queries, rules, settings
from wxapp.mall.errors import (
    GoodsUnavailable,
    LineRefused,
    OrderNumbersUsedUp,
    OutOfStock,
    PriceChanged,
    TooManyUnpaid,
)
from wxapp.mall.events import OrderClosed, OrderPaid, OrderPlaced
from wxapp.mall.models import Goods, GoodsKind, GoodsPicture, Order, OrderLine, OrderSource, OrderStatus
from wxapp.mall.rules import Wanted
from wxapp.mall.services import cart, items, shipping
from wxapp.mall.services.telling import tell_placed
from wxapp.mall.states import ORDER, UNPAID
from wxapp.patients.services import wechat_users as users
from wxapp.payments import services as payments
from wxapp.payments.models import Method
from wxapp.payments.services.opening import Asked

SUBJECT = "mall_order"
"""What payments call our orders."""

_SCOPE = "mall.place_order"
_CODE_TRIES = 3


@dataclass(frozen=True)
class Contact:
    """Who comes to the hospital, as filled in on the check page."""

    name: str
    phone: str
    id_number: str
    wished_on: date | None = None
    remark: str = ""


def place_order(
    *,
    wechat_user_id: int,
    patient_id: int,
    wanted: Sequence[Wanted],
    contact: Contact,
    once_key: str,
    source: OrderSource = OrderSource.OFFICIAL_ACCOUNT,
    is_from_cart: bool = False,
) -> str:
    """Place an order and return its number; stock is taken at once, for the time it may stay unpaid.

    The same key gives the same order, however often and from however many tabs it comes. What comes from the
    buyer's cart leaves it in the same transaction. Goods that can't be had as wanted are all told at once.

    :raises GoodsUnavailable: something is not on sale any more
    :raises PriceChanged: something costs other than the buyer was shown
    :raises OutOfStock: less is left than wanted; nothing at all is taken then
    :raises TooManyUnpaid: this WeChat user holds too much stock without paying
    :raises CartChanged: what is said to come from the cart is not there like this (any more)
    """
    scope = f"{actors.wechat(wechat_user_id)}/{_SCOPE}"
    asked = {"patient": patient_id, "wanted": [asdict(line) for line in wanted], "contact": asdict(contact)}
    if is_from_cart:
        asked["cart"] = True
    # Looked up before a number is drawn: a second press must not use one up.
    if (order_no := find_answer(scope, once_key, fingerprint(asked))) is not None:
        return order_no
    sold = _check_goods(wanted, wechat_user_id)
    no = _new_order_no()
    placed = _Placed(no, wechat_user_id, patient_id, clock.now(), source, is_from_cart)
    for attempt in range(1, _CODE_TRIES + 1):
        try:
            return once(scope, once_key, asked, lambda: _write_order(placed, wanted, sold, contact), was_looked_up=True)
        except IntegrityError:  # a redemption code is twelve random digits: once in a blue moon there are two alike
            if attempt == _CODE_TRIES:
                raise
    raise AssertionError("unreachable")


@dataclass(frozen=True)
class _Placed:
    no: str
    wechat_user_id: int
    patient_id: int
    at: datetime
    source: OrderSource
    is_from_cart: bool


@dataclass(frozen=True)
class _Sold:
    name: str
    kind: str
    picture_token: str
    contents: str | None


def _check_goods(wanted: Sequence[Wanted], wechat_user_id: int) -> dict[int, _Sold]:
    if not wanted or any(not 1 <= line.quantity <= rules.MAX_QUANTITY for line in wanted):
        raise Invalid({"quantity": f"数量应在1至{rules.MAX_QUANTITY}之间"})
    if len({line.goods_id for line in wanted}) != len(wanted):
        raise Invalid({"goods_id": "同一商品重复"})
    cover = (
        sa.select(GoodsPicture.token)
        .where(GoodsPicture.goods_id == Goods.id)
        .order_by(GoodsPicture.position)
        .limit(1)
        .scalar_subquery()
    )
    found = {
        row.id: row
        for row in db.session.execute(
            sa.select(
                Goods.id,
                Goods.name,
                Goods.kind,
                Goods.price_fen,
                Goods.stock,
                Goods.is_on_sale,
                cover.label("cover"),
                queries.unpaid_of(wechat_user_id).scalar_subquery().label("unpaid"),
            ).where(Goods.id.in_([line.goods_id for line in wanted]))
        )
    }
    # Before a number is drawn; the guard is in _hold_buyer.
    if any(row.unpaid >= settings.MAX_UNPAID() for row in found.values()):
        raise TooManyUnpaid
    refusals = [refusal for line in wanted if (refusal := _refusal_of(line, found.get(line.goods_id))) is not None]
    if refusals:
        for refusal in refusals[1:]:
            refusals[0].errors |= refusal.errors
        raise refusals[0]
    packages = [key for key, row in found.items() if row.kind is GoodsKind.PACKAGE]
    contents = items.contents_of(packages) if packages else {}
    return {key: _Sold(row.name, row.kind, row.cover or "", contents.get(key)) for key, row in found.items()}


def _refusal_of(line: Wanted, row: sa.Row[Any] | None) -> LineRefused | None:
    if row is None or not row.is_on_sale:
        return GoodsUnavailable(f"“{row.name}”已下架" if row else None, goods_id=line.goods_id)
    if row.price_fen != line.price_fen:
        return PriceChanged(f"“{row.name}”价格已变动，请确认后重新提交", goods_id=line.goods_id)
    if row.stock < line.quantity:  # a courtesy; the guard is in _take_stock
        return OutOfStock(f"“{row.name}”库存不足", goods_id=line.goods_id)
    return None


def _new_order_no() -> str:
    day = clock.today()
    sequence = ids.next_in_day("mall_order", day, first=rules.FIRST_ORDER_NUMBER)
    if sequence > rules.LAST_ORDER_NUMBER:
        raise OrderNumbersUsedUp
    return rules.order_number(day, sequence)


def _hold_buyer(wechat_user_id: int) -> None:
    """Let this user's orders pass one at a time: each counts those before it.

    :raises TooManyUnpaid: orders of other tabs were faster
    """
    users.hold(wechat_user_id)
    if queries.unpaid_count(wechat_user_id) >= settings.MAX_UNPAID():
        raise TooManyUnpaid


def _write_order(placed: _Placed, wanted: Sequence[Wanted], sold: dict[int, _Sold], contact: Contact) -> str:
    _hold_buyer(placed.wechat_user_id)
    if placed.is_from_cart:
        cart.hand_over(placed.wechat_user_id, wanted)
    total_fen = rules.total_of(wanted)
    expires_at = rules.closes_at(placed.at, minutes=settings.UNPAID_MINUTES())
    payment = payments.open_payment(
        Asked(
            subject_kind=SUBJECT,
            subject_no=placed.no,
            amount_fen=total_fen,
            description=_description(sold, wanted),
            expires_at=expires_at,
            patient_id=placed.patient_id,
            wechat_user_id=placed.wechat_user_id,
        )
    )
    order_id = _insert_order(placed, contact, total_fen=total_fen, expires_at=expires_at, payment_no=payment.no)
    for position, line in enumerate(wanted, start=1):
        insert_row(
            OrderLine,
            order_id=order_id,
            position=position,
            goods_id=line.goods_id,
            goods_name=sold[line.goods_id].name,
            goods_kind=sold[line.goods_id].kind,
            picture_token=sold[line.goods_id].picture_token,
            unit_price_fen=line.price_fen,
            quantity=line.quantity,
            amount_fen=line.price_fen * line.quantity,
            contents=sold[line.goods_id].contents,
        )
    publish(OrderPlaced(placed.no, placed.wechat_user_id, placed.patient_id, total_fen))
    # Last, because these rows are the ones that everybody waits for; in the order of their keys, against deadlocks.
    _take_stock(wanted, sold)
    return placed.no


def _insert_order(placed: _Placed, contact: Contact, *, total_fen: int, expires_at: datetime, payment_no: str) -> int:
    return insert_row(
        Order,
        no=placed.no,
        wechat_user_id=placed.wechat_user_id,
        patient_id=placed.patient_id,
        status=OrderStatus.AWAITING_PAYMENT,
        total_fen=total_fen,
        refunded_fen=0,
        contact_name=contact.name,
        contact_phone=contact.phone,
        contact_id_number=contact.id_number,
        contact_name_index=queries.name_index(contact.name),
        contact_phone_index=queries.phone_index(contact.phone),
        wished_on=contact.wished_on,
        remark=contact.remark,
        redemption_code=ids.digits(12),
        payment_no=payment_no,
        placed_at=placed.at,
        expires_at=expires_at,
        is_reminded=False,
        source=placed.source,
    )


def _take_stock(wanted: Sequence[Wanted], sold: dict[int, _Sold]) -> None:
    for line in sorted(wanted, key=lambda line: line.goods_id):
        if not take(Goods.stock, line.quantity, Goods.id == line.goods_id, Goods.is_on_sale.is_(True)):
            raise OutOfStock(f"“{sold[line.goods_id].name}”库存不足", goods_id=line.goods_id)


def _description(sold: dict[int, _Sold], wanted: Sequence[Wanted]) -> str:
    first = sold[wanted[0].goods_id].name
    return first if len(wanted) == 1 else f"{first}等{len(wanted)}件"


# --- what becomes of it ----------------------------------------------------------------------------------------------


def wait_at_hospital(order_no: str, by: str) -> datetime:
    """Note that the patient will pay at the hospital (到院支付), and return until when the order waits for that.

    Runs inside the transaction in which payments note the choice; choosing again changes nothing.

    :raises IllegalTransition: the order is not awaiting payment any more
    """
    with transaction():
        order = queries.get_order(order_no)
        if order.status is OrderStatus.AWAITING_HOSPITAL:
            return order.expires_at
        expires_at = clock.now() + timedelta(days=settings.HOSPITAL_DAYS())
        ORDER.move(order, OrderStatus.AWAITING_HOSPITAL, by=by, why="到院支付", expires_at=expires_at)
        tell_placed(order, state="到院支付", hint=settings.BRING_ALONG())
        return expires_at


def cancel_order(order: Order, *, by: str, reason: str) -> None:
    """Close an unpaid order; its stock comes back.

    The payment decides: it asks the channel first, and if money has arrived the order is paid instead.

    :raises AlreadyPaid: the money was faster
    """
    payments.close_payment(SUBJECT, order.no, by=by, reason=reason)


def close_for_unpaid(order_no: str, *, reason: str) -> None:
    """Follow a payment that was closed: the order ends, each piece of stock comes back once."""
    with transaction():
        order = queries.get_order(order_no)
        if order.status not in UNPAID:
            return
        ORDER.move(
            order,
            OrderStatus.CLOSED,
            by=actors.system("payments"),
            why=reason,
            closed_at=clock.now(),
            close_reason=reason[:100],
        )
        _return_stock(order.lines)
        publish(OrderClosed(order_no))


def _return_stock(lines: Sequence[OrderLine]) -> None:
    for line in sorted(lines, key=lambda line: line.goods_id):
        change(sa.update(Goods).where(Goods.id == line.goods_id).values(stock=Goods.stock + line.quantity))


def mark_paid(order_no: str, *, payment_no: str, amount_fen: int, method: str, landed_late: bool) -> None:
    """Follow money that has arrived.

    Late money reopens a closed order if all of its stock can be taken again; else it goes back the way it came.
    Hearing it twice changes nothing.
    """
    with transaction():
        order = queries.get_order(order_no)
        if order.status is OrderStatus.CLOSED:
            if not _can_take_again(order.lines):
                payments.refund_late(payment_no, reason="订单已关闭且库存不足")
                return
            payments.take_late(payment_no)
        elif order.status not in UNPAID:
            if landed_late:  # paid a second time
                payments.refund_late(payment_no, reason="重复付款")
            return
        elif landed_late:  # the news that the payment was closed is still on its way: the stock is still ours
            payments.take_late(payment_no)
        ORDER.move(
            order,
            OrderStatus.PAID,
            by=actors.system("payments"),
            why="迟到的付款" if landed_late else "已付款",
            paid_at=clock.now(),
            payment_method=method,
            closed_at=None,
        )
        items.write_items(order)
        if order.source is OrderSource.MINI_PROGRAM and method == Method.WECHAT:
            shipping.note_delivery(order)
        _count_sales(order.lines)
        publish(OrderPaid(order_no, amount_fen, method))
        tell_placed(order, state="已付款", hint="请按期望日期到院，出示订单二维码")


def _can_take_again(lines: Sequence[OrderLine]) -> bool:
    """Take the stock of all lines, or of none."""
    taken: list[OrderLine] = []
    for line in sorted(lines, key=lambda line: line.goods_id):
        if not take(Goods.stock, line.quantity, Goods.id == line.goods_id):
            _return_stock(taken)
            return False
        taken.append(line)
    return True


def _count_sales(lines: Sequence[OrderLine]) -> None:
    for line in sorted(lines, key=lambda line: line.goods_id):
        change(sa.update(Goods).where(Goods.id == line.goods_id).values(sales=Goods.sales + line.quantity))
