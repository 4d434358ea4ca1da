"""Staff's reads of goods: whether they are promoted, by which terms, and what these would become."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.core.labels import Labelled
from wxapp.distribution.models import PromotedGoods, Scope, Terms
from wxapp.distribution.queries.terms import (
    STANDING_COLUMNS,
    Held,
    Payable,
    join_standing,
    payable_of,
    standing,
)
from wxapp.mall.models import Category, Goods, Nature
from wxapp.mall.rules import like_pattern, search_words

BEST_SELLERS = 10


class PromotionState(Labelled):
    """How goods stand to promotion, for lists."""

    ON = "on", "推广中"
    OFF = "off", "已停用"
    NEVER = "never", "未加入"
    FORBIDDEN = "forbidden", "不可推广"


@dataclass(frozen=True)
class GoodsRow:
    """Some goods as staff see them.

    :ivar pays: what one piece pays now, or why it pays nothing
    :ivar is_on: they are switched on; what is medical may be, and pays nothing all the same
    :ivar version: of the switch; 0 when they never were on the list
    """

    id: int
    name: str
    category_id: int
    category: str
    nature: Nature
    price_fen: int
    sales: int
    is_on_sale: bool
    state: PromotionState
    is_on: bool
    terms: Held | None
    pays: Payable
    reason: str
    changed_by: str
    changed_at: datetime | None
    version: int


_IS_ORDINARY = sa.and_(Goods.nature == Nature.ORDINARY, Category.nature == Nature.ORDINARY)
_STATES: dict[str, sa.ColumnElement[bool]] = {
    PromotionState.ON: sa.and_(_IS_ORDINARY, PromotedGoods.is_on.is_(True)),
    PromotionState.OFF: sa.and_(_IS_ORDINARY, PromotedGoods.is_on.is_(False)),
    PromotionState.NEVER: sa.and_(_IS_ORDINARY, PromotedGoods.id.is_(None)),
    PromotionState.FORBIDDEN: sa.not_(_IS_ORDINARY),
}


def goods_for_staff(*, text: str = "", category: str = "", state: str = "") -> sa.Select[Any]:
    """Return goods with everything that :func:`goods_rows` needs; every word of ``text`` stands in the name."""
    statement: Any = join_standing(
        sa.select(
            Goods.id,
            Goods.name,
            Goods.category_id,
            Category.name.label("category"),
            Goods.price_fen,
            Goods.sales,
            Goods.is_on_sale,
            PromotedGoods.reason,
            PromotedGoods.changed_by,
            PromotedGoods.changed_at,
            PromotedGoods.version,
            *STANDING_COLUMNS,
        )
    )
    for word in search_words(text):
        statement = statement.where(Goods.name.ilike(like_pattern(word), escape="!"))
    if category:
        statement = statement.where(Goods.category_id == int(category))
    if state:
        statement = statement.where(_STATES[state])
    found: sa.Select[Any] = statement
    return found


def goods_rows(rows: Iterable[Any]) -> list[GoodsRow]:
    return [_goods_row(row) for row in rows]


def get_goods_row(goods_id: int) -> GoodsRow:
    """:raises NotFound: there are no goods with this key"""
    row = db.session.execute(goods_for_staff().where(Goods.id == goods_id)).one_or_none()
    if row is None:
        raise NotFound
    return _goods_row(row)


def _goods_row(row: Any) -> GoodsRow:
    found = standing(row)
    if found.nature is not Nature.ORDINARY:
        state = PromotionState.FORBIDDEN
    elif found.is_on is None:
        state = PromotionState.NEVER
    else:
        state = PromotionState.ON if found.is_on else PromotionState.OFF
    return GoodsRow(
        id=row.id,
        name=row.name,
        category_id=row.category_id,
        category=row.category,
        nature=found.nature,
        price_fen=row.price_fen,
        sales=row.sales,
        is_on_sale=row.is_on_sale,
        state=state,
        is_on=bool(found.is_on),
        terms=found.terms,
        pays=payable_of(found, price_fen=row.price_fen),
        reason=row.reason or "",
        changed_by=row.changed_by or "",
        changed_at=row.changed_at,
        version=row.version or 0,
    )


# --- proposals -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Preview:
    """What one piece of some goods pays now, and by which terms, and what it would pay.

    :ivar is_promoted: if not, both are what it would pay once the goods are
    """

    goods_id: int
    name: str
    price_fen: int
    sales: int
    is_promoted: bool
    now: Payable
    now_by: Held | None
    then: Payable
    then_by: Held | None


def preview(proposed: Terms) -> list[Preview]:
    """Return what the best-selling promoted goods in the scope of a proposal would pay once it is confirmed.

    Goods that have terms of a narrower scope are among them: for these nothing changes. Of goods with a proposal of
    their own it is told also while they are not promoted.
    """
    statement = join_standing(sa.select(Goods.id, Goods.name, Goods.price_fen, Goods.sales, *STANDING_COLUMNS))
    if proposed.scope is Scope.GOODS:
        statement = statement.where(Goods.id == proposed.scope_id)
    else:
        statement = statement.where(PromotedGoods.is_on, _IS_ORDINARY)
        if proposed.scope is Scope.CATEGORY:
            statement = statement.where(Goods.category_id == proposed.scope_id)
    instead = Held(proposed.id, proposed.scope, proposed.way, proposed.seller, proposed.inviter)
    rows = db.session.execute(statement.order_by(Goods.sales.desc(), Goods.id).limit(BEST_SELLERS))
    return [_preview(row, instead) for row in rows]


def _preview(row: Any, instead: Held) -> Preview:
    now, then = (replace(found, is_on=True) for found in (standing(row), standing(row, instead=instead)))
    return Preview(
        goods_id=row.id,
        name=row.name,
        price_fen=row.price_fen,
        sales=row.sales,
        is_promoted=bool(row.is_on),
        now=payable_of(now, price_fen=row.price_fen),
        now_by=now.terms,
        then=payable_of(then, price_fen=row.price_fen),
        then_by=then.terms,
    )


# --- what terms are for ----------------------------------------------------------------------------------------------


def subject_names(subjects: Iterable[tuple[Scope, int]]) -> dict[tuple[Scope, int], str]:
    """Return what people call the scopes of terms. One query for categories, one for goods."""
    wanted = set(subjects)
    found = {(Scope.DEFAULT, 0): "全部商品（默认）"}
    for scope, model, word in ((Scope.CATEGORY, Category, "分类"), (Scope.GOODS, Goods, "商品")):
        ids = [scope_id for each, scope_id in wanted if each is scope]
        if ids:
            names = db.session.execute(sa.select(model.id, model.name).where(model.id.in_(ids)))
            found |= {(scope, row.id): f"{word}：{row.name}" for row in names}
    return found


def proposable() -> Sequence[tuple[Scope, int, str]]:
    """Return for what terms may be proposed, with its name: not for medical services and drugs."""
    categories = sa.select(Category.id, Category.name).where(Category.nature == Nature.ORDINARY)
    goods = sa.select(Goods.id, Goods.name).join(Category, Category.id == Goods.category_id).where(_IS_ORDINARY)
    return [
        (Scope.DEFAULT, 0, "全部商品（默认）"),
        *(
            (Scope.CATEGORY, row.id, f"分类：{row.name}")
            for row in db.session.execute(categories.order_by(Category.position, Category.id))
        ),
        *(
            (Scope.GOODS, row.id, f"商品：{row.name}")
            for row in db.session.execute(goods.order_by(Goods.position, Goods.id))
        ),
    ]
