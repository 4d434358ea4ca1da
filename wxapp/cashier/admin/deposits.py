"""Staff pages: taking a deposit for a visit (收定金), and giving it back (退定金)."""

from __future__ import annotations

from flask import request, url_for

from wxapp.admin import audit, presses
from wxapp.admin.answers import Done, Page
from wxapp.admin.fields import ShownForm
from wxapp.cashier.admin.door import asked_visit, current_cashier, interface
from wxapp.cashier.deposit_forms import ReturnForm, TakeForm
from wxapp.core.db import transaction
from wxapp.core.errors import Invalid
from wxapp.core.forms import read_form
from wxapp.core.masking import masked_name
from wxapp.core.money import yuan
from wxapp.core.permissions import Permission
from wxapp.hospital.queries import methods, methods_by_name
from wxapp.patients.queries import get_patient
from wxapp.till import queries as till
from wxapp.till import services
from wxapp.visits.rules.subjects import subject_of


@interface("deposit.take_page", GET="/pc/collect/deposit", permission=Permission.VISIT_COLLECT)
def deposit_page() -> Page:
    """The form for a deposit of a visit."""
    visit = asked_visit()
    patient = get_patient(visit.patient_id)
    return Page(
        "cashier/admin/deposit.html",
        visit_no=visit.visit_no,
        patient=masked_name(patient.name),
        _visit=visit,
        _deposits=till.deposits_of(visit.patient_id),
        _form=ShownForm(
            TakeForm,
            values={"id": visit.id},
            options={"method": [(one.name, one.name) for one in methods() if one.kind.is_money]},
            kinds={"amount": "money"},
        ),
    )


@interface(
    "deposit.take",
    POST="/pc/collect/deposit",
    permission=Permission.VISIT_COLLECT,
    audit="收定金",
    form_page=deposit_page,
)
def take_deposit() -> Done:
    """Take a deposit for a visit."""
    visit = asked_visit()
    form = read_form(TakeForm)
    method = methods_by_name([form.method]).get(form.method)
    if method is None:
        raise Invalid({"method": "请选择付款方式"})
    deposit_no, receipt_no, by = services.new_deposit_no(), services.new_receipt_no(), current_cashier()

    def take() -> str:
        with transaction():
            deposit = services.take_deposit(
                deposit_no=deposit_no,
                receipt_no=receipt_no,
                patient_id=visit.patient_id,
                subject=subject_of(visit.id),
                amount_fen=form.amount,
                method=method,
                cashier=by,
                remark=form.remark,
            )
        return deposit.no

    taken_no = presses.once("deposit.take", form, take, visit=visit.id)
    audit.about(f"visit:{visit.id}", f"定金{taken_no}，{yuan(form.amount)}元")
    return Done(
        f"已收定金{yuan(form.amount)}元，单号{taken_no}",
        location=url_for("cashier_admin.deposit_page", id=visit.id),
        deposit_no=taken_no,
    )


@interface("deposit.return_page", GET="/pc/collect/deposits/<deposit_no>", permission=Permission.VISIT_COLLECT)
def return_page(deposit_no: str) -> Page:
    """What is left of a deposit, to be given back."""
    deposit = till.get_deposit(deposit_no)
    patient = get_patient(deposit.patient_id)
    subject = services.deposit_subject(deposit.id)
    entries = till.entries_of(subject)
    kind, _, number = deposit.subject.partition(":")
    return Page(
        "cashier/admin/deposit_return.html",
        deposit=deposit,
        patient=masked_name(patient.name),
        _method=entries[0].method_name if entries else "",
        _receipts=till.receipts_of(subject),
        _visit_id=number if kind == "visit" else "",
        _form=ShownForm(ReturnForm),
    )


@interface(
    "deposit.return",
    POST="/pc/collect/deposits/<deposit_no>",
    permission=Permission.VISIT_COLLECT,
    audit="退定金",
    form_page=return_page,
)
def return_deposit(deposit_no: str) -> Done:
    """Give back what is left of a deposit, the way it came."""
    form = read_form(ReturnForm)
    deposit = till.get_deposit(deposit_no)
    deposit_id, patient_id = deposit.id, deposit.patient_id
    receipt_no, by = services.new_receipt_no(), current_cashier()

    def give_back() -> str:
        receipt = services.return_deposit(
            deposit_id, receipt_no=receipt_no, cashier=by, reason=form.reason, seen_fen=form.left_fen
        )
        return f"{receipt.no} {-receipt.net_fen}"

    booked_no, fen = presses.once("deposit.return", form, give_back, deposit=deposit_id).split(" ")
    audit.about(f"patient:{patient_id}", f"定金{deposit_no}，退{yuan(int(fen))}元：{form.reason}")
    return Done(
        f"已退定金{yuan(int(fen))}元，收据号{booked_no}",
        location=request.path,
        receipt_no=booked_no,
    )
