"""Running stored value down (清退): who still has what, whom WeChat Pay reaches, and giving it back to many at once."""

from __future__ import annotations

import logging
from functools import partial

from flask import url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.tables import Action, Table
from wxapp.core.db import repeat_on_conflict
from wxapp.core.errors import DomainError, Invalid
from wxapp.core.forms import read_form
from wxapp.core.masking import masked_name
from wxapp.core.permissions import Permission
from wxapp.patients.queries import get_patient
from wxapp.recharge import listings, queries
from wxapp.recharge.admin.door import interface
from wxapp.recharge.forms import GiveBackForm
from wxapp.recharge.services import refunding
from wxapp.wallet import settings as stored_value
from wxapp.wallet.models import Account
from wxapp.wallet.queries import stored_value_total

log = logging.getLogger(__name__)

AT_ONCE = 100
"""Patients of one press: each is a transaction of its own, and the page has to answer."""

REMAINDERS = Table(
    "recharge.remainders",
    title="清退名单",
    columns=(
        Column("record_no", "病历号", "code", link=lambda row: _account_url(row.patient_id)),
        Column("patient", "患者"),
        Column("phone", "手机号"),
        Column("balance_fen", "余额", "money", sort=Account.balance_fen),
        Column("returnable_fen", "可原路退回", "money"),
        Column("counter_fen", "须到前台办理", "money"),
        Column("why_not", "原因"),
    ),
    filters=(Filter("reach", "范围", "choice", choices=[("back", "可原路退回"), ("counter", "不能全部原路退回")]),),
    actions=(Action("退款", lambda row: _page_url(row.patient_id), Permission.RECHARGE_REFUND),),
    sort="-balance_fen",
    key=Account.id,
    make_all=listings.remainder_rows,
    empty="没有余额需要清退",
)


def _account_url(patient_id: int) -> str:
    return url_for("wallet_admin.account", patient_id=patient_id)


def _page_url(patient_id: int) -> str:
    return url_for("recharge_admin.give_back_page", patient_id=patient_id)


@interface("recharge.run_down", GET="/pc/recharges/run-down", permission=Permission.RECHARGE_READ)
def run_down() -> Page:
    """Every balance, with what of it can go back the way it came and what can't."""
    return Page(
        "recharge/admin/run_down.html",
        table=REMAINDERS.load(listings.remainders),
        total_fen=stored_value_total(),
        mode=stored_value.MODE_LABELS[stored_value.mode()],
        at_once=AT_ONCE,
        _is_open=stored_value.mode() is stored_value.Mode.OPEN,
        _form=ShownForm(GiveBackForm),
    )


@interface(
    "recharge.give_back_to_all",
    POST="/pc/recharges/run-down",
    permission=Permission.RECHARGE_REFUND,
    audit="批量申请充值退款",
    form_page=run_down,
)
def give_back_to_all() -> Done:
    """Ask for everything back that can go back, for so many patients at a time; another person decides on each."""
    form = read_form(GiveBackForm)
    by = current_staff().actor
    if stored_value.mode() is stored_value.Mode.OPEN:
        raise Invalid(message="储值开放期间不能批量退款")
    if not _is_first_press(form):
        return Done("批量退款已提交", location=url_for("recharge_admin.run_down"))
    asked = failed = 0
    for patient_id in listings.patients_with_returnable(limit=AT_ONCE):
        try:
            # A conflict is repeated here: the door would repeat the press, and that finds its key used.
            repeat_on_conflict(partial(refunding.request_back, patient_id, amount_fen=None, reason=form.reason, by=by))
            asked += 1
        except DomainError as refusal:  # frozen, or spent in this moment: the others are not its hostages
            log.info("recharge: nothing was asked back for patient %s: %s", patient_id, refusal)
            failed += 1
    audit.about("recharge:run_down", f"{asked}位患者，{failed}位未能提交，{form.reason}")
    text = f"已为{asked}位患者提交退款" + (f"，{failed}位未能提交" if failed else "")
    return Done(text, location=url_for("recharge_admin.run_down"), asked=asked, failed=failed)


def _is_first_press(form: GiveBackForm) -> bool:
    """Note the form's key; what follows is many transactions, so it can't be one with the key."""
    pressed: list[str] = []

    def note() -> str:
        pressed.append(form.form_key)
        return "begun"

    once("recharge.give_back_to_all", form, note)
    return bool(pressed)


@interface(
    "recharge.give_back_page", GET="/pc/recharges/run-down/<int:patient_id>", permission=Permission.RECHARGE_REFUND
)
def give_back_page(patient_id: int) -> Page:
    """What one patient's balance consists of, and the form that asks for all of it that can go back."""
    patient = get_patient(patient_id)
    calculation = queries.calculation_of_patient(patient_id)
    return Page(
        "recharge/admin/give_back.html",
        patient={"id": patient.id, "record_no": patient.record_no, "name": masked_name(patient.name)},
        balance_fen=calculation.balance_fen,
        returnable_fen=calculation.returnable_fen,
        counter_fen=calculation.counter_fen,
        lots=[
            {
                "no": share.lot.no,
                "at": share.lot.at,
                "is_online": share.lot.is_online,
                "amount_fen": share.lot.amount_fen,
                "gone_fen": share.lot.gone_fen,
                "used_fen": share.used_fen,
                "left_fen": share.left_fen,
                "why_not": calculation.why_not(share),
            }
            for share in calculation.shares
        ],
        _form=ShownForm(GiveBackForm),
    )


@interface(
    "recharge.give_back",
    POST="/pc/recharges/run-down/<int:patient_id>",
    permission=Permission.RECHARGE_REFUND,
    audit="申请退回全部充值",
    form_page=give_back_page,
)
def give_back(patient_id: int) -> Done:
    """Ask for everything of one patient back that can go back the way it came."""
    get_patient(patient_id)
    form = read_form(GiveBackForm)
    by = current_staff().actor
    first = once(
        "recharge.give_back",
        form,
        lambda: refunding.request_back(patient_id, amount_fen=None, reason=form.reason, by=by)[0],
        patient=patient_id,
    )
    audit.about(f"patient:{patient_id}", f"{first}，{form.reason}")
    return Done("退款已提交，等待另一位同事审核", location=_page_url(patient_id), no=first)


menu.entry("收银", "储值清退", "recharge_admin.run_down", Permission.RECHARGE_READ, 35)
