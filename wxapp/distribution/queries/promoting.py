"""Reads of what a distributor may promote, and what that pays."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from wxapp.core.db import db
from wxapp.distribution.models import PromotedGoods
from wxapp.distribution.queries.terms import payable
from wxapp.mall import queries as mall
from wxapp.mall.queries import GoodsCard


@dataclass(frozen=True)
class Promotable:
    """Goods with what one piece pays its seller."""

    card: GoodsCard
    seller_fen: int


def promotable_goods(*, text: str = "", page: int = 1) -> tuple[list[Promotable], bool]:
    """Return one page of the goods on sale that pay commission now, and whether there are more."""
    switched_on = db.session.scalars(sa.select(PromotedGoods.goods_id).where(PromotedGoods.is_on)).all()
    pays = {goods_id: one.seller_fen for goods_id, one in payable(switched_on).items() if one.seller_fen}
    cards, has_more = mall.goods_on_sale(text=text, page=page, among=pays) if pays else ([], False)
    return [Promotable(card, pays[card.id]) for card in cards], has_more


def seller_fen(goods_id: int) -> int:
    """Return what one piece of some goods pays its seller now; 0 when nothing."""
    found = payable([goods_id]).get(goods_id)
    return found.seller_fen if found is not None else 0
