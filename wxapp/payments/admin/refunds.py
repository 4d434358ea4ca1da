"""Refunds: decided by another person, carried out by a job, mended by people when the channel can't."""

from __future__ import annotations

from typing import Any

from flask import url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.tables import Action, Table
from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.core.forms import read_form
from wxapp.core.money import yuan
from wxapp.core.permissions import Permission
from wxapp.core.states import history
from wxapp.payments import listings, queries, services
from wxapp.payments.admin.cashier import patient_of
from wxapp.payments.admin.door import PART_STATES, REFUND_STATES, interface, subject_url
from wxapp.payments.forms import DecisionForm, HandForm, RejectForm
from wxapp.payments.models import PaymentOrder, Refund, RefundPart, RefundStatus
from wxapp.payments.services.at_counter import COUNTER_METHODS
from wxapp.payments.subjects import label_of

menu.entry("财务", "退款", "payments_admin.refunds", Permission.PAYMENT_READ, 20)

REFUNDS = Table(
    "payments.refunds",
    title="退款",
    columns=(
        Column("no", "退款单号", "code", value=lambda row: row[0].no, link=lambda row: _url(row[0].no)),
        Column(
            "subject_no",
            "订单号",
            "code",
            value=lambda row: row[1].subject_no,
            below=lambda row: label_of(row[1].subject_kind),
        ),
        Column("amount_fen", "金额", "money", value=lambda row: row[0].amount_fen, sort=Refund.amount_fen),
        Column("reason", "原因", value=lambda row: row[0].reason),
        Column("status", "状态", "badge", value=lambda row: row[0].status, badges=REFUND_STATES),
        Column("requested_by", "申请人", "actor", value=lambda row: row[0].requested_by),
        Column("decided_by", "审核人", "actor", value=lambda row: row[0].decided_by),
        Column("requested_at", "申请时间", value=lambda row: row[0].requested_at, sort=Refund.requested_at),
    ),
    filters=(
        Filter("q", "单号", placeholder="退款单号、订单号、支付单号"),
        Filter("status", "状态", "choice", choices=[(s.value, REFUND_STATES[s].label) for s in RefundStatus]),
    ),
    actions=(
        Action(
            "审核",
            lambda row: _url(row[0].no),
            Permission.REFUND_APPROVE,
            when=lambda row: row[0].status is RefundStatus.REQUESTED,
        ),
        Action("查看", lambda row: _url(row[0].no), Permission.PAYMENT_READ),
    ),
    sort="-requested_at",
    key=Refund.id,
    empty="还没有退款",
)


def _url(refund_no: str) -> str:
    return url_for("payments_admin.refund", refund_no=refund_no)


@interface("payments.refunds", GET="/pc/refunds", permission=Permission.PAYMENT_READ)
def refunds() -> Page:
    return Page("payments/admin/refunds.html", table=REFUNDS.load(listings.refunds_for_staff))


@interface("payments.refund", GET="/pc/refunds/<refund_no>", permission=Permission.PAYMENT_READ)
def refund(refund_no: str) -> Page:
    found = queries.get_refund(refund_no)
    payment = db.session.get_one(PaymentOrder, found.payment_order_id)
    ways = [(method.value, method.label) for method in COUNTER_METHODS]
    is_mine = found.requested_by == current_staff().actor
    return Page(
        "payments/admin/refund.html",
        refund=found,
        payment=payment,
        subject=label_of(payment.subject_kind),
        patient=patient_of(payment),
        state=REFUND_STATES[found.status].label,
        parts=listings.part_rows(queries.parts_of([found.id])),
        is_waiting=found.status is RefundStatus.REQUESTED,
        is_stuck=found.status is RefundStatus.STUCK,
        is_mine=is_mine,
        _tone=REFUND_STATES[found.status].tone,
        _part_states=PART_STATES,
        _steps=history(found),
        _subject_url=subject_url(payment),
        _approve_form=ShownForm(DecisionForm),
        _reject_form=ShownForm(RejectForm),
        _hand_form=ShownForm(HandForm, options={"way": ways}),
    )


@interface(
    "payments.approve_refund",
    POST="/pc/refunds/<refund_no>/approve",
    permission=Permission.REFUND_APPROVE,
    audit="审核通过退款",
    form_page=refund,
)
def approve_refund(refund_no: str) -> Done:
    form = read_form(DecisionForm)
    found = services.approve_refund(refund_no, by=current_staff().actor, note=form.note)
    audit.about(f"refund:{refund_no}", f"{yuan(found.amount_fen)}元")
    return Done("已审核通过，款项将原路退回", location=_url(refund_no), status=found.status.value)


@interface(
    "payments.reject_refund",
    POST="/pc/refunds/<refund_no>/reject",
    permission=Permission.REFUND_APPROVE,
    audit="驳回退款",
    form_page=refund,
)
def reject_refund(refund_no: str) -> Done:
    form = read_form(RejectForm)
    found = services.reject_refund(refund_no, by=current_staff().actor, reason=form.reason)
    audit.about(f"refund:{refund_no}", f"{yuan(found.amount_fen)}元，{form.reason}")
    return Done("已驳回", location=_url(refund_no), status=found.status.value)


@interface(
    "payments.retry_refund",
    POST="/pc/refunds/<refund_no>/retry",
    permission=Permission.REFUND_APPROVE,
    audit="重试退款",
    form_page=refund,
)
def retry_refund(refund_no: str) -> Done:
    services.retry_refund(refund_no, by=current_staff().actor)
    audit.about(f"refund:{refund_no}")
    return Done("已重新提交", location=_url(refund_no))


def refund_of_part(refund_no: str, part_id: int) -> Page:  # noqa: ARG001 - the path has it
    return refund(refund_no)


@interface(
    "payments.finish_part",
    POST="/pc/refunds/<refund_no>/parts/<int:part_id>",
    permission=Permission.PAYMENT_COLLECT,
    audit="登记已退款项",
    form_page=refund_of_part,
)
def finish_part(refund_no: str, part_id: int) -> Done:
    """Record that people handed a part over, at the counter or after the channel could not."""
    form = read_form(HandForm)
    part = _own_part(refund_no, part_id)
    services.finish_by_hand(part.id, by=current_staff().actor, way=form.way, note=form.note)
    audit.about(f"refund:{refund_no}", f"{form.way.label}{yuan(part.amount_fen)}元 {form.note}".strip())
    return Done("已登记", location=_url(refund_no))


def _own_part(refund_no: str, part_id: int) -> RefundPart:
    found: dict[int, Any] = {part.id: part for part in queries.parts_of([queries.get_refund(refund_no).id])}
    if part_id not in found:
        raise NotFound
    part: RefundPart = found[part_id]
    return part
