"""Reads of categories and goods."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.mall import rules
from wxapp.mall.models import Category, Goods, GoodsItem, GoodsKind, GoodsPicture, Nature

PAGE_SIZE = 20


@dataclass(frozen=True)
class GoodsCard:
    """What a list shows of some goods."""

    id: int
    name: str
    summary: str
    kind: GoodsKind
    price_fen: int
    original_price_fen: int
    stock: int
    sales: int
    picture_token: str


def shown_categories() -> list[Category]:
    statement = sa.select(Category).where(Category.is_shown).order_by(Category.position, Category.id)
    return list(db.session.scalars(statement))


SORTS: dict[str, tuple[sa.ColumnElement[object], ...]] = {
    "default": (Goods.position.asc(), Goods.id.asc()),  # type: ignore[dict-item]
    "sales": (Goods.sales.desc(), Goods.id.asc()),  # type: ignore[dict-item]
    "price_up": (Goods.price_fen.asc(), Goods.id.asc()),  # type: ignore[dict-item]
    "price_down": (Goods.price_fen.desc(), Goods.id.asc()),  # type: ignore[dict-item]
}
"""The orders a visitor may choose; a name that is not here is not an order."""


def goods_on_sale(
    *,
    category_id: int | None = None,
    text: str = "",
    sort: str = "default",
    page: int = 1,
    size: int = PAGE_SIZE,
    among: Collection[int] | None = None,
) -> tuple[list[GoodsCard], bool]:
    """Return one page of the goods on sale, and whether there are more.

    Every word of ``text`` has to stand somewhere in name, summary, keywords or the names of the items.

    :param among: keys of the goods to choose from; None for all
    """
    cover = (
        sa.select(GoodsPicture.token)
        .where(GoodsPicture.goods_id == Goods.id)
        .order_by(GoodsPicture.position)
        .limit(1)
        .scalar_subquery()
    )
    statement = sa.select(
        Goods.id,
        Goods.name,
        Goods.summary,
        Goods.kind,
        Goods.price_fen,
        Goods.original_price_fen,
        Goods.stock,
        Goods.sales,
        sa.func.coalesce(cover, ""),
    ).where(Goods.is_on_sale)
    if category_id is not None:
        statement = statement.where(Goods.category_id == category_id)
    if among is not None:
        statement = statement.where(Goods.id.in_(among))
    for word in rules.search_words(text):
        statement = statement.where(_mentions(word))
    statement = statement.order_by(*SORTS.get(sort, SORTS["default"])).limit(size + 1).offset((page - 1) * size)
    cards = [GoodsCard(*row) for row in db.session.execute(statement)]
    return cards[:size], len(cards) > size


def _mentions(word: str) -> sa.ColumnElement[bool]:
    pattern = rules.like_pattern(word)
    in_items = (
        sa.select(GoodsItem.id)
        .where(GoodsItem.goods_id == Goods.id, GoodsItem.name.ilike(pattern, escape="!"))
        .exists()
    )
    return sa.or_(
        Goods.name.ilike(pattern, escape="!"),
        Goods.summary.ilike(pattern, escape="!"),
        Goods.keywords.ilike(pattern, escape="!"),
        in_items,
    )


MOST_SUGGESTIONS = 8


def suggestions(text: str, *, popular: Sequence[str] = ()) -> list[str]:
    """Return what a text may become: popular searches, words by which goods are searched, and names of goods.

    One query, whatever the text; without a text only what is popular.
    """
    word = text.strip()
    if not word:
        return list(popular)[:MOST_SUGGESTIONS]
    pattern = rules.like_pattern(word)
    statement = (
        sa.select(Goods.name, Goods.keywords)
        .where(
            Goods.is_on_sale,
            sa.or_(Goods.name.ilike(pattern, escape="!"), Goods.keywords.ilike(pattern, escape="!")),
        )
        .order_by(Goods.sales.desc(), Goods.id)
        .limit(20)
    )
    rows = db.session.execute(statement).all()
    keywords = [one for row in rows for one in rules.search_words(row.keywords)]
    found = [one for one in [*popular, *keywords, *(row.name for row in rows)] if word.casefold() in one.casefold()]
    return list(dict.fromkeys(found))[:MOST_SUGGESTIONS]


def get_goods(goods_id: int) -> Goods:
    """Return goods with items and pictures, whether they are on sale or not.

    :raises NotFound: there are none with this key
    """
    goods = db.session.scalars(
        sa.select(Goods)
        .where(Goods.id == goods_id)
        .options(selectinload(Goods.items), selectinload(Goods.pictures), selectinload(Goods.category))
    ).one_or_none()
    if goods is None:
        raise NotFound
    return goods


def all_categories() -> list[Category]:
    return list(db.session.scalars(sa.select(Category).order_by(Category.position, Category.id)))


def categories_for_staff() -> sa.Select[Any]:
    return sa.select(Category)


def get_category(category_id: int) -> Category:
    """:raises NotFound: there is none with this key"""
    category = db.session.get(Category, category_id)
    if category is None:
        raise NotFound
    return category


def strictest_nature() -> sa.ColumnElement[Nature]:
    """Return what goods are before the law, by themselves or by their category, in a statement about both."""
    return sa.case((Goods.nature != Nature.ORDINARY, Goods.nature), else_=Category.nature)


def goods_for_staff(*, text: str = "", category: str = "", on_sale: str = "") -> sa.Select[Any]:
    statement: Any = sa.select(
        Goods.id,
        Goods.name,
        Category.name.label("category"),
        Goods.kind,
        strictest_nature().label("nature"),
        Goods.price_fen,
        Goods.stock,
        Goods.sales,
        Goods.is_on_sale,
        Goods.position,
    ).join(Category, Category.id == Goods.category_id)
    for word in rules.search_words(text):
        statement = statement.where(_mentions(word))
    if category:
        statement = statement.where(Goods.category_id == int(category))
    if on_sale:
        statement = statement.where(Goods.is_on_sale.is_(on_sale == "1"))
    found: sa.Select[Any] = statement
    return found
