"""Retail's doors: goods and their stock."""

from __future__ import annotations

import sqlalchemy as sa

from tests.factories.retail import stock_of
from tests.retail.counter import Counter, audited, counter, goods, patient, sit
from wxapp.core.db import db
from wxapp.retail.models import GoodsCategory, RetailGoods

__all__ = ["counter", "goods", "patient", "sit"]


# --- goods and stock -------------------------------------------------------------------------------------------------


def test_goods_are_added_changed_and_stocked(counter: Counter) -> None:
    counter.post("goods/categories", name="护肤", position=1, is_active=1)
    category = db.session.scalars(sa.select(GoodsCategory)).one()
    fields = {"name": "面膜", "category_id": category.id, "unit": "盒", "price": "128.50", "is_active": 1}
    assert counter.post("goods/new", stock=7, form_key="press-0000000003", **fields).status_code == 303
    counter.post("goods/new", stock=7, form_key="press-0000000003", **fields)
    goods = db.session.scalars(sa.select(RetailGoods)).one()
    assert (goods.price_fen, goods.stock) == (12_850, 7)
    assert counter.post(f"goods/{goods.id}", version=1, **fields | {"price": "99"}).status_code == 303
    assert counter.post(f"goods/{goods.id}", version=1, **fields).status_code == 409
    stocked = {"reason": "received", "count": 3, "form_key": "press-0000000004"}
    for _ in range(2):
        assert counter.post(f"goods/{goods.id}/stock", **stocked).status_code == 303
    assert stock_of(goods) == 10
    page = counter.get(f"goods/{goods.id}").get_data(as_text=True)
    assert all(word in page for word in ("面膜", "入库", "期初库存", "+3"))
    assert counter.post(f"goods/{goods.id}/stock", reason="sold", count=3).status_code == 422
    changed = counter.post(f"goods/categories/{category.id}", name="护肤品", position=2, is_active=1, version=1)
    assert changed.status_code == 303
    assert counter.post("goods/categories", name="a,b", position=1).status_code == 422


def test_the_shelf_is_counted_where_something_was_typed(counter: Counter, goods: list[RetailGoods]) -> None:
    rows = {"goods": [one.id for one in goods], "seen": [10, 10], "counted": ["8", ""]}
    assert counter.post("goods/count", note="月末", form_key="press-0000000005", **rows).status_code == 303
    assert [stock_of(one) for one in goods] == [8, 10]
    assert audited("retail.count")[0].detail == "盘点1种，1种有差异"
    stale = counter.post("goods/count", **rows)
    assert stale.status_code == 409
    assert "商品甲" in stale.get_data(as_text=True)
    for over in ({"counted": ["", ""]}, {"counted": ["x", ""]}, {"counted": ["-1", ""]}, {"seen": [10]}):
        assert counter.post("goods/count", **rows | over).status_code == 422
    twice = {"goods": [goods[0].id] * 2, "seen": [8, 8], "counted": ["7", "6"]}
    assert counter.post("goods/count", **twice).status_code == 422
