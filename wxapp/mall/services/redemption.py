"""Using up what was bought (核销): staff tick items of an order at the hospital, and undo a slip the same day."""

from __future__ import annotations

from dataclasses import dataclass

from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.core.errors import NotFound
from wxapp.core.events import publish
from wxapp.mall import queries
from wxapp.mall.errors import NotRedeemable, NotUndoable, RedeemedMeanwhile
from wxapp.mall.events import OrderRedeemed, RedemptionUndone
from wxapp.mall.models import ItemStatus, OrderItem, OrderStatus
from wxapp.mall.services import items
from wxapp.mall.services.items import Wished
from wxapp.mall.states import ITEM, USABLE

S = OrderStatus
WHY_NOT = {
    S.AWAITING_PAYMENT: "该订单还未付款，请患者先付款",
    S.AWAITING_HOSPITAL: "该订单还未付款，请患者先到收费处付款",
    S.CLOSED: "该订单未付款，已关闭",
    S.REFUNDING: "该订单正在退款，没有可核销的项目",
    S.REFUNDED: "该订单已全部退款",
    S.DONE: "该订单的项目已全部使用",
}
"""Why nothing of an order can be redeemed."""


@dataclass(frozen=True)
class Redeemed:
    """What one press has redeemed, and how many items are left."""

    names: tuple[str, ...]
    left: int


def redeem(order_no: str, *, wished: Wished, by: str, seen: int | None = None) -> Redeemed:
    """Redeem so many of each item of an order; all of them or none.

    :param seen: how many items were open on the page that was pressed: another number now means an old page
    :raises NotFound: there is no such order
    :raises NotRedeemable: nothing of it can be redeemed; the sentence says why
    :raises Invalid: more is wished than is open, or nothing
    :raises RedeemedMeanwhile: somebody else, or a refund, was faster
    """
    with transaction():
        order = items.hold_order(order_no)
        opened = queries.open_items(order.id) if order.status in USABLE else []
        if not opened:
            raise NotRedeemable(WHY_NOT.get(order.status))
        if seen is not None and seen != len(opened):
            raise RedeemedMeanwhile
        chosen = items.choose(opened, wished)
        now = clock.now()
        for item in chosen:
            if not ITEM.try_move(
                OrderItem, item.id, old=ItemStatus.OPEN, new=ItemStatus.USED, by=by, used_at=now, used_by=by
            ):
                raise RedeemedMeanwhile
        names = tuple(item.name for item in chosen)
        counts = items.follow_items(order, by=by, why=f"核销 {'、'.join(names)}"[:200])
        left = counts.get(ItemStatus.OPEN, 0)
        publish(OrderRedeemed(order.no, len(chosen), left, by))
        return Redeemed(names, left)


def undo(order_no: str, item_id: int, *, reason: str, by: str) -> str:
    """Take a redemption of today back, and return the item's name.

    :raises NotFound: the order has no such item
    :raises NotUndoable: it was used on another day, or is not used
    """
    with transaction():
        order = items.hold_order(order_no)
        item = db.session.get(OrderItem, item_id, populate_existing=True)
        if item is None or item.order_id != order.id:
            raise NotFound
        if item.used_at is None or item.used_at < clock.day_bounds(clock.today())[0]:
            raise NotUndoable
        if not ITEM.try_move(
            OrderItem, item.id, old=ItemStatus.USED, new=ItemStatus.OPEN, by=by, why=reason, used_at=None, used_by=""
        ):
            raise NotUndoable
        counts = items.follow_items(order, by=by, why=f"撤销核销 {item.name}：{reason}"[:200])
        publish(RedemptionUndone(order.no, counts.get(ItemStatus.OPEN, 0), by))
        return item.name
