"""The cart of a WeChat user: putting in, changing, choosing, and handing over to an order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core import actors, clock, idempotency
from wxapp.core.db import change, db, insert_row, transaction
from wxapp.core.errors import Invalid
from wxapp.mall import queries, rules
from wxapp.mall.cart_models import CartLine
from wxapp.mall.errors import CartChanged, CartFull, GoodsUnavailable, OutOfStock, TooManyPieces
from wxapp.mall.models import Goods
from wxapp.mall.rules import Wanted
from wxapp.patients.services import wechat_users as users


def add_to_cart(wechat_user_id: int, *, goods_id: int, quantity: int, once_key: str) -> None:
    """Put goods in the cart; what is there already grows by so many pieces. The same key adds once.

    :raises GoodsUnavailable: they are not on sale
    :raises OutOfStock: less is left than wanted
    :raises TooManyPieces: more pieces of one kind than an order may have
    :raises CartFull: too many different goods
    """
    scope = f"{actors.wechat(wechat_user_id)}/mall.add_to_cart"
    asked = {"goods": goods_id, "quantity": quantity}

    def add() -> str:
        _add(wechat_user_id, goods_id, quantity)
        return str(goods_id)

    try:
        idempotency.once(scope, once_key, asked, add)
    except IntegrityError:  # the same goods came in from another tab in this moment: now they are there to be added to
        idempotency.once(scope, once_key, asked, add)


def _add(wechat_user_id: int, goods_id: int, quantity: int) -> None:
    with transaction():
        users.hold(wechat_user_id)  # one at a time: each counts the lines before it
        price_fen = _check_goods(goods_id, quantity)
        if _add_to_line(wechat_user_id, goods_id, quantity, price_fen):
            return
        if queries.cart_count(wechat_user_id) >= rules.MAX_CART_LINES:
            raise CartFull
        insert_row(
            CartLine,
            wechat_user_id=wechat_user_id,
            goods_id=goods_id,
            quantity=quantity,
            price_fen=price_fen,
            is_chosen=True,
            added_at=clock.now(),
        )


def _check_goods(goods_id: int, quantity: int) -> int:
    """Return the price."""
    found = db.session.execute(
        sa.select(Goods.name, Goods.price_fen, Goods.stock, Goods.is_on_sale).where(Goods.id == goods_id)
    ).one_or_none()
    if found is None or not found.is_on_sale:
        raise GoodsUnavailable(f"“{found.name}”已下架" if found else None)
    if found.stock < quantity:
        raise OutOfStock(rules.line_fault(is_on_sale=True, stock=found.stock, quantity=quantity))
    return int(found.price_fen)


def _add_to_line(wechat_user_id: int, goods_id: int, quantity: int, price_fen: int) -> bool:
    """Add to the line of these goods, if there is one."""
    line = (CartLine.wechat_user_id == wechat_user_id, CartLine.goods_id == goods_id)
    has_room = CartLine.quantity + quantity <= rules.MAX_QUANTITY
    grown = {"quantity": CartLine.quantity + quantity, "price_fen": price_fen, "is_chosen": True}
    if change(sa.update(CartLine).where(*line, has_room).values(grown)):
        return True
    if db.session.scalar(sa.select(CartLine.id).where(*line)) is not None:
        raise TooManyPieces
    return False


def set_quantities(wechat_user_id: int, quantities: Mapping[int, int]) -> None:
    """Set how many of each goods are wanted; all of them or none.

    :raises Invalid: beside the line that is not in the cart any more
    """
    with transaction():
        for goods_id, quantity in sorted(quantities.items()):
            line = sa.update(CartLine).where(CartLine.wechat_user_id == wechat_user_id, CartLine.goods_id == goods_id)
            if not change(line.values(quantity=quantity)):
                raise Invalid({f"quantity_{goods_id}": "该商品已不在购物车中"})


def choose(wechat_user_id: int, *, goods_id: int | None, is_chosen: bool) -> None:
    """Choose a line for the next order, or leave it out; all of them when no goods are named."""
    lines = sa.update(CartLine).where(CartLine.wechat_user_id == wechat_user_id)
    if goods_id is not None:
        lines = lines.where(CartLine.goods_id == goods_id)
    with transaction():
        change(lines.values(is_chosen=is_chosen))


def remove(wechat_user_id: int, goods_ids: Sequence[int]) -> int:
    """Take lines out of the cart and return how many there were."""
    with transaction():
        lines = sa.delete(CartLine).where(CartLine.wechat_user_id == wechat_user_id, CartLine.goods_id.in_(goods_ids))
        return change(lines)


def hand_over(wechat_user_id: int, wanted: Sequence[Wanted]) -> None:
    """Take the lines of an order out of the cart, in the order's transaction: what is in a cart is ordered once.

    :raises CartChanged: a line is gone or has another quantity: ordered or changed in another tab
    """
    for line in sorted(wanted, key=lambda line: line.goods_id):
        taken = sa.delete(CartLine).where(
            CartLine.wechat_user_id == wechat_user_id,
            CartLine.goods_id == line.goods_id,
            CartLine.quantity == line.quantity,
        )
        if not change(taken):
            raise CartChanged
