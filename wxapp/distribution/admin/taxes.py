"""Withheld tax (代扣税款): what is to be paid to the tax office, and recording that it was paid."""

from __future__ import annotations

from flask import url_for

from wxapp.admin import menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.tables import Table
from wxapp.core.forms import read_form
from wxapp.core.money import yuan
from wxapp.core.permissions import Permission
from wxapp.distribution.admin.door import interface
from wxapp.distribution.queries import withheld_tax as queries
from wxapp.distribution.services.withheld_tax import record_tax_payment
from wxapp.distribution.withdrawal_forms import TaxForm
from wxapp.wallet.models import Transfer

PAID = Table(
    "distribution.taxes",
    title="缴税记录",
    columns=(
        Column("no", "序号", "code", sort=Transfer.id),
        Column("amount_fen", "缴税金额", "money", sort=Transfer.amount_fen),
        Column("note", "完税凭证号"),
        Column("by", "登记人", "actor"),
        Column("at", "登记时间", "moment", sort=Transfer.at),
    ),
    sort="-no",
    key=Transfer.id,
    make_all=queries.tax_payments,
    empty="还没有登记过缴税",
)


@interface("distribution.taxes", GET="/pc/distribution/tax", permission=Permission.WITHDRAWAL_PAY)
def taxes() -> Page:
    """What is open, and what was paid when and by whom."""
    open_fen = queries.open_fen()
    return Page(
        "distribution/admin/taxes.html",
        table=PAID.load(queries.payments_for_staff),
        open_fen=open_fen,
        withheld_fen=queries.withheld_fen(),
        paid_fen=queries.paid_fen(),
        _form=ShownForm(TaxForm, help={"amount": f"最多{yuan(open_fen)}元"}),
    )


@interface(
    "distribution.record_tax",
    POST="/pc/distribution/tax/record",
    permission=Permission.WITHDRAWAL_PAY,
    audit="登记缴税",
    form_page=taxes,
)
def record_tax() -> Done:
    """Record that withheld tax was paid by bank transfer."""
    form, by = read_form(TaxForm), current_staff().actor
    once("distribution.record_tax", form, lambda: record_tax_payment(form.amount, note=form.note, by=by))
    return Done("已登记缴税", location=url_for("distribution_admin.taxes"))


menu.entry("分销", "代扣税款", "distribution_admin.taxes", Permission.WITHDRAWAL_PAY, 61)
