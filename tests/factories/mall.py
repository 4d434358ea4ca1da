"""Goods and orders, valid by default."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

from tests.factories.patients import make_patient
from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.mall import queries
from wxapp.mall.models import Category, Goods, GoodsItem, GoodsKind
from wxapp.mall.rules import Wanted
from wxapp.mall.services import cart, ordering, redemption
from wxapp.payments import services as payments
from wxapp.payments.models import Method

_numbers = itertools.count(1)


def make_category(**over: Any) -> Category:
    category = Category(**{"name": f"分类{next(_numbers)}", "position": 0, "is_shown": True, **over})
    with transaction():
        db.session.add(category)
    return category


def make_goods(*, items: tuple[str, ...] = (), **over: Any) -> Goods:
    number = next(_numbers)
    values: dict[str, Any] = {
        "kind": GoodsKind.PACKAGE if items else GoodsKind.SINGLE,
        "name": f"体检项目{number}",
        "summary": "一句话介绍",
        "price_fen": 10_000,
        "original_price_fen": over.get("price_fen", 10_000),
        "stock": 10,
        "is_on_sale": True,
        "created_at": clock.now(),
        **over,
    }
    if "category_id" not in values:
        values["category_id"] = make_category().id
    goods = Goods(**values, items=[GoodsItem(name=name, position=n) for n, name in enumerate(items, start=1)])
    with transaction():
        db.session.add(goods)
    return goods


CONTACT = ordering.Contact("林小满", "13800000001", "990101199005211280")


def make_order(goods: Goods, *, quantity: int = 1, wechat_user_id: int = 1, patient_id: int = 0, key: str = "") -> str:
    """Place an order, for a new patient unless one is given, and return its number."""
    patient_id = patient_id or make_patient().id
    return ordering.place_order(
        wechat_user_id=wechat_user_id,
        patient_id=patient_id,
        wanted=[Wanted(goods.id, quantity, goods.price_fen)],
        contact=CONTACT,
        once_key=key or f"once-{next(_numbers)}",
    )


def make_paid_order(goods: Goods, **over: Any) -> str:
    """Place an order that is paid at the counter, and return its number."""
    order_no = make_order(goods, **over)
    order = queries.get_order(order_no)
    payments.collect(order.payment_no, [(Method.CASH, order.total_fen)], by="staff:999")
    db.session.expire_all()
    return order_no


def make_done_order(goods: Goods, **over: Any) -> str:
    """Place an order of which everything was used at the hospital, and return its number."""
    order_no = make_paid_order(goods, **over)
    opened = queries.open_items(queries.get_order(order_no).id)
    redemption.redeem(order_no, wished=Counter((item.line_id, item.position) for item in opened), by="staff:998")
    db.session.expire_all()
    return order_no


def fill_cart(wechat_user_id: int, *goods: Goods, quantity: int = 1) -> None:
    """Put some of each goods in a user's cart."""
    for one in goods:
        cart.add_to_cart(wechat_user_id, goods_id=one.id, quantity=quantity, once_key=f"cart-{next(_numbers):08d}")
