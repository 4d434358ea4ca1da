"""Withdrawals (提现管理): the list with its figures, one with everything known of it, and what people decide."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from flask import request, url_for

from wxapp.admin import audit, menu, search
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Badge, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.tables import Action, Table
from wxapp.core.errors import Forbidden, NotFound
from wxapp.core.forms import read_form
from wxapp.core.masking import masked_id_number, masked_name, masked_phone
from wxapp.core.money import yuan
from wxapp.core.permissions import Permission
from wxapp.core.states import history
from wxapp.distribution.admin.door import interface
from wxapp.distribution.models import DistributorStatus, Withdrawal
from wxapp.distribution.models import WithdrawalStatus as W
from wxapp.distribution.queries import income, people
from wxapp.distribution.queries import withdrawals as queries
from wxapp.distribution.queries.commissions import bookings_of_withdrawal
from wxapp.distribution.services import paying_withdrawals, withdrawing
from wxapp.distribution.states import OPEN_WITHDRAWALS
from wxapp.distribution.withdrawal_forms import ApproveForm, CancelForm, HandForm, RejectForm
from wxapp.payments.models import Payout, PayoutStatus
from wxapp.payments.services import HAND_METHODS

P = Permission

STATES = {
    W.REQUESTED: Badge("待审核", "amber"),
    W.APPROVED: Badge("打款中", "blue"),
    W.CONFIRMING: Badge("待本人确认", "blue"),
    W.PAID: Badge("已到账", "green"),
    W.REJECTED: Badge("未通过", "red"),
    W.WITHDRAWN: Badge("已撤回", "grey"),
    W.FAILED: Badge("打款失败，已退回", "red"),
}
STEPS = {
    W.APPROVED: "审核通过",
    W.CONFIRMING: "等待本人确认收款",
    W.PAID: "已到账",
    W.REJECTED: "驳回",
    W.WITHDRAWN: "撤回申请",
    W.FAILED: "打款未成功，金额已退回",
}
PAYOUT_STATES = {
    PayoutStatus.QUEUED: Badge("待付款", "amber"),
    PayoutStatus.SENDING: Badge("付款中", "blue"),
    PayoutStatus.AWAITING_USER: Badge("待收款人确认", "blue"),
    PayoutStatus.PROCESSING: Badge("微信处理中", "blue"),
    PayoutStatus.CANCELLING: Badge("撤销中", "amber"),
    PayoutStatus.SUCCEEDED: Badge("已付款", "green"),
    PayoutStatus.FAILED: Badge("付款失败", "red"),
    PayoutStatus.WITHDRAWN: Badge("已取消", "grey"),
}


def _url(no: str) -> str:
    return url_for("distribution_admin.withdrawal", withdrawal_no=no)


@dataclass(frozen=True)
class Row:
    """A withdrawal as lists show it.

    :ivar name: masked, but in an export by those who may see whole names
    :ivar problem: why the money has not left yet
    """

    no: str
    distributor_id: int
    name: str
    code: str
    id_number: str
    amount_fen: int
    fee_fen: int
    tax_fen: int
    net_fen: int
    status: W
    way: str
    problem: str
    bill_no: str
    requested_at: datetime
    decided_at: datetime | None
    decided_by: str
    ended_at: datetime | None
    reason: str


def _rows(rows: list[Withdrawal], *, is_whole: bool = False, with_numbers: bool = False) -> list[Row]:
    whose = [row.distributor_id for row in rows]
    persons, payouts = people.persons(whose), queries.payouts_of(rows)
    return [
        Row(
            no=row.no,
            distributor_id=row.distributor_id,
            name=row.real_name if is_whole else masked_name(row.real_name),
            code=persons[row.distributor_id].code,
            id_number=_number(row.id_number if with_numbers else None, is_whole=is_whole),
            amount_fen=row.amount_fen,
            fee_fen=row.fee_fen,
            tax_fen=row.tax_fen,
            net_fen=row.net_fen,
            status=row.status,
            way=queries.way_of(payouts.get(row.payout_no)),
            problem=_problem(payouts.get(row.payout_no)),
            bill_no=_bill_no(payouts.get(row.payout_no)),
            requested_at=row.requested_at,
            decided_at=row.decided_at,
            decided_by=row.decided_by,
            ended_at=row.ended_at,
            reason=row.reason,
        )
        for row in rows
    ]


def _number(number: str | None, *, is_whole: bool) -> str:
    if not number:
        return ""
    return number if is_whole else masked_id_number(number)


def _problem(payout: Payout | None) -> str:
    return payout.last_error if payout is not None and payout.status is PayoutStatus.QUEUED else ""


def _kept(row: Row) -> str:
    kept_fen = row.fee_fen + row.tax_fen
    return f"费与税 {yuan(kept_fen)}" if kept_fen else ""


def _bill_no(payout: Payout | None) -> str:
    return (payout.transfer_bill_no or payout.note) if payout is not None else ""


FILTERS = (
    Filter("q", "查找", placeholder="提现单号，或完整的姓名、手机号、邀请码", is_private=True),
    Filter(
        "status",
        "状态",
        "choice",
        choices=[("open", "未结束"), *((status.value, STATES[status].label) for status in W)],
    ),
    Filter("since", "申请从", "day"),
    Filter("until", "申请至", "day"),
    Filter("paid_since", "到账从", "day"),
    Filter("paid_until", "到账至", "day"),
)
WITHDRAWALS = Table(
    "distribution.withdrawals",
    title="提现",
    columns=(
        Column("no", "提现单号", "code", link=lambda row: _url(row.no), sort=Withdrawal.id),
        Column("name", "分销员", below=lambda row: row.code),
        Column("amount_fen", "提现金额", "money", sort=Withdrawal.amount_fen),
        Column("net_fen", "到账金额", "money", sort=Withdrawal.net_fen, below=_kept),
        Column("status", "状态", "badge", badges=STATES, below=lambda row: row.problem or row.way),
        Column("requested_at", "申请时间", "moment", sort=Withdrawal.requested_at),
        Column("decided_by", "审核人", "actor"),
        Column("ended_at", "结束时间", "moment", sort=Withdrawal.ended_at),
    ),
    filters=FILTERS,
    actions=(
        Action("审核", lambda row: _url(row.no), P.WITHDRAWAL_REVIEW, when=lambda row: row.status is W.REQUESTED),
    ),
    sort="-no",
    key=Withdrawal.id,
    make_all=_rows,
    empty="还没有提现申请",
)
REGISTER_COLUMNS = (
    Column("no", "提现单号", "code", sort=Withdrawal.id),
    Column("name", "姓名"),
    Column("code", "邀请码"),
    Column("id_number", "身份证号"),
    Column("amount_fen", "提现金额", "money", sort=Withdrawal.amount_fen),
    Column("fee_fen", "手续费", "money"),
    Column("tax_fen", "代扣税款", "money"),
    Column("net_fen", "到账金额", "money", sort=Withdrawal.net_fen),
    Column("status", "状态", "badge", badges=STATES),
    Column("way", "方式"),
    Column("bill_no", "微信单号或凭证"),
    Column("requested_at", "申请时间", "moment", sort=Withdrawal.requested_at),
    Column("decided_at", "审核时间", "moment"),
    Column("decided_by", "审核人", "actor"),
    Column("ended_at", "结束时间", "moment", sort=Withdrawal.ended_at),
    Column("reason", "原因"),
)
"""What is exported: the same list with what finance and the tax declaration need."""


def _register(*, is_whole: bool) -> Table:
    return Table(
        "distribution.withdrawals",
        title="提现",
        columns=REGISTER_COLUMNS,
        filters=FILTERS,
        sort="-no",
        key=Withdrawal.id,
        make_all=partial(_rows, is_whole=is_whole, with_numbers=True),
    )


@interface("distribution.withdrawals", GET="/pc/distribution/withdrawals", permission=P.WITHDRAWAL_READ)
def withdrawals() -> Page:
    """All withdrawals. An export names people whole for those who may see that, and the look is logged."""
    table = WITHDRAWALS
    staff = current_staff()
    if "export" in request.args:
        table = _register(is_whole=staff.may(P.WITHDRAWAL_PAY))
        if staff.may(P.WITHDRAWAL_PAY) and staff.may(P.TABLE_EXPORT):
            audit.looked_at("distribution", "withdrawals", "导出提现：真实姓名、身份证号")
    return Page(
        "distribution/admin/withdrawals.html",
        table=table.load(queries.withdrawals_for_staff),
        totals=queries.totals(),
        _list=url_for("distribution_admin.withdrawals"),
    )


@interface("distribution.withdrawal", GET="/pc/distribution/withdrawals/<withdrawal_no>", permission=P.WITHDRAWAL_READ)
def withdrawal(withdrawal_no: str) -> Page:
    """One withdrawal: the parts, the payout, the distributor's figures, the books, what happened, what can be done."""
    return _page(withdrawal_no)


@interface(
    "distribution.reveal_withdrawal",
    POST="/pc/distribution/withdrawals/<withdrawal_no>/reveal",
    permission=P.WITHDRAWAL_PAY,  # who pays by hand and declares the tax needs the name and the number
    audit="查看提现人完整信息",
)
def reveal_withdrawal(withdrawal_no: str) -> Page:
    """Show name, phone and ID number whole, this once; the look is logged."""
    if not current_staff().may(P.WITHDRAWAL_READ):
        raise Forbidden
    row = queries.get_withdrawal(withdrawal_no)
    audit.looked_at("distributor", row.distributor_id, "姓名、手机号、证件号")
    return _page(withdrawal_no, is_whole=True)


def _page(no: str, *, is_whole: bool = False) -> Page:
    row = queries.get_withdrawal(no)
    whose = people.get_distributor(row.distributor_id)
    payout = queries.payouts_of([row]).get(row.payout_no)
    staff = current_staff()
    may_pay = staff.may(P.WITHDRAWAL_PAY)
    balances = income.balances_of(whose.id)
    is_queued = payout is not None and payout.status is PayoutStatus.QUEUED
    waits_for_person = payout is not None and payout.status is PayoutStatus.AWAITING_USER
    return Page(
        "distribution/admin/withdrawal.html",
        withdrawal=row,
        person={
            "id": whose.id,
            "code": whose.code,
            "name": row.real_name if is_whole else masked_name(row.real_name),
            "phone": whose.phone if is_whole else masked_phone(whose.phone),
            "id_number": _number(row.id_number, is_whole=is_whole),
            "status": whose.status.label,
            "joined_at": whose.decided_at,
        },
        balances=balances,
        earned=income.totals_of(whose.id),
        state=STATES[row.status].label,
        way=queries.way_of(payout),
        problem=_problem(payout),
        _tone=STATES[row.status].tone,
        _payout=payout,
        _is_by_hand=payout is not None and queries.is_by_hand(payout),
        _payout_state=PAYOUT_STATES[payout.status] if payout is not None else None,
        _is_whole=is_whole,
        _owes_fen=max(-balances.available_fen, 0) if row.status in OPEN_WITHDRAWALS else 0,
        _is_frozen=whose.status is DistributorStatus.FROZEN,
        _bookings=bookings_of_withdrawal(row.no, row.payout_no),
        _steps=history(row),
        _names=STEPS,
        _may_decide=row.status is W.REQUESTED and staff.may(P.WITHDRAWAL_REVIEW),
        _may_pay=row.status is W.APPROVED and is_queued and may_pay,
        _may_retry=row.status is W.APPROVED and bool(_problem(payout)) and may_pay,
        _is_mine=row.decided_by == staff.actor,
        _may_cancel=row.status in (W.APPROVED, W.CONFIRMING) and (is_queued or waits_for_person) and may_pay,
        _approve_form=ShownForm(ApproveForm, help={"by_hand": "微信无法转账或本人要求银行转账时勾选"}),
        _reject_form=ShownForm(RejectForm),
        _hand_form=ShownForm(HandForm, options={"channel": [(way.value, way.label) for way in HAND_METHODS]}),
        _cancel_form=ShownForm(CancelForm),
    )


@interface(
    "distribution.approve_withdrawal",
    POST="/pc/distribution/withdrawals/<withdrawal_no>/approve",
    permission=P.WITHDRAWAL_REVIEW,
    audit="审核通过提现",
    form_page=withdrawal,
)
def approve_withdrawal(withdrawal_no: str) -> Done:
    form = read_form(ApproveForm)
    withdrawing.approve_withdrawal(withdrawal_no, by=current_staff().actor, is_by_hand=form.by_hand)
    _told(withdrawal_no, "线下打款" if form.by_hand else "微信转账")
    text = "已通过，请另一位同事打款后登记" if form.by_hand else "已通过，将由微信转账"
    return Done(text, location=_url(withdrawal_no))


@interface(
    "distribution.reject_withdrawal",
    POST="/pc/distribution/withdrawals/<withdrawal_no>/reject",
    permission=P.WITHDRAWAL_REVIEW,
    audit="驳回提现",
    form_page=withdrawal,
)
def reject_withdrawal(withdrawal_no: str) -> Done:
    form = read_form(RejectForm)
    withdrawing.reject_withdrawal(withdrawal_no, reason=form.reason, by=current_staff().actor)
    _told(withdrawal_no, form.reason)
    return Done("已驳回，金额已退回分销员的可提现余额", location=_url(withdrawal_no))


@interface(
    "distribution.pay_withdrawal",
    POST="/pc/distribution/withdrawals/<withdrawal_no>/pay",
    permission=P.WITHDRAWAL_PAY,
    audit="登记人工打款",
    form_page=withdrawal,
)
def pay_withdrawal(withdrawal_no: str) -> Done:
    """Record that the money was handed over; whoever approved it may not."""
    form = read_form(HandForm)
    by = current_staff().actor

    def pay() -> str:
        paying_withdrawals.pay_by_hand(withdrawal_no, channel=form.channel, note=form.note, by=by)
        return withdrawal_no

    once("distribution.pay_withdrawal", form, pay, withdrawal=withdrawal_no)
    _told(withdrawal_no, f"{form.channel.label}，{form.note}")
    return Done("已登记打款", location=_url(withdrawal_no))


@interface(
    "distribution.retry_withdrawal",
    POST="/pc/distribution/withdrawals/<withdrawal_no>/retry",
    permission=P.WITHDRAWAL_PAY,
    audit="立即重试提现打款",
    form_page=withdrawal,
)
def retry_withdrawal(withdrawal_no: str) -> Done:
    """Send what WeChat has not taken so far with the next run, the same number."""
    paying_withdrawals.retry_payout(withdrawal_no)
    _told(withdrawal_no, "同一单号")
    return Done("已安排重试，一分钟内发给微信，请稍后刷新", location=_url(withdrawal_no))


@interface(
    "distribution.cancel_withdrawal",
    POST="/pc/distribution/withdrawals/<withdrawal_no>/cancel",
    permission=P.WITHDRAWAL_PAY,
    audit="撤销提现打款",
    form_page=withdrawal,
)
def cancel_withdrawal(withdrawal_no: str) -> Done:
    form = read_form(CancelForm)
    is_over = paying_withdrawals.cancel_payout(withdrawal_no, reason=form.reason, by=current_staff().actor)
    _told(withdrawal_no, form.reason)
    text = "已撤销，金额已退回分销员的可提现余额" if is_over else "正在向微信撤销；如本人已先确认收款，则以到账为准"
    return Done(text, location=_url(withdrawal_no))


def _told(no: str, detail: str) -> None:
    row = queries.get_withdrawal(no)
    audit.about(f"withdrawal:{no}", f"{yuan(row.amount_fen)}元，{detail}")


def _find(text: str) -> list[search.Hit]:
    try:
        row = queries.get_withdrawal(text)
    except NotFound:
        return []
    return [search.Hit(row.no, _url(row.no), f"{STATES[row.status].label} {yuan(row.amount_fen)}元")]


search.register("提现", P.WITHDRAWAL_READ, _find)
menu.entry("分销", "提现管理", "distribution_admin.withdrawals", P.WITHDRAWAL_READ, 60)
