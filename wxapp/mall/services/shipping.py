"""Telling WeChat that a mini-program's order is delivered: until then it keeps the money (pitfalls 1.11).

An examination is not sent anywhere, so what is reported is that the patient fetches it, or a virtual good. WeChat may
not know a payment yet that was just made; therefore the first report waits a little, and an unknown payment is a
reason to try again.
"""

from __future__ import annotations

import logging

import sqlalchemy as sa

from wxapp.core import actors, clock
from wxapp.core.db import change, db, insert_row, transaction
from wxapp.core.errors import NotFound
from wxapp.mall import queries, rules, settings
from wxapp.mall.models import Order, OrderStatus, Shipping, ShippingStatus
from wxapp.mall.states import SHIPPING
from wxapp.payments import queries as payments
from wxapp.payments.models import Attempt, Method
from wxapp.wechat import connected
from wxapp.wechat.errors import Advice, AlreadyShipped, WechatError
from wxapp.wechat.interfaces import MiniProgramApi
from wxapp.wechat.values import Delivery, Logistics

log = logging.getLogger(__name__)

JOB = actors.system("report_shippings")


def note_delivery(order: Order) -> None:
    """Note, in the transaction in which the order is paid, that WeChat has to hear of its delivery."""
    now = clock.now()
    insert_row(
        Shipping,
        order_id=order.id,
        status=ShippingStatus.WAITING,
        tries=0,
        next_try_at=rules.next_report(0, now=now),
        created_at=now,
    )


def report_due(*, limit: int = 50) -> int:
    """Report what is due; return how many were tried. Without a mini-program all of them wait."""
    client = connected.mini_program()
    if client is None:
        return 0
    due = sa.select(Shipping.id, Shipping.next_try_at).where(
        Shipping.status == ShippingStatus.WAITING, Shipping.next_try_at <= clock.now()
    )
    rows = db.session.execute(due.order_by(Shipping.next_try_at).limit(limit)).all()
    for shipping_id, seen in rows:
        try:
            _report(client, shipping_id, seen)
        except Exception:
            log.exception("mall: shipping %s was not reported", shipping_id)
    return len(rows)


def _report(client: MiniProgramApi, shipping_id: int, seen: object) -> None:
    """Claim one report, call, and record what came of it; the time of the next try is the claim."""
    shipping = db.session.get_one(Shipping, shipping_id)
    tries = shipping.tries + 1
    with transaction():
        claim = sa.update(Shipping).where(
            Shipping.id == shipping_id, Shipping.status == ShippingStatus.WAITING, Shipping.next_try_at == seen
        )
        if not change(claim.values(tries=tries, next_try_at=rules.next_report(tries, now=clock.now()))):
            return
    order = db.session.get_one(Order, shipping.order_id, populate_existing=True)
    if order.status is OrderStatus.REFUNDED:
        _end(shipping_id, ShippingStatus.NEEDLESS, "已全额退款")
        return
    attempt = _wechat_payment(order)
    if attempt is None or not attempt.transaction_id:
        _end(shipping_id, ShippingStatus.STUCK, "找不到这笔订单的微信付款")
        return
    delivery = Delivery(
        transaction_id=attempt.transaction_id,
        openid=attempt.openid,
        description=_description(order),
        logistics=Logistics(int(settings.SHIPPING_KIND())),
        at=clock.now(),
    )
    try:
        client.upload_shipping(delivery)
    except AlreadyShipped:
        _end(shipping_id, ShippingStatus.REPORTED, "微信已有发货记录")
    except WechatError as error:
        _note_failure(shipping_id, error, tries)
    else:
        _end(shipping_id, ShippingStatus.REPORTED, "")


def _wechat_payment(order: Order) -> Attempt | None:
    payment = payments.get_payment(order.payment_no)
    return next((one for one in payments.paid_attempts(payment.id) if one.channel is Method.WECHAT), None)


def _description(order: Order) -> str:
    lines = queries.get_order(order.no).lines
    return "；".join(f"{line.goods_name}×{line.quantity}" for line in lines)[: rules.MOST_DESCRIBED]


def _note_failure(shipping_id: int, error: WechatError, tries: int) -> None:
    told = f"{error.errcode or ''} {error.errmsg}".strip()[:200]
    is_hopeless = error.advice not in (Advice.RETRY, Advice.WAIT, Advice.STOP)
    if is_hopeless or tries >= rules.MOST_REPORTS:
        _end(shipping_id, ShippingStatus.STUCK, told)
        return
    with transaction():
        change(sa.update(Shipping).where(Shipping.id == shipping_id).values(last_error=told))


def _end(shipping_id: int, status: ShippingStatus, told: str) -> None:
    now = clock.now()
    with transaction():
        SHIPPING.try_move(
            Shipping,
            shipping_id,
            old=ShippingStatus.WAITING,
            new=status,
            by=JOB,
            why=told,
            last_error=told,
            next_try_at=None,
            reported_at=now if status is ShippingStatus.REPORTED else None,
        )


def report_again(order_no: str, *, by: str) -> None:
    """Let the job report an order again as soon as it can, after people have looked.

    :raises NotFound: the order need not be reported
    :raises IllegalTransition: it was reported, or need not be
    """
    with transaction():
        order = queries.get_order(order_no)
        shipping = queries.find_shipping(order.id)
        if shipping is None:
            raise NotFound
        now = clock.now()
        if shipping.status is ShippingStatus.WAITING:
            change(sa.update(Shipping).where(Shipping.id == shipping.id).values(next_try_at=now))
            return
        SHIPPING.move(shipping, ShippingStatus.WAITING, by=by, why="重新上报", tries=0, next_try_at=now)
