"""One's own orders."""

from __future__ import annotations

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from wxapp.core import actors
from wxapp.core.forms import read_form
from wxapp.h5 import registry
from wxapp.h5.identity import User, current_user
from wxapp.h5.notices import notice
from wxapp.mall import queries, settings
from wxapp.mall.forms import CancelForm
from wxapp.mall.models import Order, OrderStatus
from wxapp.mall.services import ordering
from wxapp.mall.states import UNPAID
from wxapp.mall.views.door import find_patient, number_in_address, pages
from wxapp.patients.access import current_patient, needs_patient
from wxapp.payments import queries as payments
from wxapp.payments.models import PaymentStatus


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


@pages.page("/orders")
def orders() -> ResponseReturnValue:
    """The current patient's orders by state."""
    patient = find_patient()
    state = next((tab for tab in STATE_TABS if tab.key == request.args.get("state")), STATE_TABS[0])
    page = number_in_address("page", default=1, most=500)
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


def _counts(user: User) -> dict[OrderStatus, int]:
    return queries.order_counts(user.current_patient_id) if user.current_patient_id else {}


def _unpaid(user: User) -> int:
    counts = _counts(user)
    return counts.get(S.AWAITING_PAYMENT, 0) + counts.get(S.AWAITING_HOSPITAL, 0)


registry.menu_entry("个人中心", "我的订单", "mall.orders")
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
