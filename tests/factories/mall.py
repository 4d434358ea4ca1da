"""Goods and orders, valid by default."""

from __future__ import annotations

import itertools
from typing import Any

from tests.factories.patients import make_patient
from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.mall.models import Category, Goods, GoodsItem, GoodsKind
from wxapp.mall.rules import Wanted
from wxapp.mall.services import ordering

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
