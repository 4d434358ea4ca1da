"""Keeping goods."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from tests.factories.mall import make_category, make_goods
from wxapp.core.db import db
from wxapp.core.errors import Invalid, Stale
from wxapp.mall import queries
from wxapp.mall.models import Goods, GoodsKind
from wxapp.mall.services import catalogue
from wxapp.mall.services.catalogue import GoodsDraft


def draft(**over: object) -> GoodsDraft:
    plain = GoodsDraft(
        kind=GoodsKind.PACKAGE,
        category_id=0,
        name="全身体检",
        summary="",
        keywords="",
        price_fen=9_900,
        original_price_fen=19_900,
        audience="",
        notice="",
        detail_html="",
        is_on_sale=True,
        position=1,
        items=(("血常规", "贫血"),),
    )
    return replace(plain, **over)  # type: ignore[arg-type]


def test_goods_are_kept_as_typed(app: Flask) -> None:
    category = make_category()
    goods = catalogue.add_goods(draft(category_id=category.id, detail_html="<p>好</p>"), stock=5)
    found = queries.get_goods(goods.id)
    assert (found.name, found.stock, found.detail_html, [item.name for item in found.items]) == (
        "全身体检",
        5,
        "<p>好</p>",
        ["血常规"],
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"original_price_fen": 1}, "original_price"),
        ({"items": ()}, "items"),
        ({"name": "甲,乙"}, "name"),
        ({"category_id": 999}, "category_id"),
    ],
)
def test_wrong_goods_are_refused_beside_the_field(app: Flask, change: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        catalogue.add_goods(draft(**{"category_id": make_category().id, **change}), stock=0)
    assert list(refusal.value.errors) == [field]
    assert db.session.query(Goods).count() == 0


def test_of_two_people_changing_the_same_page_the_second_is_told(app: Flask) -> None:
    goods = make_goods()
    first = draft(kind=GoodsKind.SINGLE, category_id=goods.category_id, name="先改")
    catalogue.change_goods(goods.id, first, version=1)
    with pytest.raises(Stale):
        catalogue.change_goods(goods.id, replace(first, name="后改"), version=1)
    assert queries.get_goods(goods.id).name == "先改"


def test_stock_never_falls_below_none(app: Flask) -> None:
    goods = make_goods(stock=3)
    with pytest.raises(Invalid):
        catalogue.change_stock(goods.id, by_pieces=-4)
    catalogue.change_stock(goods.id, by_pieces=-3)
    assert queries.get_goods(goods.id).stock == 0


def test_words_are_found_inside_names_and_items(app: Flask) -> None:
    package = make_goods(name="深度防癌体检套餐", items=("低剂量胸部CT",))
    make_goods(name="口腔洁治")
    for text in ("防癌", "胸部", "套餐 ct"):
        cards, _more = queries.goods_on_sale(text=text)
        assert [card.id for card in cards] == [package.id], text
    assert queries.goods_on_sale(text="%")[0] == []


def test_a_list_asks_once_however_long_it_is(app: Flask, queries: list[str]) -> None:
    from wxapp.mall.queries import goods_on_sale

    for _ in range(3):
        make_goods(items=("血常规",))
    del queries[:]
    goods_on_sale()
    few = len(queries)
    for _ in range(10):
        make_goods(items=("血常规",))
    del queries[:]
    goods_on_sale()
    assert len(queries) == few == 1
