"""Invoices: asking for one, and those that were asked for."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from wxapp.core import actors, files
from wxapp.core.errors import Invalid, NotFound
from wxapp.core.forms import read_form
from wxapp.core.limits import Limit
from wxapp.core.masking import masked_name, masked_phone
from wxapp.h5 import registry
from wxapp.h5.choices import Choice
from wxapp.h5.identity import current_user
from wxapp.h5.notices import notice
from wxapp.mall import invoice_rules, queries
from wxapp.mall.cart_forms import InvoiceForm, TitleForm
from wxapp.mall.cart_models import Invoice, InvoiceStatus, InvoiceTitle, TitleKind
from wxapp.mall.private_files import hand_out
from wxapp.mall.services import invoices as service
from wxapp.mall.services.invoices import MadeOut
from wxapp.mall.views.door import find_patient, number_in_address, pages
from wxapp.patients.access import current_patient, needs_patient

REQUESTS = Limit("mall.invoice", count=30, seconds=3600, message="申请过于频繁，请稍后再试")

TONES = {InvoiceStatus.REQUESTED: "wait", InvoiceStatus.ISSUED: "good", InvoiceStatus.REJECTED: "bad"}
KINDS = [Choice(TitleKind.PERSONAL, "个人"), Choice(TitleKind.COMPANY, "企业单位", note="需填写税号")]


@pages.page("/me/invoices")
def my_invoices() -> ResponseReturnValue:
    """The current patient's invoices, and the titles that the user has kept."""
    patient = find_patient()
    page = number_in_address("page", default=1, most=500)
    found, has_more = queries.invoices_of(patient.id, page=page) if patient else ([], False)
    return render_template(
        "mall/my_invoices.html",
        patient=patient,
        invoices=found,
        titles=queries.titles_of(current_user().id),
        shown_title=shown_title,
        tones=TONES,
        previous=url_for("mall.my_invoices", page=page - 1) if page > 1 else "",
        next=url_for("mall.my_invoices", page=page + 1) if has_more else "",
        page=page,
    )


def shown_title(one: Invoice | InvoiceTitle) -> str:
    """Return to whom an invoice is made out; a person's name is masked, as everywhere."""
    return one.title if one.kind is TitleKind.COMPANY else masked_name(one.title)


@pages.page("/orders/<order_no>/invoice")
@needs_patient
def invoice(order_no: str) -> ResponseReturnValue:
    """The order's invoice, or the form that asks for one."""
    order = queries.own_order(current_patient().id, order_no)
    asked_for = queries.invoices_of_order(order.id)
    open_one = next((one for one in asked_for if one.open_order_id is not None), None)
    titles = queries.titles_of(current_user().id)
    wanted = request.args.get("title", "")
    return render_template(
        "mall/invoice.html",
        order=order,
        invoice=open_one,
        earlier=[one for one in asked_for if one is not open_one],
        can_ask=open_one is None and service.is_invoiceable(order),
        amount_fen=invoice_rules.amount_left(total_fen=order.total_fen, refunded_fen=order.refunded_fen),
        kinds=KINDS,
        titles=titles,
        start=next((one for one in titles if str(one.id) == wanted), titles[0] if titles else None),
        shown_title=shown_title,
        sent_to=_sent_to,
        tones=TONES,
        S=InvoiceStatus,
    )


def _sent_to(one: Invoice) -> str:
    """Return where it is sent, masked: whoever else has bound the patient sees this page too."""
    parts = (invoice_rules.masked_email(one.email), masked_phone(one.phone) if one.phone else "")
    return " ".join(part for part in parts if part)


@pages.action("/orders/<order_no>/invoice", shown_again_by=invoice)
def request_invoice(order_no: str) -> ResponseReturnValue:
    """申请开票."""
    order = queries.own_order(current_patient().id, order_no)
    user = current_user()
    REQUESTS.hit(str(user.id))
    form = read_form(InvoiceForm)
    if errors := form.errors():
        raise Invalid(errors)
    made_out = MadeOut(form.kind, form.title, form.plain_tax_no, form.email, form.phone)
    service.request_invoice(order, made_out, wechat_user_id=user.id, once_key=form.once)
    notice("开票申请已提交")
    return redirect(url_for("mall.invoice", order_no=order_no), 303)


@pages.action("/me/invoices/<invoice_no>/withdraw", shown_again_by=lambda invoice_no: my_invoices())
def withdraw_invoice(invoice_no: str) -> ResponseReturnValue:
    """Take a request back."""
    found = queries.own_invoice(current_patient().id, invoice_no)
    read_form(TitleForm)
    service.withdraw(found, by=actors.wechat(current_user().id))
    notice("开票申请已撤回")
    return redirect(url_for("mall.invoice", order_no=found.order_no), 303)


@pages.action("/me/invoice-titles/<int:title_id>/forget", shown_again_by=lambda title_id: my_invoices())
def forget_title(title_id: int) -> ResponseReturnValue:
    """Delete a kept title."""
    user = current_user()
    queries.own_title(user.id, title_id)
    read_form(TitleForm)
    service.forget_title(user.id, title_id)
    notice("抬头已删除")
    return redirect(url_for("mall.my_invoices"), 303)


@pages.page("/me/invoices/<invoice_no>/file")
@needs_patient
def invoice_file(invoice_no: str) -> ResponseReturnValue:
    """The invoice as PDF."""
    found = queries.own_invoice(current_patient().id, invoice_no)
    if not found.file_token:
        raise NotFound
    file = files.private_file(found.file_token)
    return hand_out(file.token, content_type=file.content_type, download_name="invoice.pdf")


registry.me_entry("发票", "mall.my_invoices", "receipt", 36, group=registry.ORDERS)
