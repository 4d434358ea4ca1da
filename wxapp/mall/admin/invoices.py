"""Staff pages: invoices, as finance issues them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import request, url_for
from flask.wrappers import Response

from wxapp.admin import dashboard, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.audit import looked_at
from wxapp.admin.cells import Badge, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.tables import Table
from wxapp.core import clock, documents, files
from wxapp.core.errors import Invalid, NotFound
from wxapp.core.forms import read_form
from wxapp.core.masking import masked_name
from wxapp.core.permissions import Permission
from wxapp.core.states import history
from wxapp.mall import queries
from wxapp.mall.admin.door import interface
from wxapp.mall.cart_forms import IssueForm, RejectForm
from wxapp.mall.cart_models import Invoice, InvoiceStatus, TitleKind
from wxapp.mall.forms import CancelForm
from wxapp.mall.private_files import hand_out
from wxapp.mall.services import invoices as service
from wxapp.mall.services.invoices import Issued

STATES = {
    InvoiceStatus.REQUESTED: Badge("待开票", "amber"),
    InvoiceStatus.ISSUED: Badge("已开票", "green"),
    InvoiceStatus.REJECTED: Badge("未通过", "red"),
    InvoiceStatus.CANCELLED: Badge("已取消", "grey"),
}

EARLIEST = timedelta(days=31)
"""An invoice may be entered so long after its day."""


@dataclass(frozen=True)
class InvoiceRow:
    """An invoice as the list shows it, persons masked."""

    no: str
    order_no: str
    title: str
    kind: TitleKind
    amount_fen: int
    status: InvoiceStatus
    reversal: str
    invoice_no: str
    issued_on: date | None
    requested_at: datetime

    @classmethod
    def of(cls, one: Invoice) -> InvoiceRow:
        title = one.title if one.kind is TitleKind.COMPANY else masked_name(one.title)
        reversal = "需红冲" if one.needs_reversal else ""
        return cls(
            one.no,
            one.order_no,
            title,
            one.kind,
            one.amount_fen,
            one.status,
            reversal,
            one.invoice_no,
            one.issued_on,
            one.requested_at,
        )


INVOICES = Table(
    "mall.invoices",
    title="开票申请",
    columns=(
        Column("no", "申请号", kind="code", link=lambda row: url_for("mall_admin.invoice", invoice_no=row.no)),
        Column("order_no", "订单号", kind="code"),
        Column("title", "抬头", below=lambda row: row.kind.label),
        Column("amount_fen", "金额", kind="money", sort=Invoice.amount_fen),
        Column("status", "状态", kind="badge", badges=STATES),
        Column("reversal", "退款后"),
        Column("invoice_no", "发票号码", kind="code"),
        Column("issued_on", "开票日期", kind="day", sort=Invoice.issued_on),
        Column("requested_at", "申请时间", kind="moment", sort=Invoice.requested_at),
    ),
    filters=(
        Filter("text", "申请号/订单号/发票号码"),
        Filter("status", "状态", kind="choice", choices=[(s.value, s.label) for s in InvoiceStatus]),
        Filter("reversal", "需红冲", kind="checked"),
    ),
    sort="-requested_at",
    key=Invoice.id,
    make=InvoiceRow.of,
    empty="还没有开票申请",
)


@interface("mall.invoices", GET="/pc/mall/invoices", permission=Permission.INVOICE_HANDLE)
def invoices() -> Page:
    """All requests."""
    return Page("mall/admin/invoices.html", table=INVOICES.load(queries.invoices_for_staff))


@interface("mall.invoice", GET="/pc/mall/invoices/<invoice_no>", permission=Permission.INVOICE_HANDLE)
def invoice(invoice_no: str) -> Page:
    """One request with what has to be printed on the invoice: whoever issues it needs it in full."""
    looked_at("mall_invoice", invoice_no, "开票资料")
    found = queries.get_invoice(invoice_no)
    order = queries.get_order(found.order_no)
    values = {"amount": found.amount_fen, "issued_on": clock.today()}
    return Page(
        "mall/admin/invoice.html",
        invoice=found,
        lines=order.lines,
        total_fen=order.total_fen,
        refunded_fen=order.refunded_fen,
        steps=history(found),
        state=STATES[found.status].label,
        tone=STATES[found.status].tone,
        is_open=found.status is InvoiceStatus.REQUESTED,
        is_reversible=found.status is InvoiceStatus.ISSUED and found.needs_reversal,
        _issue_form=ShownForm(IssueForm, values=values),
        _reject_form=ShownForm(RejectForm),
        _states=STATES,
    )


@interface(
    "mall.invoice_issue",
    POST="/pc/mall/invoices/<invoice_no>/issue",
    permission=Permission.INVOICE_HANDLE,
    audit="登记已开发票",
    form_page=invoice,
)
def issue_invoice(invoice_no: str) -> Done:
    """Note number and day of the invoice; its PDF may come along."""
    found = queries.get_invoice(invoice_no)
    form = read_form(IssueForm)
    if not clock.today() - EARLIEST <= form.issued_on <= clock.today():
        raise Invalid({"issued_on": "开票日期应在最近31天内"})
    token = _keep_document()
    try:
        once("mall.issue_invoice", form, lambda: _issue(invoice_no, form, token), invoice=invoice_no)
    except BaseException as error:  # a conflict too: the door is passed once more, and keeps it once more
        files.discard_after(error, [token] if token else [])
        raise
    if token and token != queries.get_invoice(found.no).file_token:
        files.discard([token])  # a second press has brought its file again
    return Done("已登记开票", location=url_for("mall_admin.invoice", invoice_no=invoice_no))


def _issue(invoice_no: str, form: IssueForm, token: str) -> str:
    issued = Issued(form.invoice_no, form.issued_on, form.amount, token)
    service.issue(invoice_no, issued, by=current_staff().actor)
    return invoice_no


def _keep_document() -> str:
    upload = request.files.get("document")
    if upload is None or not upload.filename:
        return ""
    document = documents.read_document(upload.stream.read(documents.MAX_DOCUMENT_BYTES + 1))
    return documents.keep_document(document, name=upload.filename, by=current_staff().actor).token


@interface(
    "mall.invoice_reject",
    POST="/pc/mall/invoices/<invoice_no>/reject",
    permission=Permission.INVOICE_HANDLE,
    audit="驳回开票申请",
    form_page=invoice,
)
def reject_invoice(invoice_no: str) -> Done:
    """Refuse a request; the patient reads why."""
    form = read_form(RejectForm)
    service.reject(invoice_no, reason=form.end_reason, by=current_staff().actor)
    return Done("申请已驳回", location=url_for("mall_admin.invoice", invoice_no=invoice_no))


@interface(
    "mall.invoice_reverse",
    POST="/pc/mall/invoices/<invoice_no>/reverse",
    permission=Permission.INVOICE_HANDLE,
    audit="登记发票红冲",
    form_page=invoice,
)
def reverse_invoice(invoice_no: str) -> Done:
    """Note that an issued invoice was reversed after a refund."""
    read_form(CancelForm)
    service.note_reversal(invoice_no, by=current_staff().actor)
    return Done("已登记红冲", location=url_for("mall_admin.invoice", invoice_no=invoice_no))


@interface("mall.invoice_file", GET="/pc/mall/invoices/<invoice_no>/file", permission=Permission.INVOICE_HANDLE)
def invoice_document(invoice_no: str) -> Response:
    """The invoice as PDF."""
    found = queries.get_invoice(invoice_no)
    if not found.file_token:
        raise NotFound
    looked_at("mall_invoice", invoice_no, "发票文件")
    file = files.private_file(found.file_token)
    return hand_out(file.token, content_type=file.content_type, download_name="invoice.pdf")


def _to_handle(count: int) -> dashboard.Card:
    waiting = url_for("mall_admin.invoices", status=InvoiceStatus.REQUESTED)
    return dashboard.Card("待办发票", str(count), "待开票与需红冲", waiting, "receipt")


dashboard.dashboard_counts(75, Permission.INVOICE_HANDLE, lambda: [queries.invoices_to_handle()], _to_handle)
menu.entry("订单", "开票申请", "mall_admin.invoices", Permission.INVOICE_HANDLE, 40)
