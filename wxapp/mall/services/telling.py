"""What buyers are told of their orders."""

from __future__ import annotations

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import change, transaction
from wxapp.mall import queries
from wxapp.mall.models import Order, OrderStatus
from wxapp.messages.receivers import Receiver
from wxapp.messages.services import notify


def tell_closing_soon(order_no: str) -> bool:
    """Remind the buyer that an unpaid order is about to close, once; False when that is done or needless."""
    with transaction():
        open_still = sa.update(Order).where(
            Order.no == order_no, Order.status == OrderStatus.AWAITING_PAYMENT, Order.is_reminded.is_(False)
        )
        if not change(open_still.values(is_reminded=True)):
            return False
        order = queries.get_order(order_no)
        notify(
            "pt_order_0000002",
            Receiver("patient", order.patient_id),
            {
                "order_no": order.no,
                "items": names_of(order),
                "amount": order.total_fen,
                "expires_at": order.expires_at,
                "payment_no": order.payment_no,
            },
        )
        return True


def names_of(order: Order) -> str:
    return order.lines[0].goods_name + (f"等{len(order.lines)}件" if len(order.lines) > 1 else "")


def tell_placed(order: Order, *, state: str, hint: str) -> None:
    """下单成功: sent when the order is paid, and when the patient chose to pay at the hospital."""
    notify(
        "pt_order_0000001",
        Receiver("patient", order.patient_id),
        {
            "order_no": order.no,
            "items": names_of(order),
            "amount": order.total_fen,
            "status": state,
            "hint": hint,
            "at": clock.now(),
        },
    )
