"""Asking for one's money back: what is still open of an order may be given back, item by item."""

from __future__ import annotations

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from wxapp.core import actors, idempotency
from wxapp.core.forms import read_form
from wxapp.h5.identity import current_user
from wxapp.h5.notices import notice
from wxapp.mall import queries
from wxapp.mall.item_forms import RefundItemsForm, WithdrawForm, read_with_items
from wxapp.mall.models import OrderStatus
from wxapp.mall.services import refunds
from wxapp.mall.views.door import pages
from wxapp.mall.views.orders import order as order_page
from wxapp.mall.views.orders import own
from wxapp.patients.access import needs_patient

REASONS = ("时间安排有变", "买错或多买", "身体情况不适合", "已在别处检查")


@pages.page("/orders/<order_no>/refund")
@needs_patient
def refund_form(order_no: str) -> ResponseReturnValue:
    """What of an order can be given back, with what it is worth."""
    found = own(order_no)
    lines = queries.line_items(found)
    is_open = found.status in (OrderStatus.PAID, OrderStatus.IN_USE)
    shown = {"reason", *(group.field for line in lines for group in line.groups if group.open)}
    refusal = g.get("refusal")
    return render_template(
        "mall/refund.html",
        order=found,
        lines=[line for line in lines if line.open] if is_open else [],
        most_fen=sum(group.open * group.share_fen for line in lines for group in line.groups),
        reasons=REASONS,
        other_errors=[text for name, text in refusal.errors.items() if name not in shown] if refusal else [],
    )


@pages.action("/orders/<order_no>/refund", shown_again_by=refund_form)
def ask_refund(order_no: str) -> ResponseReturnValue:
    """提交退款申请: staff decide; the same press twice is one application."""
    found = own(order_no)
    form, wished, _ = read_with_items(RefundItemsForm, request.form)
    by = actors.wechat(current_user().id)
    asked = {"order": found.no, "items": sorted(wished.items()), "reason": form.reason}
    idempotency.once(
        f"{by}/mall.ask_refund",
        form.once,
        asked,
        lambda: refunds.request_refund(order_no, wished=wished, reason=form.reason, by=by),
    )
    notice("退款申请已提交，请等待医院审核")
    return redirect(url_for("mall.order", order_no=order_no), 303)


def _order_of_refund(order_no: str, refund_no: str) -> ResponseReturnValue:  # noqa: ARG001 - the path has it
    return order_page(order_no=order_no)


@pages.action("/orders/<order_no>/refund/<refund_no>/withdraw", shown_again_by=_order_of_refund)
def withdraw_refund(order_no: str, refund_no: str) -> ResponseReturnValue:
    """Take an application back while nobody has decided."""
    read_form(WithdrawForm)
    refunds.withdraw_refund(own(order_no), refund_no, by=actors.wechat(current_user().id))
    notice("退款申请已撤回，项目可以继续使用")
    return redirect(url_for("mall.order", order_no=order_no), 303)
