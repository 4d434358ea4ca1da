"""Reads of the cart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wxapp.core.db import db
from wxapp.mall import rules
from wxapp.mall.cart_models import CartLine
from wxapp.mall.models import Goods, GoodsPicture


@dataclass(frozen=True)
class CartCard:
    """A line of the cart, or of a check page, with what the goods are like now."""

    goods_id: int
    goods_name: str
    picture_token: str
    quantity: int
    unit_price_fen: int
    was_fen: int
    stock: int
    is_on_sale: bool
    is_chosen: bool

    @property
    def fault(self) -> str:
        """Return why it can't be ordered like this, "" if it can."""
        return rules.line_fault(is_on_sale=self.is_on_sale, stock=self.stock, quantity=self.quantity)

    @property
    def price_note(self) -> str:
        """Return how the price has moved since the goods were put in the cart, "" if it has not."""
        return rules.price_note(was_fen=self.was_fen, now_fen=self.unit_price_fen)

    @property
    def amount_fen(self) -> int:
        return self.unit_price_fen * self.quantity

    @property
    def most(self) -> int:
        """Return how many can be bought at once."""
        return max(1, min(self.stock, rules.MAX_QUANTITY))

    @property
    def bound(self) -> str:
        """Return the line as the check page sends it back: goods, quantity, and the price that was shown."""
        return f"{self.goods_id}:{self.quantity}:{self.unit_price_fen}"


_COVER = (
    sa.select(GoodsPicture.token)
    .where(GoodsPicture.goods_id == Goods.id)
    .order_by(GoodsPicture.position)
    .limit(1)
    .scalar_subquery()
)


def cart_of(wechat_user_id: int) -> list[CartCard]:
    """Return the lines of a user's cart, the newest first."""
    statement = (
        sa.select(
            Goods.id,
            Goods.name,
            sa.func.coalesce(_COVER, ""),
            CartLine.quantity,
            Goods.price_fen,
            CartLine.price_fen,
            Goods.stock,
            Goods.is_on_sale,
            CartLine.is_chosen,
        )
        .join(Goods, Goods.id == CartLine.goods_id)
        .where(CartLine.wechat_user_id == wechat_user_id)
        .order_by(CartLine.id.desc())
    )
    return [CartCard(*row) for row in db.session.execute(statement)]


def lines_to_check(wanted: Sequence[tuple[int, int]]) -> list[CartCard]:
    """Return goods and quantities as a check page shows them, at their present price; unknown goods are left out."""
    quantities = dict(wanted)
    statement = sa.select(
        Goods.id, Goods.name, sa.func.coalesce(_COVER, ""), Goods.price_fen, Goods.stock, Goods.is_on_sale
    ).where(Goods.id.in_(quantities))
    found = {row.id: row for row in db.session.execute(statement)}
    return [
        CartCard(
            row.id, row.name, row[2], quantities[row.id], row.price_fen, row.price_fen, row.stock, row.is_on_sale, True
        )
        for goods_id in quantities
        if (row := found.get(goods_id)) is not None
    ]


def cart_count(wechat_user_id: int) -> int:
    """Return how many different goods a user has in the cart."""
    return int(
        db.session.scalar(
            sa.select(sa.func.count()).select_from(CartLine).where(CartLine.wechat_user_id == wechat_user_id)
        )
        or 0
    )
