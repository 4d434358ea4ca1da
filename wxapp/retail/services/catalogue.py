"""Goods and their categories, as staff keep them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.admin.versions import save_version
from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.core.errors import Invalid
from wxapp.retail import queries
from wxapp.retail.models import GoodsCategory, RetailGoods, StockChange, StockReason


@dataclass(frozen=True)
class GoodsDraft:
    """Goods as staff typed them."""

    name: str
    category_id: int
    unit: str
    price_fen: int
    is_active: bool


def save_category(
    *, category_id: int | None, name: str, position: int, is_active: bool, version: int = 0
) -> GoodsCategory:
    """Add or change a category.

    :raises Invalid: the name is taken or holds a comma
    :raises Stale: somebody else changed it since the page was shown
    """
    _check_comma(name)
    values = {"name": name, "position": position, "is_active": is_active}
    with transaction():
        if _is_taken(GoodsCategory, name, category_id):
            raise Invalid({"name": "已有同名分类"})
        if category_id is None:
            category = GoodsCategory(**values)
            with _unique("已有同名分类"):
                db.session.add(category)
            return category
        with _unique("已有同名分类"):
            save_version(GoodsCategory, category_id, seen=version, **values)
        return queries.get_category(category_id)


def add_goods(draft: GoodsDraft, *, stock: int, by: str) -> RetailGoods:
    """Add goods with their first stock.

    :raises Invalid: beside the field that is wrong
    """
    with transaction():
        _check(draft, None)
        goods = RetailGoods(stock=stock, changed_at=clock.now(), changed_by=by, **_values(draft))
        with _unique("已有同名商品"):
            db.session.add(goods)
        if stock:
            db.session.add(
                StockChange(
                    goods_id=goods.id, change=stock, left=stock, reason=StockReason.RECEIVED, note="期初库存", by=by,
                    at=clock.now(),
                )
            )  # fmt: skip
    return goods


def change_goods(goods_id: int, draft: GoodsDraft, *, version: int, by: str) -> None:
    """Replace what staff typed; the stock has use cases of its own. Sales keep name and price as they were.

    :raises Invalid: beside the field that is wrong
    :raises Stale: somebody else changed the goods since the page was shown
    """
    with transaction():
        _check(draft, goods_id)
        with _unique("已有同名商品"):
            save_version(
                RetailGoods, goods_id, seen=version, changed_at=clock.now(), changed_by=by, **_values(draft)
            )  # fmt: skip


def _values(draft: GoodsDraft) -> dict[str, object]:
    return {
        "name": draft.name,
        "category_id": draft.category_id,
        "unit": draft.unit,
        "price_fen": draft.price_fen,
        "is_active": draft.is_active,
    }


def _check(draft: GoodsDraft, goods_id: int | None) -> None:
    _check_comma(draft.name)
    if db.session.get(GoodsCategory, draft.category_id) is None:
        raise Invalid({"category_id": "请选择分类"})
    if _is_taken(RetailGoods, draft.name, goods_id):
        raise Invalid({"name": "已有同名商品"})


def _check_comma(name: str) -> None:
    if "," in name:  # programs send names as comma lists
        raise Invalid({"name": "名称不能含有英文逗号，请使用中文逗号"})


def _is_taken(model: type[GoodsCategory | RetailGoods], name: str, own_id: int | None) -> bool:
    wanted = sa.select(model.id).where(model.name == name, model.id != (own_id or 0))
    return db.session.scalars(wanted).first() is not None


@contextmanager
def _unique(sentence: str) -> Iterator[None]:
    """Turn the refusal of a name's unique key into a sentence: somebody else took the name in this moment."""
    try:
        with db.session.begin_nested():
            yield
    except IntegrityError:
        raise Invalid({"name": sentence}) from None
