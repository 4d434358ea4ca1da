"""Distributors' pages of withdrawals: the form, the list, one with what happened when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from wxapp.core import actors, clock
from wxapp.core.forms import read_form
from wxapp.core.limits import Limit
from wxapp.core.money import yuan
from wxapp.core.states import history
from wxapp.core.web import when
from wxapp.distribution.access import has_money
from wxapp.distribution.errors import NotADistributor
from wxapp.distribution.explaining import CAME_BACK, WITHDRAWAL_TONES
from wxapp.distribution.models import Distributor, DistributorStatus, Withdrawal
from wxapp.distribution.models import WithdrawalStatus as W
from wxapp.distribution.queries import income, people
from wxapp.distribution.queries import withdrawals as queries
from wxapp.distribution.services import withdrawing
from wxapp.distribution.services.withdrawing import Asked
from wxapp.distribution.views.door import pages
from wxapp.distribution.withdrawal_forms import TakeBackForm, WithdrawForm
from wxapp.h5.notices import notice
from wxapp.messages import taps
from wxapp.patients.access import signed_in_user
from wxapp.payments import services as payments
from wxapp.payments.errors import NothingToConfirm
from wxapp.payments.models import Method, Payout, PayoutStatus

ASK = Limit("withdrawal", 20, 600, "提交过于频繁，请稍后再试")

CONFIRM_WITHIN = timedelta(hours=24)
"""WeChat closes later what nobody has confirmed."""


def _own() -> Distributor:
    """Return the signed-in user's distributor: also one who has left, as long as there are withdrawals or money.

    :raises NotADistributor: none of these
    """
    row = people.find_by_user(signed_in_user().id)
    if row is not None and (
        row.status in (DistributorStatus.ACTIVE, DistributorStatus.FROZEN)
        or has_money(row.id)
        or queries.has_withdrawn(row.id)
    ):
        return row
    raise NotADistributor


@pages.page("/earn/withdraw")
def withdraw() -> ResponseReturnValue:
    """The form, with what can be taken out and on what terms; or why nothing can."""
    distributor = _find_own()
    if distributor is None:
        return redirect(url_for("distribution.join"))
    terms = queries.conditions_of(distributor)
    balances = income.balances_of(distributor.id)
    available = balances.available_fen
    whole = terms.all_of(available)
    is_refused = request.method == "POST"  # what was typed stays to be seen, with what is wrong
    return render_template(
        "distribution/withdraw.html",
        distributor=distributor,
        is_frozen=distributor.status is DistributorStatus.FROZEN,
        available_fen=available,
        whole_fen=whole,
        why_nothing=() if is_refused else terms.why_nothing(available, balances.pending_fen),
        wanted=yuan(whole) if request.args.get("all") and whole else "",
        terms=terms,
        left_today=max(terms.per_day - queries.count_on(distributor.id, clock.today()), 0),
        to_confirm=queries.to_confirm(distributor.id),
    )


@pages.action("/earn/withdraw", shown_again_by=withdraw)
def request_withdrawal() -> ResponseReturnValue:
    """Take the amount out of the balance and lead to its page."""
    distributor = _own()
    form = read_form(WithdrawForm)
    user = signed_in_user()
    ASK.hit(str(user.id))
    no = withdrawing.request_withdrawal(
        Asked(distributor.id, form.amount, form.real_name, form.once, form.id_number), by=actors.wechat(user.id)
    )
    notice("提现申请已提交")
    return redirect(url_for("distribution.withdrawal", withdrawal_no=no), 303)


@pages.page("/earn/withdrawals")
def withdrawals() -> ResponseReturnValue:
    """One's withdrawals, the latest first."""
    distributor = _find_own()
    if distributor is None:
        return redirect(url_for("distribution.join"))
    page = _page_in_address()
    rows, has_more = queries.withdrawals_of(distributor.id, page=page)
    return render_template(
        "distribution/withdrawals.html",
        rows=rows,
        tones=WITHDRAWAL_TONES,
        back=CAME_BACK,
        W=W,
        previous=url_for("distribution.withdrawals", page=page - 1) if page > 1 else "",
        next=url_for("distribution.withdrawals", page=page + 1) if has_more else "",
        page=page,
    )


@pages.page("/earn/withdrawals/<withdrawal_no>")
def withdrawal(withdrawal_no: str) -> ResponseReturnValue:
    """One withdrawal with what happened when, and what can be done now."""
    row = queries.own_withdrawal(_own().id, withdrawal_no)
    payout = queries.payouts_of([row]).get(row.payout_no)
    open_one = payout if row.status is W.CONFIRMING else None
    return render_template(
        "distribution/withdrawal.html",
        row=row,
        tone=WITHDRAWAL_TONES[row.status],
        steps=_steps(row, payout),
        is_back=row.status in CAME_BACK,
        confirm=_confirm_params(open_one) if open_one else None,
        is_settling=open_one is not None and open_one.status in (PayoutStatus.PROCESSING, PayoutStatus.CANCELLING),
        W=W,
    )


def _confirm_params(payout: Payout) -> dict[str, str] | None:
    """Return what WeChat's page needs; None when there is nothing to confirm, or WeChat has not said how."""
    try:
        return payments.confirm_params(payout.no)
    except NothingToConfirm:
        return None


@pages.page("/earn/withdrawals/<withdrawal_no>/checking")
def check_withdrawal(withdrawal_no: str) -> ResponseReturnValue:
    """Ask WeChat how it stands, after its page was shown or while it works, and lead back."""
    row = queries.own_withdrawal(_own().id, withdrawal_no)
    if row.status in (W.APPROVED, W.CONFIRMING):
        payments.refresh_payout(row.payout_no)
    return redirect(url_for("distribution.withdrawal", withdrawal_no=withdrawal_no))


@pages.action("/earn/withdrawals/<withdrawal_no>/withdraw", shown_again_by=withdrawal)
def withdraw_request(withdrawal_no: str) -> ResponseReturnValue:
    """Take a request back, as long as nobody has decided: the money is in the balance again."""
    row = queries.own_withdrawal(_own().id, withdrawal_no)
    read_form(TakeBackForm)
    withdrawing.withdraw_request(row.no, by=actors.wechat(signed_in_user().id))
    notice("申请已撤回，金额已回到可提现余额")
    return redirect(url_for("distribution.withdrawal", withdrawal_no=withdrawal_no), 303)


# --- what happened when ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One line of a withdrawal's course.

    :ivar kind: "" for what has happened, ``bad``, or ``next`` for what is to come
    """

    title: str
    at: datetime | None
    note: str = ""
    kind: str = ""


def _steps(row: Withdrawal, payout: Payout | None) -> list[Step]:
    by_hand = payout is not None and queries.is_by_hand(payout)
    steps = [Step("提交申请", row.requested_at, f"{yuan(row.amount_fen)}元已从可提现余额划出")]
    for change in history(row):
        status = W(change.new)
        if status is W.APPROVED:
            title = "无需审核，开始打款" if change.actor == withdrawing.AUTOMATIC else "审核通过"
            steps.append(Step(title, change.at, "由医院财务线下打款" if by_hand else "由微信转账到您的零钱"))
        elif status is W.CONFIRMING:
            steps.append(Step("微信转账待您确认", change.at))
            confirm_by = change.at + CONFIRM_WITHIN
        elif status is W.PAID:
            steps.append(Step("已到账", change.at, _arrived(row, payout)))
        else:
            returned = f"{yuan(row.amount_fen)}元已退回可提现余额"
            note = f"{row.reason}。{returned}" if status is not W.WITHDRAWN and row.reason else returned
            steps.append(Step(_ENDS[status], change.at, note, "" if status is W.WITHDRAWN else "bad"))
    if row.status is W.REQUESTED:
        steps.append(Step("等待审核", None, "审核通过后打款，结果会通知您", "next"))
    elif row.status is W.APPROVED:
        steps.append(Step("等待打款", None, "" if by_hand else "微信可能需要您确认收款，届时会通知您", "next"))
    elif row.status is W.CONFIRMING and payout is not None and payout.status is not PayoutStatus.AWAITING_USER:
        steps.append(Step("微信处理中", None, "通常几秒内完成，请稍候", "next"))
    elif row.status is W.CONFIRMING:
        steps.append(Step("确认收款", None, f"请在 {when(confirm_by)} 前确认，超时将退回可提现余额", "next"))
    return steps


_ENDS = {W.REJECTED: "审核未通过", W.WITHDRAWN: "您已撤回申请", W.FAILED: "打款未成功"}


def _arrived(row: Withdrawal, payout: Payout | None) -> str:
    way = "微信零钱" if payout is None or payout.way is Method.WECHAT else payout.way.label
    return f"{yuan(row.net_fen)}元，{way}"


def _find_own() -> Distributor | None:
    try:
        return _own()
    except NotADistributor:
        return None


def _page_in_address() -> int:
    text = request.args.get("page", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 and int(text) else 1


taps.register("withdrawals", "distribution.withdrawals")
