"""The cart: putting in, changing, choosing."""

from __future__ import annotations

from flask import jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from wxapp.core.errors import Invalid, NotFound
from wxapp.core.forms import TRANSPORT_FIELDS, read_form, wants_json
from wxapp.core.limits import Limit
from wxapp.h5 import registry
from wxapp.h5.identity import User, current_user
from wxapp.h5.notices import notice
from wxapp.mall import queries, rules
from wxapp.mall.cart_forms import AddForm, ChoiceForm
from wxapp.mall.forms import CheckoutQuery
from wxapp.mall.services import cart as service
from wxapp.mall.views.door import pages

CHANGES = Limit("mall.cart", count=240, seconds=60)
"""Per user: nobody shops faster."""


@pages.page("/cart")
def cart() -> ResponseReturnValue:
    """What was put in, what can be ordered of it, and the total of what is chosen."""
    cards = queries.cart_of(current_user().id)
    ready = [card for card in cards if card.is_chosen and not card.fault]
    is_edited = request.args.get("edit") == "1" or request.method == "POST"
    return render_template(
        "mall/cart.html",
        cards=cards,
        is_edited=is_edited and bool(cards),
        ready_count=len(ready),
        total_fen=sum(card.amount_fen for card in ready),
        is_all_chosen=bool(cards) and all(card.is_chosen for card in cards),
        left_out=sum(1 for card in cards if card.is_chosen and card.fault),
    )


@pages.page("/cart/add")
def add_page() -> ResponseReturnValue:
    """Goods about to be put in: the pages that lead here are kept, so they have no form of their own."""
    try:
        asked = CheckoutQuery.model_validate({name: text for name, text in request.values.items() if name in _ASKED})
    except ValueError:
        raise NotFound from None
    card = next(iter(queries.lines_to_check([(asked.goods_id, asked.quantity)])), None)
    if card is None:
        raise NotFound
    return render_template("mall/cart_add.html", card=card)


_ASKED = ("goods_id", "quantity")


@pages.action("/cart/add", shown_again_by=add_page)
def add_to_cart() -> ResponseReturnValue:
    """加入购物车."""
    user = current_user()
    CHANGES.hit(str(user.id))
    form = read_form(AddForm)
    service.add_to_cart(user.id, goods_id=form.goods_id, quantity=form.quantity, once_key=form.once)
    if wants_json():
        return jsonify(message="已加入购物车", count=queries.cart_count(user.id))
    notice("已加入购物车")
    return redirect(url_for("mall.cart"), 303)


@pages.action("/cart", shown_again_by=cart)
def change_cart() -> ResponseReturnValue:
    """完成: set the quantities; the button of a line takes it out, another one takes out what is chosen."""
    user = current_user()
    CHANGES.hit(str(user.id))
    quantities, gone = _read_changes()
    if gone == "chosen":
        removed = [card.goods_id for card in queries.cart_of(user.id) if card.is_chosen]
    else:
        removed = [int(gone)] if gone else []
    service.set_quantities(user.id, {key: n for key, n in quantities.items() if key not in removed})
    if not removed:
        return redirect(url_for("mall.cart"), 303)
    if service.remove(user.id, removed):
        notice("已从购物车删除")
    return redirect(url_for("mall.cart", edit=1), 303)


def _read_changes() -> tuple[dict[int, int], str]:
    """Read ``quantity_<goods>`` of each line, and ``remove``: goods, ``chosen``, or nothing.

    :raises Invalid: a field that is no such thing
    """
    quantities: dict[int, int] = {}
    errors: dict[str, str] = {}
    for key, given in request.form.lists():
        name, _, goods_id = key.partition("quantity_")
        if key in {*TRANSPORT_FIELDS, "remove"}:
            continue
        if name or not _is_number(goods_id, digits=16):
            errors[key] = "表单含有未知的字段"
        elif len(given) > 1:
            errors[key] = "数量重复提交"
        elif not _is_number(given[0].strip(), digits=3) or not 1 <= int(given[0]) <= rules.MAX_QUANTITY:
            errors[key] = f"数量应在1至{rules.MAX_QUANTITY}之间"
        else:
            quantities[int(goods_id)] = int(given[0])
    removed = request.form.getlist("remove")
    if len(removed) > 1 or (removed and removed[0] != "chosen" and not _is_number(removed[0], digits=16)):
        errors["remove"] = "请选择要删除的商品"
    if not quantities and not removed:
        errors["remove"] = "请选择要修改的商品"
    if errors:
        raise Invalid(errors)
    return quantities, removed[0] if removed else ""


def _is_number(text: str, *, digits: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= digits


@pages.action("/cart/choose", shown_again_by=cart)
def choose() -> ResponseReturnValue:
    """Choose a line or all, or leave out."""
    user = current_user()
    CHANGES.hit(str(user.id))
    form = read_form(ChoiceForm)
    service.choose(user.id, goods_id=form.goods_id, is_chosen=form.is_chosen)
    return redirect(url_for("mall.cart"), 303)


def _count(user: User) -> int:
    return queries.cart_count(user.id)


registry.tab("cart", "购物车", "shopping-cart", "mall.cart", order=4, badge=_count)
