"""Receipts: looking at one, and printing it."""

from __future__ import annotations

from flask import url_for
from flask.wrappers import Response

from wxapp.admin import audit, search, sheets
from wxapp.admin.answers import Page
from wxapp.admin.identity import current_staff
from wxapp.admin.sheets import PrintForm
from wxapp.core.errors import NotFound
from wxapp.core.forms import read_form
from wxapp.core.masking import masked_name
from wxapp.core.permissions import Permission
from wxapp.till import queries
from wxapp.till.admin.door import interface
from wxapp.till.receipt_sheets import receipt_sheet
from wxapp.till.services.prints import count_print
from wxapp.till.sold import Line, Sold, sold, tell


@interface("till.receipt", GET="/pc/till/receipts/<till_receipt_no>", permission=Permission.VISIT_COLLECT)
def receipt(till_receipt_no: str) -> Page:
    """A receipt with what was taken and given back; the look is logged."""
    audit.looked_at("receipt", till_receipt_no, "收据")  # first: its commit would have the rows read a second time
    row = queries.receipt_with_patient(till_receipt_no)
    if row is None:
        raise NotFound("没有这张收据")
    found, patient = row
    return Page(
        "till/admin/receipt.html",
        receipt=found,
        patient={"record_no": patient.record_no, "name": masked_name(patient.name)},
        taken=[{"method": one.method_name, "amount_fen": one.amount_fen} for one in queries.entries_on(found.id)],
        given_back=[{"method": one.method_name, "amount_fen": one.amount_fen} for one in queries.voided_by(found.id)],
        _sold=sold(found.subject),
    )


@interface(
    "till.print_receipt",
    POST="/pc/till/receipts/<till_receipt_no>/print",
    permission=Permission.VISIT_COLLECT,
    audit="打印收据",
)
def print_receipt(till_receipt_no: str) -> Page | Response:
    """Show the receipt as it is printed; each time is counted, logged, and stands on it from the second on."""
    form = read_form(PrintForm)
    printed = count_print(till_receipt_no)
    audit.about(f"receipt:{printed.no}", f"第{printed.prints}次，{form.paper.value.upper()}")
    return sheets.printed(
        receipt_sheet(printed, by=current_staff().name), form, file_name=f"{printed.act.label}-{printed.no}"
    )


def _find(text: str) -> list[search.Hit]:
    found = queries.find_receipt(text.strip().upper())
    if found is None:
        return []
    return [search.Hit(found.no, url_for("till_admin.receipt", till_receipt_no=found.no), found.act.label)]


search.register("收据", Permission.VISIT_COLLECT, _find)


def _deposit(deposit_id: int) -> Sold:
    deposit = queries.deposit_by_id(deposit_id)
    return Sold("定金单", deposit.no, "", [Line("定金", deposit.amount_fen, 1)], [])


tell("deposit", _deposit)
