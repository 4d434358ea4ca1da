"""What the mall does on hearing of payments."""

from __future__ import annotations

from collections.abc import Sequence

from wxapp.core.events import on
from wxapp.mall import (
    exporting,  # noqa: F401 - its part of what a patient may take away
    queries,
)
from wxapp.mall.events import OrderRefunded
from wxapp.mall.models import OrderStatus
from wxapp.mall.services import checks, invoices, ordering, refunds
from wxapp.messages import taps
from wxapp.payments import invariants, subjects
from wxapp.payments.events import PaymentClosed, PaymentReceived, RefundRejected, RefundSucceeded, RefundWithdrawn

CLOSE_REASONS = {"expired": "超时未付款，自动关闭"}


def numbers_meant(text: str) -> Sequence[str]:
    """Return the orders that a cashier may mean by an order number, a 12-digit code, or the contact's name or phone."""
    return queries.find_numbers(text)


def lines_of(order_no: str) -> Sequence[subjects.Line]:
    order = queries.get_order(order_no)
    return [subjects.Line(line.goods_name, line.quantity, line.amount_fen) for line in order.lines]


def bookable(patient_id: int) -> Sequence[subjects.Bookable]:
    """Return the orders of a patient of which something may still be used: for them a visit can be booked."""
    cards, _has_more = queries.orders_of(patient_id, statuses=(OrderStatus.PAID, OrderStatus.IN_USE))
    return [
        subjects.Bookable(card.no, card.lines[0].goods_name + (f"等{len(card.lines)}件" if len(card.lines) > 1 else ""))
        for card in cards
    ]


subjects.register(
    subjects.Subject(
        kind=ordering.SUBJECT,
        label="体检商城订单",
        page="mall.order",
        argument="order_no",
        staff_page="mall_admin.order",
        find=numbers_meant,
        lines=lines_of,
        wait_at_hospital=ordering.wait_at_hospital,
        bookable=bookable,
    )
)


taps.register("order detail", "mall.order", "order_no")
invariants.register(checks.invariants)


@on(PaymentReceived)
def follow_payment(event: PaymentReceived) -> None:
    if event.subject_kind == ordering.SUBJECT:
        ordering.mark_paid(
            event.subject_no,
            payment_no=event.payment_no,
            amount_fen=event.amount_fen,
            method=event.method,
            landed_late=event.landed_late,
        )


@on(PaymentClosed)
def follow_closing(event: PaymentClosed) -> None:
    if event.subject_kind == ordering.SUBJECT:
        ordering.close_for_unpaid(event.subject_no, reason=CLOSE_REASONS.get(event.reason, event.reason))


@on(RefundSucceeded)
def follow_refund(event: RefundSucceeded) -> None:
    if event.subject_kind == ordering.SUBJECT:
        refunds.settle_refund(event.subject_no, refund_no=event.refund_no, amount_fen=event.amount_fen)


@on(RefundRejected)
def follow_rejection(event: RefundRejected) -> None:
    if event.subject_kind == ordering.SUBJECT:
        refunds.forget_refund(event.subject_no, refund_no=event.refund_no, why=event.reason)


@on(RefundWithdrawn)
def follow_withdrawal(event: RefundWithdrawn) -> None:
    if event.subject_kind == ordering.SUBJECT:
        refunds.forget_refund(event.subject_no, refund_no=event.refund_no, why="申请人撤回退款")


@on(OrderRefunded)
def follow_money_back(event: OrderRefunded) -> None:
    """An invoice is for what was paid and not given back."""
    invoices.follow_refund(event.order_no)
