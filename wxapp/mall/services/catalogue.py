"""Keeping the goods: what staff enter, checked and cleaned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wxapp.core import clock, richtext
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import Invalid, NotFound, Stale
from wxapp.mall import queries, rules
from wxapp.mall.models import Category, Goods, GoodsItem, GoodsKind, GoodsPicture, Nature


@dataclass(frozen=True)
class GoodsDraft:
    """Goods as staff typed them."""

    kind: GoodsKind
    category_id: int
    name: str
    summary: str
    keywords: str
    price_fen: int
    original_price_fen: int
    audience: str
    notice: str
    detail_html: str
    is_on_sale: bool
    position: int
    items: tuple[tuple[str, str], ...] = ()
    """Name and purpose of each examination, in order."""
    nature: Nature = Nature.ORDINARY


def add_goods(draft: GoodsDraft, *, stock: int) -> Goods:
    """Add goods with their first stock.

    :raises Invalid: beside the field that is wrong
    """
    _check(draft)
    with transaction():
        goods = Goods(stock=stock, created_at=clock.now())
        _fill(goods, draft)
        db.session.add(goods)
        db.session.flush()  # its key is the answer to the form
    return goods


def change_goods(goods_id: int, draft: GoodsDraft, *, version: int) -> Goods:
    """Replace what staff typed; stock has its own use case because orders change it meanwhile.

    :raises Stale: somebody else changed the goods since the page was shown
    """
    _check(draft)
    with transaction():
        goods = queries.get_goods(goods_id)
        claimed = sa.update(Goods).where(Goods.id == goods_id, Goods.version == version)
        if change(claimed.values(version=version + 1)) != 1:
            raise Stale
        goods.items.clear()
        _fill(goods, draft)
    return goods


def _check(draft: GoodsDraft) -> None:
    errors: dict[str, str] = {}
    if draft.original_price_fen < draft.price_fen:
        errors["original_price"] = "原价不能低于售价"
    if draft.kind is GoodsKind.PACKAGE and not draft.items:
        errors["items"] = "套餐至少包含一个项目"
    if "," in draft.name:  # comma lists are joined of names on other pages, and in the channel's bill
        errors["name"] = "名称中请使用中文逗号"
    if db.session.get(Category, draft.category_id) is None:
        errors["category_id"] = "请选择分类"
    if errors:
        raise Invalid(errors)


def _fill(goods: Goods, draft: GoodsDraft) -> None:
    for name in (
        "kind",
        "nature",
        "category_id",
        "name",
        "summary",
        "keywords",
        "price_fen",
        "original_price_fen",
        "audience",
        "notice",
        "is_on_sale",
        "position",
    ):
        setattr(goods, name, getattr(draft, name))
    goods.detail_html = richtext.clean(draft.detail_html)
    parts = [(name, *rules.weighed(purpose)) for name, purpose in draft.items]
    goods.items = [
        GoodsItem(name=name, purpose=purpose, weight=weight, position=position)
        for position, (name, purpose, weight) in enumerate(parts, start=1)
    ]


MOST_STOCK = 10_000_000


def change_stock(goods_id: int, *, by_pieces: int) -> None:
    """Add pieces to the stock, or take some away.

    :raises NotFound: there are no such goods
    :raises Invalid: fewer would be left than none, or more than can be meant
    """
    new = Goods.stock + by_pieces
    step = sa.update(Goods).where(Goods.id == goods_id, new >= 0, new <= MOST_STOCK).values(stock=new)
    with transaction():
        if change(step) != 1:
            queries.get_goods(goods_id)
            raise Invalid({"by_pieces": "库存不足以减少这么多" if by_pieces < 0 else "库存过大"})


def put_on_sale(goods_id: int, *, is_on_sale: bool) -> None:
    with transaction():
        statement = sa.update(Goods).where(Goods.id == goods_id)
        if change(statement.values(is_on_sale=is_on_sale, version=Goods.version + 1)) != 1:
            raise NotFound


def arrange_pictures(goods_id: int, tokens: Sequence[str]) -> None:
    """Give goods these pictures in this order; the first becomes the cover."""
    with transaction():
        goods = queries.get_goods(goods_id)
        goods.pictures = [GoodsPicture(token=token, position=n) for n, token in enumerate(tokens, start=1)]


def save_category(
    *,
    category_id: int | None,
    name: str,
    position: int,
    is_shown: bool,
    nature: Nature = Nature.ORDINARY,
    version: int = 0,
) -> Category:
    """Add or change a category.

    :raises Invalid: the name is taken
    :raises Stale: somebody else changed it since the page was shown
    """
    with transaction():
        taken = sa.select(Category.id).where(Category.name == name, Category.id != (category_id or 0))
        if db.session.scalars(taken).first() is not None:
            raise Invalid({"name": "已有同名分类"})
        if category_id is None:
            category = Category(name=name, nature=nature, position=position, is_shown=is_shown)
            db.session.add(category)
            return category
        claimed = sa.update(Category).where(Category.id == category_id, Category.version == version)
        values = {"name": name, "nature": nature, "position": position, "is_shown": is_shown, "version": version + 1}
        if change(claimed.values(values)) != 1:
            raise Stale
        return db.session.get_one(Category, category_id)
