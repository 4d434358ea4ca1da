"""Check-ups on their way: in use, used up, asked back, refused, given back in part and whole."""

from __future__ import annotations

import sqlalchemy as sa

from wxapp.core import actors
from wxapp.core.db import db
from wxapp.mall import queries
from wxapp.mall.models import Order, OrderStatus
from wxapp.mall.services import redemption, refunds
from wxapp.mall.services.items import Wished
from wxapp.payments import queries as payment_queries
from wxapp.payments import services as payments
from wxapp.payments.models import Method
from wxapp.staff.models import Member

LIVES = ("in_use", "applied", "used_up", "refused", "part_back", "all_back", "nearly_done")
"""What becomes of the paid orders, in turn; the rest wait to be used."""


def fill(by: str, second: str) -> None:
    """Let staff redeem and decide about orders that are paid; every list gets something of each kind."""
    nurse = actors.staff(db.session.scalars(sa.select(Member.id).order_by(Member.id.desc()).limit(1)).one())
    paid = sa.select(Order.no).where(Order.status == OrderStatus.PAID).order_by(Order.id)
    for order_no, life in zip(list(db.session.scalars(paid)), LIVES, strict=False):
        order = queries.get_order(order_no)
        applicant = actors.wechat(order.wechat_user_id)
        if life == "in_use":
            _use(order, 1, nurse)
        elif life == "nearly_done":
            _use(order, max(1, len(queries.open_items(order.id)) - 1), nurse)
        elif life == "used_up":
            _use(order, len(queries.open_items(order.id)), nurse)
        elif life == "applied":
            refunds.request_refund(order_no, wished=_some(order, 1), reason="该项目已在单位体检时做过", by=applicant)
        elif life == "refused":
            refund_no = refunds.request_refund(order_no, wished=_some(order, 1), reason="不想做了", by=applicant)
            payments.reject_refund(refund_no, by=second, reason="该项目标本已送检，不能退款")
        else:
            count = 1 if life == "part_back" else len(queries.open_items(order.id))
            refund_no = refunds.request_refund(
                order_no, wished=_some(order, count), reason="时间安排有变", by=applicant
            )
            _pay_back(refund_no, by, second)


def _some(order: Order, count: int) -> Wished:
    """Return so many of the order's items."""
    wished: dict[tuple[int, int], int] = {}
    for item in queries.open_items(order.id)[:count]:
        key = (item.line_id, item.position)
        wished[key] = wished.get(key, 0) + 1
    return wished


def _use(order: Order, count: int, nurse: str) -> None:
    redemption.redeem(order.no, wished=_some(order, count), by=nurse)


def _pay_back(refund_no: str, by: str, second: str) -> None:
    payments.approve_refund(refund_no, by=second, note="同意")
    for part in payment_queries.parts_of([payment_queries.get_refund(refund_no).id]):
        if part.channel in (Method.CASH, Method.CARD):
            payments.finish_by_hand(part.id, by=by, way=part.channel)
