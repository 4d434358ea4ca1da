"""收银台: find what is to be paid, take the money, print the receipt."""

from __future__ import annotations

from flask import url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Badge, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.tables import Action, Table
from wxapp.core.errors import NotFound
from wxapp.core.forms import read_form
from wxapp.core.masking import masked_name
from wxapp.core.money import yuan
from wxapp.core.permissions import Permission
from wxapp.patients.queries import patient_names
from wxapp.payments import listings, queries, services
from wxapp.payments.admin.door import PAYMENT_STATES, interface, subject_url
from wxapp.payments.forms import CollectForm
from wxapp.payments.models import PaymentOrder, PaymentStatus
from wxapp.payments.services.at_counter import COUNTER_METHODS, count_print
from wxapp.payments.subjects import label_of, lines_of

menu.entry("收银", "收银台", "payments_admin.cashier", Permission.PAYMENT_COLLECT, 10)

TO_COLLECT = Table(
    "payments.cashier",
    title="待收款",
    columns=(
        Column("subject_no", "订单号", "code", below=lambda row: row.subject),
        Column("description", "内容"),
        Column("patient", "患者"),
        Column("amount_fen", "应收", "money"),
        Column("status", "状态", "badge", badges=PAYMENT_STATES),
        Column(
            "waits_at_hospital",
            "到院支付",
            "badge",
            badges={True: Badge("已选择", "blue"), False: Badge("未选择", "grey")},
        ),
        Column("created_at", "下单时间"),
    ),
    filters=(Filter("q", "查找", placeholder="订单号、12位核销码、姓名、手机号或病历号", is_private=True),),
    actions=(
        Action(
            "收款",
            lambda row: url_for("payments_admin.collect_page", payment_no=row.no),
            Permission.PAYMENT_COLLECT,
            when=lambda row: row.status is PaymentStatus.OPEN,
        ),
        Action(
            "查看",
            lambda row: url_for("payments_admin.payment", payment_no=row.no),
            Permission.PAYMENT_READ,
            when=lambda row: row.status is not PaymentStatus.OPEN,
        ),
    ),
    empty="没有等待到院支付的订单，可在上方按订单号、核销码、姓名或手机号查找",
    is_exportable=False,
)


@interface("payments.cashier", GET="/pc/cashier", permission=Permission.PAYMENT_COLLECT)
def cashier() -> Page:
    return Page("payments/admin/cashier.html", table=TO_COLLECT.load(listings.to_collect))


@interface("payments.collect_page", GET="/pc/cashier/<payment_no>", permission=Permission.PAYMENT_COLLECT)
def collect_page(payment_no: str) -> Page:
    payment = queries.get_payment(payment_no)
    return Page(
        "payments/admin/collect.html",
        payment=payment,
        subject=label_of(payment.subject_kind),
        lines=lines_of(payment.subject_kind, payment.subject_no),
        patient=patient_of(payment),
        is_open=payment.status is PaymentStatus.OPEN,
        state=PAYMENT_STATES[payment.status].label,
        _tone=PAYMENT_STATES[payment.status].tone,
        _methods=[method.value for method in COUNTER_METHODS],
        _subject_url=subject_url(payment),
        _form=ShownForm(CollectForm, kinds=dict.fromkeys((m.value for m in COUNTER_METHODS), "money")),
    )


@interface(
    "payments.collect",
    POST="/pc/cashier/<payment_no>",
    permission=Permission.PAYMENT_COLLECT,
    audit="到院收款",
    form_page=collect_page,
)
def collect(payment_no: str) -> Done:
    form = read_form(CollectForm)
    parts = form.parts()
    receipt_no = services.collect(payment_no, parts, by=current_staff().actor, till=form.till)
    total = yuan(sum(fen for _, fen in parts))
    audit.about(f"payment:{payment_no}", f"收据{receipt_no}，{total}元")
    return Done(
        f"已收款{total}元，收据号{receipt_no}",
        location=url_for("payments_admin.payment", payment_no=payment_no),
        receipt_no=receipt_no,
    )


@interface(
    "payments.print_receipt",
    POST="/pc/payments/<payment_no>/receipt",
    permission=Permission.PAYMENT_COLLECT,
    audit="打印收据",
)
def print_receipt(payment_no: str) -> Page:
    """Show the receipt as it is printed; each showing is counted and stands on it."""
    payment = count_print(payment_no)
    if payment.receipt_no is None:
        raise NotFound
    audit.about(f"payment:{payment_no}", f"收据{payment.receipt_no}，第{payment.receipt_prints}次")
    return Page(
        "payments/admin/receipt.html",
        payment=payment,
        subject=label_of(payment.subject_kind),
        lines=lines_of(payment.subject_kind, payment.subject_no),
        parts=[(attempt.channel.label, attempt.amount_fen) for attempt in queries.paid_attempts(payment.id)],
        patient=patient_of(payment),
    )


def patient_of(payment: PaymentOrder) -> str:
    """Return the patient's masked name, "" when there is none."""
    if payment.patient_id is None:
        return ""
    name = patient_names([payment.patient_id]).get(payment.patient_id)
    return masked_name(name) if name else ""
