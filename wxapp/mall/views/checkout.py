"""The check page, and placing the order."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from wxapp.core import clock
from wxapp.core.errors import Invalid, NotFound
from wxapp.core.forms import read_form
from wxapp.h5.identity import current_user
from wxapp.mall import queries, rules
from wxapp.mall.forms import CheckoutQuery, OrderForm
from wxapp.mall.rules import Wanted
from wxapp.mall.services import ordering
from wxapp.mall.views.door import find_patient, pages
from wxapp.patients.access import current_patient


@pages.page("/mall/checkout")
def checkout() -> ResponseReturnValue:
    """The check page: what, for whom, when. Refused forms come back here with what was typed."""
    asked = _checkout_query()
    found = queries.get_goods(asked.goods_id)
    patient = find_patient()
    today = clock.today()
    return render_template(
        "mall/checkout.html",
        goods=found,
        quantity=asked.quantity,
        total_fen=found.price_fen * asked.quantity,
        patient=patient,
        here=url_for("mall.checkout", goods_id=asked.goods_id, quantity=asked.quantity),
        first_day=rules.first_wish(today).isoformat(),
        last_day=rules.last_wish(today).isoformat(),
    )


def _checkout_query() -> CheckoutQuery:
    """Read which goods the page is about, from the address or from the form that came back.

    :raises NotFound: an address that never was a link of ours
    """
    source = request.form if request.method == "POST" else request.args
    try:
        fields = source.to_dict()
        return CheckoutQuery.model_validate({key: fields[key] for key in ("goods_id", "quantity") if key in fields})
    except ValueError:
        raise NotFound from None


@pages.action("/mall/checkout", shown_again_by=checkout)
def place_order() -> ResponseReturnValue:
    """生成订单: the order is placed, its pay page opens."""
    form = read_form(OrderForm)
    patient = current_patient()
    if form.wished_on is not None and not rules.can_wish(form.wished_on, today=clock.today()):
        raise Invalid({"wished_on": "期望日期应在明天至半年之内"})
    order_no = ordering.place_order(
        wechat_user_id=current_user().id,
        patient_id=patient.id,
        wanted=[Wanted(form.goods_id, form.quantity, form.price)],
        contact=ordering.Contact(
            patient.name, patient.phone, patient.id_number or "", wished_on=form.wished_on, remark=form.remark
        ),
        once_key=form.once,
    )
    return redirect(url_for("payments.pay_page", payment_no=queries.payment_no_of(order_no)), 303)
