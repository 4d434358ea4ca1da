"""Payment orders with their attempts, notices, refunds and transfers."""

from __future__ import annotations

from typing import Any

from flask import url_for

from wxapp.admin import audit, menu, search
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.tables import Action, Table
from wxapp.core.db import db
from wxapp.core.forms import read_form
from wxapp.core.money import yuan
from wxapp.core.permissions import Permission
from wxapp.core.states import history
from wxapp.payments import listings, queries, services
from wxapp.payments.admin.cashier import patient_of
from wxapp.payments.admin.door import PAYMENT_STATES, REFUND_STATES, attempt_badge, interface, subject_url
from wxapp.payments.errors import RefundElsewhere
from wxapp.payments.forms import RefundForm
from wxapp.payments.models import AttemptStatus, Method, PaymentOrder, PaymentStatus
from wxapp.payments.services.asides import source_of
from wxapp.payments.services.reconciliation import CHANNEL
from wxapp.payments.subjects import label_of, ways_of
from wxapp.wallet.house import HOUSE_BY_ID
from wxapp.wallet.kinds import label_of as kind_label
from wxapp.wallet.queries import transfers_of_sources

menu.entry("财务", "收款记录", "payments_admin.payments", Permission.PAYMENT_READ, 10)

PAYMENTS = Table(
    "payments.list",
    title="收款记录",
    columns=(
        Column("no", "支付单号", "code", link=lambda row: url_for("payments_admin.payment", payment_no=row.no)),
        Column("subject_no", "订单号", "code", below=lambda row: label_of(row.subject_kind)),
        Column("description", "内容"),
        Column("amount_fen", "金额", "money", sort=PaymentOrder.amount_fen),
        Column("refunded_fen", "已退", "money", value=lambda row: row.refunded_fen or None),
        Column("status", "状态", "badge", badges=PAYMENT_STATES),
        Column("method", "方式"),
        Column("paid_at", "支付时间", sort=PaymentOrder.paid_at),
        Column("created_at", "创建时间", sort=PaymentOrder.created_at),
    ),
    filters=(
        Filter("q", "查找", placeholder="单号、渠道单号、收据号、姓名、手机号", is_private=True),
        Filter("status", "状态", "choice", choices=[(s.value, PAYMENT_STATES[s].label) for s in PaymentStatus]),
        Filter("method", "方式", "choice", choices=[(m.value, m.label) for m in Method]),
        Filter("since", "从", "day"),
        Filter("until", "到", "day"),
    ),
    actions=(
        Action("详情", lambda row: url_for("payments_admin.payment", payment_no=row.no), Permission.PAYMENT_READ),
    ),
    sort="-created_at",
    key=PaymentOrder.id,
    empty="还没有收款记录",
)


@interface("payments.list", GET="/pc/payments", permission=Permission.PAYMENT_READ)
def payments() -> Page:
    return Page("payments/admin/payments.html", table=PAYMENTS.load(listings.payments_for_staff))


@interface("payments.detail", GET="/pc/payments/<payment_no>", permission=Permission.PAYMENT_READ)
def payment(payment_no: str) -> Page:
    found = queries.get_payment(payment_no)
    attempts = queries.attempts_of(found.id)
    refunds = queries.refunds_of(found.id)
    parts = queries.parts_of([refund.id for refund in refunds])
    number_of = {refund.id: refund.no for refund in refunds}
    sources = [attempt.out_trade_no for attempt in attempts]
    sources += [source_of(number_of[part.refund_id], part) for part in parts]
    numbers = [attempt.out_trade_no for attempt in attempts] + [part.out_refund_no for part in parts]
    left_fen = found.paid_fen - found.refunded_fen
    return Page(
        "payments/admin/payment.html",
        payment=found,
        subject=label_of(found.subject_kind),
        patient=patient_of(found),
        state=PAYMENT_STATES[found.status].label,
        attempts=attempts,
        refunds=refunds,
        notices=queries.notices_of(numbers),
        left_fen=left_fen,
        _tone=PAYMENT_STATES[found.status].tone,
        _badge=attempt_badge,
        _refund_states=REFUND_STATES,
        _transfers=[_transfer_line(row) for row in transfers_of_sources(sources)],
        _steps=history(found),
        _subject_url=subject_url(found),
        _can_query=any(a.channel.value == CHANNEL and a.status is not AttemptStatus.SUCCEEDED for a in attempts),
        _is_collectable=found.status is PaymentStatus.OPEN and "hospital" in ways_of(found.subject_kind),
        _refund_form=ShownForm(RefundForm, kinds={"amount": "money"}, help={"amount": f"最多可退{yuan(left_fen)}元"}),
    )


def _transfer_line(row: Any) -> dict[str, Any]:
    def name(account_id: int) -> str:
        return HOUSE_BY_ID[account_id].label if account_id in HOUSE_BY_ID else f"储值账户{account_id}"

    return {
        "at": row.at,
        "label": kind_label(row.kind),
        "payer": name(row.payer_id),
        "payee": name(row.payee_id),
        "amount_fen": row.amount_fen,
        "source": row.source,
    }


@interface(
    "payments.query",
    POST="/pc/payments/<payment_no>/query",
    permission=Permission.PAYMENT_READ,
    audit="向微信支付查询结果",
)
def query(payment_no: str) -> Done:
    """Ask WeChat Pay about every attempt that has not come to money."""
    found = queries.get_payment(payment_no)
    for attempt in queries.attempts_of(found.id):
        if attempt.channel.value == CHANNEL and attempt.status is not AttemptStatus.SUCCEEDED:
            services.query_attempt(attempt.id)
    db.session.refresh(found)
    audit.about(f"payment:{payment_no}")
    return Done(
        f"已查询，当前状态：{PAYMENT_STATES[found.status].label}",
        location=url_for("payments_admin.payment", payment_no=payment_no),
        status=found.status.value,
    )


@interface(
    "payments.request_refund",
    POST="/pc/payments/<payment_no>/refund",
    permission=Permission.REFUND_REQUEST,
    audit="申请退款",
    form_page=payment,
)
def request_refund(payment_no: str) -> Done:
    """Ask for a refund of a payment whose subject has no page of its own for it."""
    found = queries.get_payment(payment_no)
    if subject_url(found):  # it has to know what the money stands for: which pieces, whose stock
        raise RefundElsewhere
    form = read_form(RefundForm)
    by = current_staff().actor
    refund_no = once(
        "payments.request_refund",
        form,
        lambda: services.request_refund(
            subject_kind=found.subject_kind,
            subject_no=found.subject_no,
            amount_fen=form.amount,
            reason=form.reason,
            by=by,
        ),
        payment=payment_no,
    )
    audit.about(f"refund:{refund_no}", f"{yuan(form.amount)}元，{form.reason}")
    return Done("已提交，等待审核", location=url_for("payments_admin.refund", refund_no=refund_no), refund_no=refund_no)


def find(text: str) -> list[search.Hit]:
    """Find payments for the search box by one of their numbers."""
    rows = db.session.scalars(
        listings.payments_for_staff(q=text, status="", method="", since=None, until=None).limit(5)
    )
    return [
        search.Hit(
            f"{label_of(row.subject_kind)} {row.subject_no}",
            url_for("payments_admin.payment", payment_no=row.no),
            f"{yuan(row.amount_fen)}元，{PAYMENT_STATES[row.status].label}",
        )
        for row in rows
    ]


search.register("收款", Permission.PAYMENT_READ, find)
