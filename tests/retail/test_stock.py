"""The stock: each change has its reason, and all of them add up to it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.factories.retail import make_goods_category, make_retail_goods, sell, stock_of, wanted, ways
from wxapp.core.db import db
from wxapp.core.errors import Invalid, NotFound, Stale
from wxapp.retail import queries
from wxapp.retail.errors import StockMoved
from wxapp.retail.models import RetailGoods, StockChange, StockReason
from wxapp.retail.services import catalogue, stock
from wxapp.retail.services.catalogue import GoodsDraft
from wxapp.retail.services.stock import Counted

pytestmark = pytest.mark.usefixtures("app", "database")

BY = "system:tests"


def sum_of_changes(goods: RetailGoods) -> int:
    return db.session.scalar(sa.select(sa.func.sum(StockChange.change)).where(StockChange.goods_id == goods.id)) or 0


@pytest.mark.parametrize(
    ("reason", "count", "left"),
    [
        (StockReason.RECEIVED, 5, 15),
        (StockReason.BROKEN, 3, 7),
        (StockReason.RETURNED, 10, 0),
        (StockReason.CORRECTED, -2, 8),
        (StockReason.CORRECTED, 2, 12),
    ],
)
def test_staff_book_what_comes_and_goes(reason: StockReason, count: int, left: int) -> None:
    goods = make_retail_goods()
    assert stock.change_stock(goods.id, count, reason, note="说明", by=BY) == left
    assert (stock_of(goods), sum_of_changes(goods)) == (left, left)
    newest = queries.changes_of(goods.id)[0]
    assert (newest.reason, newest.left, newest.note, newest.by) == (reason, left, "说明", BY)


@pytest.mark.parametrize(
    ("reason", "count"),
    [
        (StockReason.RECEIVED, 0),
        (StockReason.RECEIVED, -1),
        (StockReason.BROKEN, -1),
        (StockReason.BROKEN, 11),
        (StockReason.CORRECTED, -11),
        (StockReason.RECEIVED, 1_000_000),
        (StockReason.SOLD, 1),
        (StockReason.COUNTED, 1),
    ],
)
def test_what_can_t_be_is_not_booked(reason: StockReason, count: int) -> None:
    goods = make_retail_goods()
    with pytest.raises(Invalid):
        stock.change_stock(goods.id, count, reason, note="", by=BY)
    assert (stock_of(goods), sum_of_changes(goods)) == (10, 10)


def test_a_count_sets_the_stock_and_notes_the_difference() -> None:
    first, second = make_retail_goods(), make_retail_goods()
    wrong = stock.enter_count([Counted(first.id, 10, 8), Counted(second.id, 10, 10)], note="月末", by=BY)
    assert wrong == 1
    assert (stock_of(first), sum_of_changes(first), stock_of(second)) == (8, 8, 10)
    newest = queries.changes_of(first.id)[0]
    assert (newest.change, newest.left, newest.reason) == (-2, 8, StockReason.COUNTED)
    assert len(queries.changes_of(second.id)) == 1


def test_a_count_during_which_something_was_sold_is_refused_as_a_whole() -> None:
    first, second = make_retail_goods(), make_retail_goods("面霜")
    sell(wanted(second), method=ways()["现金"])
    with pytest.raises(StockMoved, match="面霜"):
        stock.enter_count([Counted(first.id, 10, 8), Counted(second.id, 10, 10)], note="", by=BY)
    assert (stock_of(first), stock_of(second)) == (10, 9)


def draft(name: str, category_id: int, **over: object) -> GoodsDraft:
    values = {"name": name, "category_id": category_id, "unit": "盒", "price_fen": 100, "is_active": True, **over}
    return GoodsDraft(**values)  # type: ignore[arg-type]


def test_names_have_no_comma_and_are_there_once() -> None:
    category = make_goods_category("护肤")
    catalogue.add_goods(draft("面膜", category.id), stock=0, by=BY)
    for name in ("面膜", "面膜,五片"):
        with pytest.raises(Invalid):
            catalogue.add_goods(draft(name, category.id), stock=0, by=BY)
    for name in ("护肤", "护肤,其他"):
        with pytest.raises(Invalid):
            catalogue.save_category(category_id=None, name=name, position=1, is_active=True)
    with pytest.raises(Invalid):
        catalogue.add_goods(draft("面霜", 10**6), stock=0, by=BY)


def test_of_two_who_edit_the_second_is_told() -> None:
    goods = make_retail_goods("面膜")
    catalogue.change_goods(goods.id, draft("面膜一", goods.category_id), version=1, by=BY)
    with pytest.raises(Stale):
        catalogue.change_goods(goods.id, draft("面膜二", goods.category_id), version=1, by=BY)
    assert queries.get_goods(goods.id).name == "面膜一"


def test_goods_keep_their_own_name_and_unknown_ones_are_not_found() -> None:
    goods = make_retail_goods("面膜")
    catalogue.change_goods(goods.id, draft("面膜", goods.category_id, price_fen=500), version=1, by=BY)
    assert queries.get_goods(goods.id).price_fen == 500
    for work in (
        lambda: queries.get_goods(10**6),
        lambda: queries.get_category(10**6),
        lambda: stock.change_stock(10**6, 1, StockReason.RECEIVED, note="", by=BY),
    ):
        with pytest.raises(NotFound):
            work()


def test_the_shelf_has_what_is_on_sale_also_sold_out() -> None:
    category = make_goods_category()
    sold_out = make_retail_goods(category=category, stock=0)
    off = make_retail_goods(category=category)
    catalogue.change_goods(off.id, draft(off.name, category.id, is_active=False), version=1, by=BY)
    assert [goods.id for goods in queries.shelf(category_id=category.id)] == [sold_out.id]
    catalogue.save_category(category_id=category.id, name="停用", position=1, is_active=False, version=1)
    assert queries.shelf(category_id=category.id) == []
