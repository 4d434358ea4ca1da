"""Staff pages: orders, closing them, asking for refunds, and the report of their delivery."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from flask import request, url_for

from wxapp.admin import menu, presses, search
from wxapp.admin.answers import Done, Page
from wxapp.admin.audit import looked_at
from wxapp.admin.cells import Badge, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.tables import Table
from wxapp.core.forms import read_form
from wxapp.core.masking import masked_name, masked_phone
from wxapp.core.permissions import Permission
from wxapp.core.states import history
from wxapp.mall import figures, queries
from wxapp.mall.admin.door import interface
from wxapp.mall.forms import CloseForm
from wxapp.mall.item_forms import AgainForm, RefundPiecesForm, read_with_items
from wxapp.mall.models import Order, OrderSource, OrderStatus, ShippingStatus
from wxapp.mall.services import ordering, refunds, shipping
from wxapp.mall.states import UNPAID, USABLE
from wxapp.payments import queries as payment_queries
from wxapp.payments.models import Refund

STATES = {
    OrderStatus.AWAITING_PAYMENT: Badge("待付款", "amber"),
    OrderStatus.AWAITING_HOSPITAL: Badge("待到院支付", "amber"),
    OrderStatus.PAID: Badge("待使用", "green"),
    OrderStatus.IN_USE: Badge("使用中", "blue"),
    OrderStatus.DONE: Badge("已完成", "grey"),
    OrderStatus.REFUNDING: Badge("退款中", "red"),
    OrderStatus.REFUNDED: Badge("已退款", "grey"),
    OrderStatus.CLOSED: Badge("已关闭", "grey"),
}


@dataclass(frozen=True)
class OrderRow:
    """An order as lists show it, the contact masked."""

    no: str
    status: OrderStatus
    goods: str
    total_fen: int
    refunded_fen: int
    contact: str
    method: str
    placed_at: datetime
    wished_on: date | None

    @classmethod
    def of(cls, order: Order) -> OrderRow:
        goods = "、".join(f"{line.goods_name}×{line.quantity}" for line in order.lines)
        contact = f"{masked_name(order.contact_name)} {masked_phone(order.contact_phone)}"
        return cls(
            order.no,
            order.status,
            goods,
            order.total_fen,
            order.refunded_fen,
            contact,
            figures.method_label(order.payment_method),
            order.placed_at,
            order.wished_on,
        )


ORDERS = Table(
    "mall.orders",
    title="商城订单",
    columns=(
        Column(
            "no", "订单号", kind="code", link=lambda row: url_for("mall_admin.order", order_no=row.no), sort=Order.id
        ),
        Column("status", "状态", kind="badge", badges=STATES),
        Column("goods", "商品"),
        Column("total_fen", "金额", kind="money", sort=Order.total_fen),
        Column("contact", "预约人"),
        Column("method", "支付方式"),
        Column("placed_at", "下单时间", kind="moment", sort=Order.placed_at),
        Column("wished_on", "期望日期", kind="day", sort=Order.wished_on),
    ),
    filters=(
        Filter("text", "订单号/核销码/姓名/手机号", is_private=True),
        Filter("status", "状态", kind="choice", choices=[(s.value, s.label) for s in OrderStatus]),
        Filter("since", "下单从", kind="day"),
        Filter("until", "下单至", kind="day"),
    ),
    sort="-no",
    key=Order.id,
    make=OrderRow.of,
    empty="还没有订单",
)


@interface("mall.orders", GET="/pc/mall/orders", permission=Permission.ORDER_READ)
def orders() -> Page:
    """All orders."""
    return Page("mall/admin/orders.html", table=ORDERS.load(queries.orders_for_staff))


@interface("mall.order", GET="/pc/mall/orders/<order_no>", permission=Permission.ORDER_READ)
def order(order_no: str) -> Page:
    """One order with its steps, and what this person may do with it."""
    looked_at("mall_order", order_no, "订单详情")  # first: its commit would have the order read a second time
    found = queries.get_order(order_no)
    staff = current_staff()
    is_unpaid = found.status in UNPAID
    items = queries.line_items(found)
    is_refundable = found.status in (OrderStatus.PAID, OrderStatus.IN_USE) and any(line.open for line in items)
    report = queries.find_shipping(found.id) if found.source is OrderSource.MINI_PROGRAM else None
    return Page(
        "mall/admin/order.html",
        order=found,
        lines=found.lines,
        steps=history(found),
        state=STATES[found.status].label,
        tone=STATES[found.status].tone,
        method=figures.method_label(found.payment_method),
        contact={
            "name": masked_name(found.contact_name),
            "phone": masked_phone(found.contact_phone),
        },
        can_collect=is_unpaid and staff.may(Permission.PAYMENT_COLLECT),
        can_close=is_unpaid and staff.may(Permission.ORDER_CLOSE),
        can_refund=is_refundable and staff.may(Permission.REFUND_REQUEST),
        can_redeem=found.status in USABLE and staff.may(Permission.ORDER_REDEEM),
        can_report=report is not None
        and report.status in (ShippingStatus.STUCK, ShippingStatus.WAITING)
        and staff.may(Permission.REFUND_REQUEST),
        shipping=report,
        items=[
            {
                "field": group.field,
                "name": group.name,
                "share_fen": group.share_fen,
                "open": group.open,
                "used": group.used,
                "refunding": group.refunding,
                "refunded": group.refunded,
            }
            for line in items
            for group in line.groups
        ],
        _items=items,
        _refunds=refunds_of(found) if found.paid_at else [],
        _close_form=ShownForm(CloseForm),
        _states=STATES,
    )


@interface(
    "mall.order_close",
    POST="/pc/mall/orders/<order_no>/close",
    permission=Permission.ORDER_CLOSE,
    audit="关闭订单",
    form_page=order,
)
def close_order(order_no: str) -> Done:
    """Close an unpaid order."""
    form = read_form(CloseForm)
    ordering.cancel_order(queries.get_order(order_no), by=current_staff().actor, reason=form.reason)
    return Done("订单已关闭，库存已退回", location=url_for("mall_admin.order", order_no=order_no))


@interface(
    "mall.order_refund",
    POST="/pc/mall/orders/<order_no>/refund",
    permission=Permission.REFUND_REQUEST,
    audit="申请退款",
    form_page=order,
)
def request_refund(order_no: str) -> Done:
    """Ask for a refund of pieces or items that are still open; another person decides on the payments' page."""
    form, wished, pieces = read_with_items(RefundPiecesForm, request.form, with_pieces=True)
    by = current_staff().actor
    chosen = f"{sorted(wished.items())} {sorted(pieces.items())}"
    refund_no = presses.once(
        "mall.order_refund",
        form,
        lambda: refunds.request_refund(order_no, pieces=pieces, wished=wished, reason=form.reason, by=by),
        order=order_no,
        chosen=chosen,
    )
    return Done(
        "退款已提交，等待另一位同事审核", location=url_for("mall_admin.order", order_no=order_no), refund_no=refund_no
    )


@interface(
    "mall.order_report",
    POST="/pc/mall/orders/<order_no>/shipping",
    permission=Permission.REFUND_REQUEST,
    audit="重新上报发货",
    form_page=order,
)
def report_again(order_no: str) -> Done:
    """Report a mini-program's order to WeChat again, with the job's next round."""
    read_form(AgainForm)
    shipping.report_again(order_no, by=current_staff().actor)
    return Done("已重新安排上报，请稍后刷新查看结果", location=url_for("mall_admin.order", order_no=order_no))


def refunds_of(found: Order) -> list[Refund]:
    """Return the refunds of an order's own money, oldest first."""
    return [one for one in payment_queries.refunds_of_payment(found.payment_no) if not one.is_late]


def _find_orders(text: str) -> list[search.Hit]:
    found = queries.orders_by_number(queries.find_numbers(text, limit=search.MOST))
    return [
        search.Hit(
            order.no,
            url_for("mall_admin.order", order_no=order.no),
            f"{order.status.label} {masked_name(order.contact_name)}",
        )
        for order in found
    ]


search.register("商城订单", Permission.ORDER_READ, _find_orders)


menu.entry("订单", "商城订单", "mall_admin.orders", Permission.ORDER_READ, 10)
