"""A patient's orders, reviews and invoices, for the patient to take away (个人信息保护法)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from wxapp.core import clock
from wxapp.core.db import change, db
from wxapp.core.masking import masked_name, masked_phone
from wxapp.core.money import yuan
from wxapp.mall.cart_models import CartLine, Invoice, InvoiceTitle, Review, TitleKind
from wxapp.mall.invoice_rules import masked_email
from wxapp.mall.models import Order
from wxapp.patients import export

MOST = 1000
"""More of one kind are never exported."""


def shopping_of(patient_id: int) -> dict[str, Any]:
    """Return orders, reviews and invoices, the newest first; amounts in yuan.

    To whom an invoice is made out and sent is masked: another who has bound the patient may have asked for it.
    """
    orders = sa.select(Order).where(Order.patient_id == patient_id).options(selectinload(Order.lines))
    reviews = sa.select(Review).where(Review.patient_id == patient_id)
    invoices = sa.select(Invoice).where(Invoice.patient_id == patient_id)
    return {
        "orders": [_order(one) for one in db.session.scalars(orders.order_by(Order.id.desc()).limit(MOST))],
        "reviews": [_review(one) for one in db.session.scalars(reviews.order_by(Review.id.desc()).limit(MOST))],
        "invoices": [_invoice(one) for one in db.session.scalars(invoices.order_by(Invoice.id.desc()).limit(MOST))],
    }


def _order(one: Order) -> dict[str, Any]:
    return {
        "no": one.no,
        "status": one.status.value,
        "total": yuan(one.total_fen),
        "refunded": yuan(one.refunded_fen),
        "contact_name": one.contact_name,
        "contact_phone": one.contact_phone,
        "contact_id_number": one.contact_id_number or None,
        "wished_on": one.wished_on.isoformat() if one.wished_on else None,
        "remark": one.remark,
        "paid_by": one.payment_method or None,
        "placed_at": _moment(one.placed_at),
        "paid_at": _moment(one.paid_at),
        "lines": [
            {"goods": line.goods_name, "quantity": line.quantity, "amount": yuan(line.amount_fen)} for line in one.lines
        ],
    }


def _review(one: Review) -> dict[str, Any]:
    return {
        "order_no": one.order_no,
        "goods": one.goods_name,
        "stars": one.stars,
        "text": one.text,
        "status": one.status.value,
        "written_at": _moment(one.written_at),
    }


def _invoice(one: Invoice) -> dict[str, Any]:
    return {
        "no": one.no,
        "order_no": one.order_no,
        "amount": yuan(one.amount_fen),
        "status": one.status.value,
        "title": one.title if one.kind is TitleKind.COMPANY else masked_name(one.title),
        "tax_no": one.tax_no or None,
        "email": masked_email(one.email) or None,
        "phone": masked_phone(one.phone) if one.phone else None,
        "invoice_no": one.invoice_no or None,
        "issued_on": one.issued_on.isoformat() if one.issued_on else None,
        "requested_at": _moment(one.requested_at),
    }


def _moment(moment: datetime | None) -> str | None:
    return clock.local(moment).isoformat(timespec="seconds") if moment else None


def _orders_of(patient_ids: Sequence[int]) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).where(Order.patient_id.in_(patient_ids)).scalar_subquery()


def _empty_cart(user_id: int) -> int:
    return change(sa.delete(CartLine).where(CartLine.wechat_user_id == user_id))


def _forget_titles(user_id: int) -> int:
    return change(sa.delete(InvoiceTitle).where(InvoiceTitle.wechat_user_id == user_id))


export.part(
    "shopping",
    shopping_of,
    label="商城订单、评价与发票",
    why="提供您购买的服务、退款与开票",
    kept_for="交易记录自完成之日起至少5年",
    count=_orders_of,
)
export.goes("cart", "购物车", _empty_cart)
export.goes("invoice_titles", "保存的发票抬头", _forget_titles)
