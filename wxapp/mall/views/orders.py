"""One's own orders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from wxapp.core import actors, clock
from wxapp.core.forms import read_form
from wxapp.core.limits import Limit
from wxapp.h5 import registry
from wxapp.h5.identity import User, current_user
from wxapp.h5.notices import notice
from wxapp.mall import queries, rules, settings
from wxapp.mall.forms import CancelForm
from wxapp.mall.models import Order, OrderStatus
from wxapp.mall.services import ordering
from wxapp.mall.services import refunds as refunding
from wxapp.mall.states import UNPAID, USABLE
from wxapp.mall.views.door import find_patient, number_in_address, pages
from wxapp.patients.access import current_patient, needs_patient
from wxapp.payments import queries as payments
from wxapp.payments.models import PaymentStatus, RefundStatus


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
    StateTab("in_use", "使用中", (S.IN_USE,)),
    StateTab("done", "已完成", (S.DONE,)),
    StateTab("refund", "退款", (S.REFUNDING, S.REFUNDED)),
)
"""The same groups everywhere: in the list, on the page 我的 and in its badges. Closed orders stand under 全部 only."""

TONES = {
    S.AWAITING_PAYMENT: "wait",
    S.AWAITING_HOSPITAL: "wait",
    S.PAID: "good",
    S.IN_USE: "good",
    S.REFUNDING: "wait",
}


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
        in_use=S.IN_USE,
        previous=url_for("mall.orders", state=state.key, page=page - 1) if page > 1 else "",
        next=url_for("mall.orders", state=state.key, page=page + 1) if has_more else "",
        page=page,
    )


@pages.page("/orders/<order_no>")
@needs_patient
def order(order_no: str) -> ResponseReturnValue:
    """One order with what can be done now, and its code for the hospital."""
    found = own(order_no)
    lines = queries.line_items(found) if found.paid_at else []
    progress = queries.Progress.of(lines)
    return render_template(
        "mall/order.html",
        order=found,
        lines=lines,
        progress=progress,
        refunds=own_refunds(found) if found.paid_at else [],
        can_refund=found.status in (S.PAID, S.IN_USE) and progress.open > 0,
        shows_code=found.status is S.AWAITING_HOSPITAL or (found.status in USABLE and progress.open > 0),
        use_by=rules.use_by(
            clock.hospital_day(found.paid_at) if found.paid_at else None, months=settings.USE_WITHIN_MONTHS()
        ),
        today=clock.today(),
        is_settling=_is_settling(found),
        bring_along=settings.BRING_ALONG(),
        code=" ".join(found.redemption_code[at : at + 4] for at in (0, 4, 8)),
        redeem_url=url_for("mall_admin.find_by_code", code=found.redemption_code, _external=True),
        S=OrderStatus,
    )


@dataclass(frozen=True)
class OwnRefund:
    """A refund as the patient sees it."""

    no: str
    state: str
    tone: str
    amount_fen: int
    reason: str
    answer: str
    asked_at: datetime
    can_withdraw: bool


R = RefundStatus
REFUND_STATES = {
    R.REQUESTED: ("待审核", "wait"),
    R.APPROVED: ("审核通过，退款中", "wait"),
    R.STUCK: ("退款处理中", "wait"),  # what is stuck is the hospital's affair
    R.DONE: ("已退款", "good"),
    R.REJECTED: ("未通过", "bad"),
    R.WITHDRAWN: ("已撤回", "calm"),
}


def own_refunds(found: Order) -> list[OwnRefund]:
    """Return the refunds of an order, the latest first."""
    return [
        OwnRefund(
            one.no,
            *REFUND_STATES[one.status],
            one.amount_fen,
            one.reason,
            one.decision if one.status is R.REJECTED else "",
            one.requested_at,
            can_withdraw=one.status is R.REQUESTED and refunding.is_of_patient(one.requested_by),
        )
        for one in reversed(payments.refunds_of_payment(found.payment_no))
        if not one.is_late
    ]


def _is_settling(found: Order) -> bool:
    """Whether the money is there and the order is about to hear of it: a moment in which nobody may pay again."""
    return found.status in UNPAID and payments.get_payment(found.payment_no).status is PaymentStatus.PAID


def own(order_no: str) -> Order:
    """:raises NotFound: no order of the current patient
    :raises NoPatientBound: there is none
    """
    return queries.own_order(current_patient().id, order_no)


CANCELS = Limit("mall.cancel", count=20, seconds=600)
"""Per user (checklist S-28): each may ask WeChat Pay."""


@pages.action("/orders/<order_no>/cancel", shown_again_by=order)
def cancel(order_no: str) -> ResponseReturnValue:
    """Close an unpaid order on the patient's wish."""
    found = own(order_no)
    CANCELS.hit(str(current_user().id))
    read_form(CancelForm)
    ordering.cancel_order(found, by=actors.wechat(current_user().id), reason="用户取消")
    notice("订单已取消")
    return redirect(url_for("mall.order", order_no=order_no), 303)


def _counts(user: User) -> dict[OrderStatus, int]:
    """Return the counts of the user's patient, asked for once a request."""
    if not user.current_patient_id:
        return {}
    if g.get("mall_counts_of") != user.current_patient_id:
        g.mall_counts_of, g.mall_counts = user.current_patient_id, queries.order_counts(user.current_patient_id)
    counts: dict[OrderStatus, int] = g.mall_counts
    return counts


def _count_of(key: str) -> Callable[[User], int]:
    """Return how many orders stand under a tab of the list."""
    statuses = next(tab.statuses for tab in STATE_TABS if tab.key == key)
    return lambda user: sum(_counts(user).get(status, 0) for status in statuses)


def _refunding(user: User) -> int:
    return _counts(user).get(S.REFUNDING, 0)


registry.menu_entry("个人中心", "我的订单", "mall.orders")
for _label, _key, _icon, _order in (
    ("待付款", "unpaid", "clock", 10),
    ("待使用", "paid", "ticket", 20),
    ("使用中", "in_use", "progress", 22),
):
    registry.me_entry(
        _label, "mall.orders", _icon, _order, group=registry.ORDERS, badge=_count_of(_key), arguments={"state": _key}
    )
registry.me_entry("已完成", "mall.orders", "circle-check", 24, group=registry.ORDERS, arguments={"state": "done"})
registry.me_entry(
    "退款", "mall.orders", "receipt-refund", 30, group=registry.ORDERS, badge=_refunding, arguments={"state": "refund"}
)
registry.me_entry("全部订单", "mall.orders", "list-details", 40, group=registry.ORDERS)
