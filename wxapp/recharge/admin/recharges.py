"""Recharges: the list, one with its history, and asking for its refund."""

from __future__ import annotations

from flask import url_for

from wxapp.admin import audit, menu, search
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Badge, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.tables import Action, Table
from wxapp.core.errors import NotFound
from wxapp.core.forms import read_form
from wxapp.core.masking import masked_name
from wxapp.core.money import yuan
from wxapp.core.permissions import Permission
from wxapp.core.states import history
from wxapp.patients.queries import get_patient
from wxapp.recharge import listings, queries
from wxapp.recharge.admin.door import interface
from wxapp.recharge.forms import StaffRefundForm
from wxapp.recharge.models import Recharge, RechargeStatus, RefundStatus
from wxapp.recharge.services import refunding

STATES = {
    RechargeStatus.AWAITING: Badge("待付款", "amber"),
    RechargeStatus.PAID: Badge("已到账", "green"),
    RechargeStatus.REFUNDING: Badge("退款处理中", "red"),
    RechargeStatus.PART_REFUNDED: Badge("部分退款", "blue"),
    RechargeStatus.REFUNDED: Badge("已退款", "grey"),
    RechargeStatus.CLOSED: Badge("已关闭", "grey"),
}
REFUND_STATES = {
    RefundStatus.UNDER_WAY: Badge("处理中", "amber"),
    RefundStatus.PAID_BACK: Badge("已退回", "green"),
    RefundStatus.REJECTED: Badge("未通过", "red"),
    RefundStatus.WITHDRAWN: Badge("已撤回", "grey"),
}


def _url(no: str) -> str:
    return url_for("recharge_admin.recharge", recharge_no=no)


RECHARGES = Table(
    "recharge.list",
    title="在线充值",
    columns=(
        Column("no", "充值单号", "code", link=lambda row: _url(row.no), sort=Recharge.id),
        Column("status", "状态", "badge", badges=STATES),
        Column("patient", "患者"),
        Column("amount_fen", "金额", "money", sort=Recharge.amount_fen),
        Column("refunded_fen", "已退", "money", value=lambda row: row.refunded_fen or None),
        Column("placed_at", "提交时间", "moment", sort=Recharge.placed_at),
        Column("paid_at", "到账时间", "moment", sort=Recharge.paid_at),
    ),
    filters=(
        Filter("q", "查找", placeholder="单号、姓名、手机号或病历号，须完整", is_private=True),
        Filter("status", "状态", "choice", choices=[(s.value, s.label) for s in RechargeStatus]),
        Filter("since", "提交从", "day"),
        Filter("until", "提交至", "day"),
    ),
    actions=(Action("详情", lambda row: _url(row.no), Permission.RECHARGE_READ),),
    sort="-no",
    key=Recharge.id,
    make_all=listings.recharge_rows,
    empty="还没有在线充值",
)


@interface("recharge.list", GET="/pc/recharges", permission=Permission.RECHARGE_READ)
def recharges() -> Page:
    """All recharges."""
    return Page("recharge/admin/recharges.html", table=RECHARGES.load(listings.recharges_for_staff))


@interface("recharge.detail", GET="/pc/recharges/<recharge_no>", permission=Permission.RECHARGE_READ)
def recharge(recharge_no: str) -> Page:
    """One recharge with its steps, its refunds, and what of it is left."""
    found = queries.get_recharge(recharge_no)
    patient = get_patient(found.patient_id)
    calculation = queries.calculation_of(found.account_id)
    share = next((share for share in calculation.shares if share.lot.no == recharge_no), None)
    returnable_fen = next((one.left_fen for one in calculation.returnable if one.lot.no == recharge_no), 0)
    return Page(
        "recharge/admin/recharge.html",
        recharge=found,
        patient={"id": patient.id, "record_no": patient.record_no, "name": masked_name(patient.name)},
        state=STATES[found.status].label,
        refunds=queries.refunds_of(found.id),
        balance_fen=calculation.balance_fen,
        gone_fen=share.lot.gone_fen if share else 0,
        used_fen=share.used_fen if share else 0,
        left_fen=share.left_fen if share else 0,
        returnable_fen=returnable_fen,
        why_not=calculation.why_not(share) if share else "",
        _tone=STATES[found.status].tone,
        _steps=history(found),
        _states=STATES,
        _refund_states=REFUND_STATES,
        _has_lot=share is not None,
        _can_refund=returnable_fen > 0 and current_staff().may(Permission.RECHARGE_REFUND),
        _form=ShownForm(
            StaffRefundForm, kinds={"amount": "money"}, help={"amount": f"最多可退{yuan(returnable_fen)}元"}
        ),
    )


@interface(
    "recharge.refund",
    POST="/pc/recharges/<recharge_no>/refund",
    permission=Permission.RECHARGE_REFUND,
    audit="申请充值退款",
    form_page=recharge,
)
def refund(recharge_no: str) -> Done:
    """Ask for a refund of one recharge; another person decides on the payments' page."""
    found = queries.get_recharge(recharge_no)
    form = read_form(StaffRefundForm)
    by = current_staff().actor
    refund_no = once(
        "recharge.refund",
        form,
        lambda: refunding.request_of_recharge(recharge_no, amount_fen=form.amount, reason=form.reason, by=by),
        recharge=recharge_no,
    )
    audit.about(f"patient:{found.patient_id}", f"{recharge_no}，{yuan(form.amount)}元，{form.reason}")
    return Done("退款已提交，等待另一位同事审核", location=_url(recharge_no), refund_no=refund_no)


def _find(text: str) -> list[search.Hit]:
    try:
        found = queries.get_recharge(text)
    except NotFound:
        return []
    return [search.Hit(found.no, _url(found.no), f"{found.status.label} {yuan(found.amount_fen)}元")]


search.register("在线充值", Permission.RECHARGE_READ, _find)
menu.entry("收银", "在线充值", "recharge_admin.recharges", Permission.RECHARGE_READ, 25)
