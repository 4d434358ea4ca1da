"""The stock of goods: every change leaves a row that says why, and the rows add up to the stock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import change, db, run, take, transaction
from wxapp.core.errors import Invalid
from wxapp.retail import queries
from wxapp.retail.errors import GoodsOff, OutOfStock, PriceChanged, StockMoved
from wxapp.retail.models import RetailGoods, StockChange, StockReason

MOST_STOCK = 1_000_000
BY_STAFF = (StockReason.RECEIVED, StockReason.BROKEN, StockReason.RETURNED, StockReason.CORRECTED)
"""Reasons that staff may give; counting has a use case of its own."""
TAKES = {StockReason.BROKEN, StockReason.RETURNED}


def take_stock(goods_id: int, count: int, *, price_fen: int, note: str, by: str) -> None:
    """Take pieces for a sale, inside the caller's transaction, if so many are left at this price.

    :raises OutOfStock, PriceChanged, GoodsOff: they are not; nothing was taken
    """
    at_price = (RetailGoods.id == goods_id, RetailGoods.is_active.is_(True), RetailGoods.price_fen == price_fen)
    if take(RetailGoods.stock, count, *at_price):
        _note(goods_id, -count, StockReason.SOLD, note=note, by=by)
        return
    asked = sa.select(RetailGoods.name, RetailGoods.is_active, RetailGoods.price_fen, RetailGoods.stock)
    now = run(asked.where(RetailGoods.id == goods_id)).one_or_none()
    if now is None or not now.is_active:
        raise GoodsOff(f"“{now.name}”已停售，请刷新页面" if now else None)
    if now.price_fen != price_fen:
        raise PriceChanged(f"“{now.name}”价格已变化，请刷新页面后重新提交")
    raise OutOfStock(f"“{now.name}”库存不足，现有{now.stock}件")


def put_back(goods_id: int, count: int, *, note: str, by: str) -> None:
    """Put pieces of a cancelled sale back, inside the caller's transaction; also of goods no longer on sale."""
    _add(goods_id, count)
    _note(goods_id, count, StockReason.CANCELLED, note=note, by=by)


def change_stock(goods_id: int, count: int, reason: StockReason, *, note: str, by: str) -> int:
    """Book pieces that came in or went out otherwise than by sale; return what is left.

    :param count: for breakage and returns what goes out; for a correction what is added, negative to take away
    :raises Invalid: not a reason of staff's, no pieces, or fewer would be left than none
    """
    if reason not in BY_STAFF or not count or (count < 0 and reason is not StockReason.CORRECTED):
        raise Invalid({"count": "请填写大于0的数量；只有“更正”可以填负数"})
    pieces = -count if reason in TAKES else count
    with transaction():
        queries.get_goods(goods_id)
        _add(goods_id, pieces)
        return _note(goods_id, pieces, reason, note=note, by=by)


@dataclass(frozen=True)
class Counted:
    """What somebody counted of some goods, and the stock that the page showed at that moment."""

    goods_id: int
    seen: int
    counted: int


def enter_count(counted: Sequence[Counted], *, note: str, by: str) -> int:
    """Set stocks to what was counted (盘点); return of how many goods the stock was wrong.

    All or nothing: nothing is entered when a stock is no longer what the page showed, because then nobody knows
    whether what was sold in between has been counted.

    :raises StockMoved: with the names of those goods
    """
    with transaction():
        moved = [
            one.goods_id
            for one in sorted(counted, key=lambda one: one.goods_id)
            if not change(
                sa.update(RetailGoods)
                .where(RetailGoods.id == one.goods_id, RetailGoods.stock == one.seen)
                .values(stock=one.counted)
            )
        ]
        if moved:
            names = "、".join(goods.name for goods in queries.goods_by_id(moved).values())
            raise StockMoved(f"盘点期间以下商品库存有变动：{names or '已删除的商品'}，请核对后重新提交")
        differing = [one for one in counted if one.counted != one.seen]
        for one in differing:
            _note(one.goods_id, one.counted - one.seen, StockReason.COUNTED, note=note, by=by)
        return len(differing)


def _add(goods_id: int, count: int) -> None:
    new = RetailGoods.stock + count
    step = sa.update(RetailGoods).where(RetailGoods.id == goods_id, new >= 0, new <= MOST_STOCK)
    if not change(step.values(stock=new)):
        raise Invalid({"count": "库存不足以减少这么多" if count < 0 else "库存过大"})


def _note(goods_id: int, pieces: int, reason: StockReason, *, note: str, by: str) -> int:
    # The row is ours until the end of the transaction: nobody changes the stock between the update and this.
    left = int(run(sa.select(RetailGoods.stock).where(RetailGoods.id == goods_id)).scalar_one())
    db.session.add(
        StockChange(goods_id=goods_id, change=pieces, left=left, reason=reason, note=note[:100], by=by, at=clock.now())
    )
    return left
