"""Invoices (开票): asked for by the patient for a paid order, issued by staff.

An order has at most one that is open, i.e. requested or issued. Its amount is what was paid less what went back,
decided when it is asked for and again when it is issued; a refund in between lowers it, and one after that marks it:
staff have to reverse it (红冲).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core import actors, clock, idempotency, ids
from wxapp.core.crypto import blind_index
from wxapp.core.db import change, db, insert_row, transaction
from wxapp.core.errors import IllegalTransition
from wxapp.mall import invoice_rules, queries
from wxapp.mall.cart_models import Invoice, InvoiceStatus, InvoiceTitle, TitleKind
from wxapp.mall.cart_states import INVOICE
from wxapp.mall.errors import InvoiceAmountMoved, InvoiceOpen, NotInvoiceable
from wxapp.mall.models import Order, OrderStatus
from wxapp.patients.services import wechat_users as users

INVOICEABLE = (OrderStatus.PAID, OrderStatus.IN_USE, OrderStatus.DONE)
"""Not while money is on its way back."""


@dataclass(frozen=True)
class MadeOut:
    """To whom an invoice is made out, and where it is sent."""

    kind: TitleKind
    title: str
    tax_no: str
    email: str
    phone: str


def is_invoiceable(order: Order) -> bool:
    """Whether an invoice for this order may be asked for, if none is open."""
    return order.status in INVOICEABLE and _amount_of(order) > 0


def _amount_of(order: Order) -> int:
    return invoice_rules.amount_left(total_fen=order.total_fen, refunded_fen=order.refunded_fen)


def request_invoice(order: Order, made_out: MadeOut, *, wechat_user_id: int, once_key: str) -> str:
    """Ask for an invoice and return the number of the request. The same key asks once.

    :raises NotInvoiceable: the order is not paid, all went back, or a refund is under way
    :raises InvoiceOpen: the order has one that is requested or issued
    """
    by = actors.wechat(wechat_user_id)
    asked = {"order": order.no, **asdict(made_out)}

    def ask() -> str:
        users.hold(wechat_user_id)  # the titles kept for this user are counted
        no = ids.outside_number("F")
        if not is_invoiceable(order):
            raise NotInvoiceable
        insert_row(
            Invoice,
            no=no,
            order_id=order.id,
            order_no=order.no,
            open_order_id=order.id,
            patient_id=order.patient_id,
            wechat_user_id=wechat_user_id,
            status=InvoiceStatus.REQUESTED,
            amount_fen=_amount_of(order),
            requested_at=clock.now(),
            **asdict(made_out),
        )
        _remember(made_out, wechat_user_id)
        return no

    try:
        return idempotency.once(f"{by}/mall.request_invoice", once_key, asked, ask)
    except IntegrityError:  # the unique key of the order's open invoice
        if queries.find_open_invoice(order.id) is None:
            raise
        raise InvoiceOpen from None


def _remember(made_out: MadeOut, wechat_user_id: int) -> None:
    """Keep the title for the next invoice; the one used longest ago makes room."""
    same = f"{made_out.kind.value}\0{made_out.title}\0{made_out.tax_no}"
    index = blind_index(same, context="mall_invoice_title.same")
    known = db.session.scalars(
        sa.select(InvoiceTitle).where(InvoiceTitle.wechat_user_id == wechat_user_id).order_by(InvoiceTitle.used_at)
    ).all()
    title = next((one for one in known if one.same_index == index), None)
    if title is None:
        for old in known[: max(0, len(known) - invoice_rules.MAX_TITLES + 1)]:
            db.session.delete(old)
        title = InvoiceTitle(wechat_user_id=wechat_user_id, same_index=index)
        db.session.add(title)
    for name, value in asdict(made_out).items():
        setattr(title, name, value)
    title.used_at = clock.now()


def forget_title(wechat_user_id: int, title_id: int) -> None:
    """Forget a kept title; invoices that were made out to it stay as they are."""
    with transaction():
        change(
            sa.delete(InvoiceTitle).where(InvoiceTitle.wechat_user_id == wechat_user_id, InvoiceTitle.id == title_id)
        )


def withdraw(invoice: Invoice, *, by: str) -> None:
    """Take a request back on the patient's wish.

    :raises IllegalTransition: staff were faster
    """
    with transaction():
        _end(invoice, InvoiceStatus.CANCELLED, by=by, why="用户撤回")


# --- staff -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Issued:
    """What is printed on the invoice; the file is its PDF, if there is one."""

    invoice_no: str
    issued_on: date
    amount_fen: int
    file_token: str = ""


def issue(invoice_no: str, issued: Issued, *, by: str) -> None:
    """Note that an invoice was issued over the amount that was looked at.

    :raises InvoiceAmountMoved: another amount is to be invoiced by now
    :raises IllegalTransition: it is not requested any more
    """
    with transaction():
        invoice = queries.get_invoice(invoice_no)
        if invoice.status is not InvoiceStatus.REQUESTED:
            raise IllegalTransition
        # The lock of this row decides: a refund heard before has lowered the amount, one heard later marks it.
        same = sa.update(Invoice).where(Invoice.id == invoice.id, Invoice.amount_fen == issued.amount_fen)
        order = queries.get_order(invoice.order_no)
        if not change(same.values(amount_fen=issued.amount_fen)) or not _is_settled(order, issued.amount_fen):
            raise InvoiceAmountMoved
        INVOICE.move(
            invoice,
            InvoiceStatus.ISSUED,
            by=by,
            why=issued.invoice_no,
            invoice_no=issued.invoice_no,
            issued_on=issued.issued_on,
            file_token=issued.file_token,
        )


def _is_settled(order: Order, amount_fen: int) -> bool:
    return order.status in INVOICEABLE and _amount_of(order) == amount_fen


def reject(invoice_no: str, *, reason: str, by: str) -> None:
    """Refuse a request; another one may follow.

    :raises IllegalTransition: it is not requested any more
    """
    with transaction():
        _end(queries.get_invoice(invoice_no), InvoiceStatus.REJECTED, by=by, why=reason)


def note_reversal(invoice_no: str, *, by: str) -> None:
    """Note that an issued invoice was reversed (红冲); an invoice for the rest may be asked for.

    :raises IllegalTransition: nothing is to be reversed
    """
    with transaction():
        invoice = queries.get_invoice(invoice_no)
        if not (invoice.status is InvoiceStatus.ISSUED and invoice.needs_reversal):
            raise IllegalTransition
        _end(invoice, InvoiceStatus.CANCELLED, by=by, why="退款后已红冲", needs_reversal=False)


def _end(invoice: Invoice, status: InvoiceStatus, *, by: str, why: str, **values: object) -> None:
    ended: Mapping[str, object] = {"end_reason": why[:100], "open_order_id": None, **values}
    INVOICE.move(invoice, status, by=by, why=why, **ended)


def follow_refund(order_no: str) -> None:
    """Follow money that went back: a request is for less, or for nothing any more; an issued invoice is marked.

    Hearing it twice changes nothing.
    """
    with transaction():
        order = queries.get_order(order_no)
        invoice = queries.find_open_invoice(order.id)
        if invoice is None:
            return
        left = _amount_of(order)
        requested = sa.update(Invoice).where(Invoice.id == invoice.id, Invoice.status == InvoiceStatus.REQUESTED)
        if left and change(requested.values(amount_fen=left)):
            return
        if not left and invoice.status is InvoiceStatus.REQUESTED:
            _end(invoice, InvoiceStatus.CANCELLED, by=actors.system("mall"), why="订单已全额退款")
            return
        issued = sa.update(Invoice).where(
            Invoice.id == invoice.id, Invoice.status == InvoiceStatus.ISSUED, Invoice.amount_fen > left
        )
        change(issued.values(needs_reversal=True))
