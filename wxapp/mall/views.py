"""The mall in the official account: looking, ordering, and one's own orders."""

from __future__ import annotations

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from wxapp.core import actors, clock
from wxapp.core.errors import Invalid, NotFound
from wxapp.core.forms import read_form
from wxapp.core.limits import Limit
from wxapp.h5 import registry
from wxapp.h5.identity import User, current_user
from wxapp.h5.notices import notice
from wxapp.h5.shell import Pages
from wxapp.mall import queries, rules, settings
from wxapp.mall.forms import CancelForm, CheckoutQuery, OrderForm
from wxapp.mall.models import Order, OrderStatus
from wxapp.mall.rules import Wanted
from wxapp.mall.services import ordering
from wxapp.mall.states import UNPAID
from wxapp.patients.access import current_patient, needs_patient
from wxapp.patients.models import Patient
from wxapp.payments import queries as payments
from wxapp.payments.models import PaymentStatus

pages = Pages("mall", __name__)

SORTS = {"default": "综合", "sales": "销量", "price_up": "价格由低到高", "price_down": "价格由高到低"}


SEARCHES = Limit("mall.search", count=240, seconds=60, message="搜索过于频繁，请稍后再试")
"""Per address: a hospital's visitors share one, and a search whose answer is kept does not count."""


@dataclass(frozen=True)
class StateTab:
    """One tab of the list of orders."""

    key: str
    label: str
    statuses: tuple[OrderStatus, ...]


S = OrderStatus
STATE_TABS = (
    StateTab("all", "全部", ()),
    StateTab("unpaid", "待付款", (S.AWAITING_PAYMENT, S.AWAITING_HOSPITAL)),
    StateTab("paid", "待使用", (S.PAID,)),
    StateTab("refund", "退款", (S.REFUNDING, S.REFUNDED)),
)

TONES = {S.AWAITING_PAYMENT: "wait", S.AWAITING_HOSPITAL: "wait", S.PAID: "good", S.REFUNDING: "wait"}


# --- looking ---------------------------------------------------------------------------------------------------------


def _number(name: str, *, default: int, most: int) -> int:
    """Read a number from the address; what is no number there is a wrong address.

    :raises NotFound: not a number, or out of its range
    """
    text = request.args.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 18) or not 1 <= int(text) <= most:
        raise NotFound
    return int(text)


@pages.page("/mall", is_public=True, max_age=30)
def home() -> ResponseReturnValue:
    """The mall: categories, search, goods."""
    category_id = _number("category", default=0, most=2**53) or None
    page = _number("page", default=1, most=500)
    text = request.args.get("q", "").strip()[:60]
    if text:  # each new text reads all goods (checklist S-31)
        SEARCHES.hit(request.remote_addr or "")
    sort = request.args.get("sort", "default")
    sort = sort if sort in SORTS else "default"
    cards, has_more = queries.goods_on_sale(category_id=category_id, text=text, sort=sort, page=page)

    def address(**changes: object) -> str:
        chosen = {"category": category_id, "q": text or None, "sort": None if sort == "default" else sort, **changes}
        return url_for("mall.home", **chosen)  # type: ignore[arg-type]

    return render_template(
        "mall/home.html",
        categories=queries.shown_categories(),
        category_id=category_id,
        text=text,
        sort=sort,
        sorts=SORTS,
        cards=cards,
        address=address,
        previous=address(page=page - 1) if page > 1 else "",
        next=address(page=page + 1) if has_more else "",
        page=page,
    )


@pages.page("/mall/goods/<int:goods_id>", is_public=True, max_age=30)
def goods(goods_id: int) -> ResponseReturnValue:
    """One of the goods: pictures, price, items, notice, detail."""
    found = queries.get_goods(goods_id)
    return render_template("mall/goods.html", goods=found, detail=Markup(found.detail_html), most=rules.MAX_QUANTITY)  # noqa: S704 - cleaned when written


# --- ordering --------------------------------------------------------------------------------------------------------


def _find_patient() -> Patient | None:
    return current_patient() if current_user().current_patient_id else None


@pages.page("/mall/checkout")
def checkout() -> ResponseReturnValue:
    """The check page: what, for whom, when. Refused forms come back here with what was typed."""
    asked = _checkout_query()
    found = queries.get_goods(asked.goods_id)
    patient = _find_patient()
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


# --- one's own orders ------------------------------------------------------------------------------------------------


@pages.page("/orders")
def orders() -> ResponseReturnValue:
    """The current patient's orders by state."""
    patient = _find_patient()
    state = next((tab for tab in STATE_TABS if tab.key == request.args.get("state")), STATE_TABS[0])
    page = _number("page", default=1, most=500)
    cards, has_more = queries.orders_of(patient.id, statuses=state.statuses, page=page) if patient else ([], False)
    return render_template(
        "mall/orders.html",
        patient=patient,
        tabs=STATE_TABS,
        state=state,
        cards=cards,
        tones=TONES,
        previous=url_for("mall.orders", state=state.key, page=page - 1) if page > 1 else "",
        next=url_for("mall.orders", state=state.key, page=page + 1) if has_more else "",
        page=page,
    )


@pages.page("/orders/<order_no>")
@needs_patient
def order(order_no: str) -> ResponseReturnValue:
    """One order with what can be done now, and its code for the hospital."""
    found = _own(order_no)
    return render_template(
        "mall/order.html",
        order=found,
        is_settling=_is_settling(found),
        bring_along=settings.BRING_ALONG(),
        code=" ".join(found.redemption_code[at : at + 4] for at in (0, 4, 8)),
        redeem_url=url_for("mall_admin.find_by_code", code=found.redemption_code, _external=True),
        S=OrderStatus,
    )


def _is_settling(found: Order) -> bool:
    """Whether the money is there and the order is about to hear of it: a moment in which nobody may pay again."""
    return found.status in UNPAID and payments.get_payment(found.payment_no).status is PaymentStatus.PAID


def _own(order_no: str) -> Order:
    """:raises NotFound: no order of the current patient
    :raises NoPatientBound: there is none
    """
    return queries.own_order(current_patient().id, order_no)


@pages.action("/orders/<order_no>/cancel", shown_again_by=order)
def cancel(order_no: str) -> ResponseReturnValue:
    """Close an unpaid order on the patient's wish."""
    read_form(CancelForm)
    ordering.cancel_order(_own(order_no), by=actors.wechat(current_user().id), reason="用户取消")
    notice("订单已取消")
    return redirect(url_for("mall.order", order_no=order_no), 303)


# --- plugging in -----------------------------------------------------------------------------------------------------


def _counts(user: User) -> dict[OrderStatus, int]:
    return queries.order_counts(user.current_patient_id) if user.current_patient_id else {}


def _unpaid(user: User) -> int:
    counts = _counts(user)
    return counts.get(S.AWAITING_PAYMENT, 0) + counts.get(S.AWAITING_HOSPITAL, 0)


def _home_floor() -> Markup:
    cards, _more = queries.goods_on_sale(size=6)
    return Markup(render_template("mall/_home_floor.html", cards=cards))  # noqa: S704 - our own template


registry.tab("mall", "体检", "clipboard-list", "mall.home", order=2)
registry.menu_entry("为你服务", "体检项目", "mall.home")
registry.menu_entry("为你服务", "体检商城", "mall.home")
registry.menu_entry("个人中心", "我的订单", "mall.orders")
registry.home_floor("健康体检", render=_home_floor, order=30, css="css/pages/mall.css")
registry.me_entry(
    "待付款", "mall.orders", "clock", 10, group=registry.ORDERS, badge=_unpaid, arguments={"state": "unpaid"}
)
registry.me_entry(
    "待使用",
    "mall.orders",
    "ticket",
    20,
    group=registry.ORDERS,
    badge=lambda user: _counts(user).get(S.PAID, 0),
    arguments={"state": "paid"},
)
registry.me_entry("退款", "mall.orders", "receipt-refund", 30, group=registry.ORDERS, arguments={"state": "refund"})
registry.me_entry("全部订单", "mall.orders", "list-details", 40, group=registry.ORDERS)
