"""The check page, and placing the order."""

from __future__ import annotations

from datetime import date

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from wxapp.core import clock
from wxapp.core.errors import Invalid, NotFound
from wxapp.core.forms import read_form
from wxapp.core.limits import Limit
from wxapp.h5.identity import current_user
from wxapp.h5.notices import notice
from wxapp.mall import queries, rules
from wxapp.mall.cart_forms import CartOrderForm, read_bound
from wxapp.mall.forms import CheckoutQuery, OrderForm
from wxapp.mall.queries import CartCard
from wxapp.mall.rules import Wanted
from wxapp.mall.services import ordering
from wxapp.mall.views.door import find_patient, pages
from wxapp.patients.access import patient_shown

ORDERS = Limit("mall.place_order", count=30, seconds=600, message="提交订单过于频繁，请稍后再试")
"""Per user (checklist S-28): presses that are repeated or refused count too."""


@pages.page("/mall/checkout")
def checkout() -> ResponseReturnValue:
    """The check page: what, for whom, when. Refused forms come back here with what was typed."""
    is_cart = "lines" in request.form or "lines[]" in request.form or request.args.get("cart") == "1"
    cards = _cart_cards() if is_cart else [_goods_card()]
    if not cards:
        notice("请先选择要结算的商品")
        return redirect(url_for("mall.cart"))
    here = (
        url_for("mall.checkout", cart=1)
        if is_cart
        else url_for("mall.checkout", goods_id=cards[0].goods_id, quantity=cards[0].quantity)
    )
    today = clock.today()
    return render_template(
        "mall/checkout.html",
        cards=cards,
        is_cart=is_cart,
        total_fen=sum(card.amount_fen for card in cards),
        can_order=not any(card.fault for card in cards),
        patient=find_patient(),
        here=here,
        first_day=rules.first_wish(today).isoformat(),
        last_day=rules.last_wish(today).isoformat(),
    )


def _goods_card() -> CartCard:
    """Return the goods that the page is about, from the address or from the form that came back.

    :raises NotFound: an address that never was a link of ours
    """
    source = request.form if request.method == "POST" else request.args
    try:
        fields = source.to_dict()
        asked = CheckoutQuery.model_validate({key: fields[key] for key in ("goods_id", "quantity") if key in fields})
    except ValueError:
        raise NotFound from None
    found = queries.lines_to_check([(asked.goods_id, asked.quantity)])
    if not found:
        raise NotFound
    return found[0]


def _cart_cards() -> list[CartCard]:
    """Return what was chosen in the cart and can be ordered, or the lines of the form that came back."""
    if request.method != "POST":
        cards = queries.cart_of(current_user().id)
        return [card for card in cards if card.is_chosen and not card.fault]
    try:
        lines = [read_bound(text) for text in request.form.getlist("lines") or request.form.getlist("lines[]")]
    except ValueError:
        raise NotFound from None
    wanted = [(line.goods_id, line.quantity) for line in lines if isinstance(line, Wanted)]
    if not (found := queries.lines_to_check(wanted[: rules.MAX_CART_LINES])):
        raise NotFound
    return found


@pages.action("/mall/checkout", shown_again_by=checkout)
def place_order() -> ResponseReturnValue:
    """生成订单: the order is placed, its pay page opens."""
    user = current_user()
    ORDERS.hit(str(user.id))
    is_cart = "lines" in request.form or "lines[]" in request.form
    form = read_form(CartOrderForm) if is_cart else read_form(OrderForm)
    patient = patient_shown(form.patient_id)
    _check_wish(form.wished_on)
    order_no = ordering.place_order(
        wechat_user_id=user.id,
        patient_id=patient.id,
        wanted=_wanted(form),
        contact=ordering.Contact(
            patient.name, patient.phone, patient.id_number or "", wished_on=form.wished_on, remark=form.remark
        ),
        once_key=form.once,
        is_from_cart=is_cart,
    )
    return redirect(url_for("payments.pay_page", payment_no=queries.payment_no_of(order_no)), 303)


def _wanted(form: CartOrderForm | OrderForm) -> list[Wanted]:
    return list(form.lines) if isinstance(form, CartOrderForm) else [Wanted(form.goods_id, form.quantity, form.price)]


def _check_wish(wished_on: date | None) -> None:
    """:raises Invalid: no day on which a check-up may be wished"""
    if wished_on is not None and not rules.can_wish(wished_on, today=clock.today()):
        raise Invalid({"wished_on": "期望日期应在明天至半年之内"})
