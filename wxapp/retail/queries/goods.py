"""Goods, their categories, and why their stock changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.retail.models import GoodsCategory, RetailGoods, StockChange

MOST_ON_SHELF = 500
"""Goods that a page shows at once."""


def get_category(category_id: int) -> GoodsCategory:
    """:raises NotFound: no such category"""
    found = db.session.get(GoodsCategory, category_id)
    if found is None:
        raise NotFound("没有这个商品分类")
    return found


def get_goods(goods_id: int) -> RetailGoods:
    """:raises NotFound: no such goods"""
    found = db.session.get(RetailGoods, goods_id)
    if found is None:
        raise NotFound("没有这件商品")
    return found


def all_categories() -> Sequence[GoodsCategory]:
    return db.session.scalars(sa.select(GoodsCategory).order_by(GoodsCategory.position, GoodsCategory.id)).all()


def active_categories() -> Sequence[GoodsCategory]:
    return [category for category in all_categories() if category.is_active]


def goods_by_id(goods_ids: Iterable[int]) -> dict[int, RetailGoods]:
    ids = set(goods_ids)
    rows = db.session.scalars(sa.select(RetailGoods).where(RetailGoods.id.in_(ids))) if ids else ()
    return {goods.id: goods for goods in rows}


def goods_of_category(category_id: int) -> Sequence[RetailGoods]:
    """Return what a category has on sale, also what is sold out.

    :raises NotFound: no such category
    """
    get_category(category_id)
    wanted = sa.select(RetailGoods).where(RetailGoods.category_id == category_id, RetailGoods.is_active)
    return db.session.scalars(wanted.order_by(RetailGoods.name).limit(MOST_ON_SHELF)).all()


@dataclass(frozen=True)
class StockedGoods:
    """Goods as a page shows them to be sold or counted."""

    id: int
    category_id: int
    category: str
    name: str
    unit: str
    price_fen: int
    stock: int


def shelf(*, category_id: int | None = None) -> list[StockedGoods]:
    """Return what is on sale, by category and name; also what is sold out."""
    wanted = (
        sa.select(
            RetailGoods.id,
            RetailGoods.category_id,
            GoodsCategory.name,
            RetailGoods.name,
            RetailGoods.unit,
            RetailGoods.price_fen,
            RetailGoods.stock,
        )
        .join(GoodsCategory, GoodsCategory.id == RetailGoods.category_id)
        .where(RetailGoods.is_active, GoodsCategory.is_active)
        .order_by(GoodsCategory.position, GoodsCategory.id, RetailGoods.name)
        .limit(MOST_ON_SHELF)
    )
    if category_id is not None:
        wanted = wanted.where(RetailGoods.category_id == category_id)
    return [StockedGoods(*row) for row in db.session.execute(wanted)]


def goods_for_staff(*, q: str, category: str, active: str) -> sa.Select[Any]:
    columns: list[Any] = [
        RetailGoods.id,
        RetailGoods.name,
        GoodsCategory.name.label("category"),
        RetailGoods.unit,
        RetailGoods.price_fen,
        RetailGoods.stock,
        RetailGoods.is_active,
    ]
    wanted = sa.select(*columns).join(GoodsCategory, GoodsCategory.id == RetailGoods.category_id)
    if q:
        wanted = wanted.where(RetailGoods.name.contains(q, autoescape=True))
    if category:
        wanted = wanted.where(RetailGoods.category_id == int(category))
    if active:
        wanted = wanted.where(RetailGoods.is_active.is_(active == "1"))
    return wanted


def categories_for_staff() -> sa.Select[Any]:
    return sa.select(GoodsCategory)


def changes_of(goods_id: int, *, limit: int = 50) -> Sequence[StockChange]:
    """Return why the stock of goods changed, newest first."""
    wanted = sa.select(StockChange).where(StockChange.goods_id == goods_id)
    return db.session.scalars(wanted.order_by(StockChange.id.desc()).limit(limit)).all()


SCARCE = 5
"""Pieces below which goods should be bought again."""


def scarce_goods() -> list[sa.ScalarSelect[int]]:
    """Select how many goods on sale are nearly sold out."""
    scarce = sa.select(sa.func.count()).where(RetailGoods.is_active, RetailGoods.stock < SCARCE)
    return [scarce.scalar_subquery()]
