"""The patients' pages of recharges: buying, one recharge, and asking for money back."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from wxapp.core import actors, clock
from wxapp.core.errors import DomainError
from wxapp.core.forms import read_form
from wxapp.core.limits import Limit
from wxapp.core.money import parse_yuan, yuan
from wxapp.h5 import registry
from wxapp.h5.identity import current_user
from wxapp.h5.notices import notice
from wxapp.h5.shell import Pages
from wxapp.patients.access import current_patient, needs_patient, patient_shown
from wxapp.payments import queries as payments
from wxapp.payments.models import PaymentStatus
from wxapp.recharge import queries, settings
from wxapp.recharge.forms import CancelForm, RechargeForm, RefundForm
from wxapp.recharge.models import Recharge, RechargeStatus, RefundStatus
from wxapp.recharge.services import placing, refunding
from wxapp.wallet import services as wallet
from wxapp.wallet import settings as stored_value
from wxapp.wallet.models import PATIENT
from wxapp.wallet.queries import find_account
from wxapp.wallet.services.counter import limits

pages = Pages("recharge", __name__)

PLACE = Limit("recharge.place", count=20, seconds=600)
REFUND = Limit("recharge.refund", count=10, seconds=600)

TONES = {
    RechargeStatus.AWAITING: "wait",
    RechargeStatus.PAID: "good",
    RechargeStatus.REFUNDING: "wait",
    RechargeStatus.PART_REFUNDED: "good",
}
REFUND_TONES = {RefundStatus.UNDER_WAY: "wait", RefundStatus.PAID_BACK: "good", RefundStatus.REJECTED: "bad"}


# --- buying ----------------------------------------------------------------------------------------------------------


@pages.page("/recharge")
@needs_patient
def home() -> ResponseReturnValue:
    """Show the balance and the form; while nothing can be recharged, why and what can be done instead."""
    patient = current_patient()
    bounds = limits()
    account = find_account(PATIENT, patient.id)
    most_today = stored_value.TOP_UP_DAY() - (wallet.topped_up_on(account.id, clock.today()) if account else 0)
    most_fen = min(bounds.most_fen, max(most_today, 0))
    return render_template(
        "recharge/home.html",
        patient=patient,
        balance_fen=account.balance_fen if account else 0,
        closed=_closed_text(),
        mode=stored_value.mode().value,
        suggestions=[fen for fen in settings.suggestions() if bounds.least_fen <= fen <= most_fen],
        wanted=_wanted(),
        least_fen=bounds.least_fen,
        most_fen=most_fen,
        day_fen=stored_value.TOP_UP_DAY(),
        unpaid=queries.unpaid_of(patient.id),
    )


def _closed_text() -> str:
    """Return why nothing can be recharged now, "" while it can."""
    try:
        placing.check_open()
    except DomainError as refusal:
        return refusal.message
    return ""


def _wanted() -> str:
    """Return the suggested amount that was tapped: its link names it, so that it works without a script."""
    try:
        return yuan(parse_yuan(request.args.get("amount", ""))).removesuffix(".00")
    except ValueError:
        return ""


@pages.action("/recharge", shown_again_by=home)
def place() -> ResponseReturnValue:
    """Place a recharge and lead to its pay page."""
    form = read_form(RechargeForm)
    patient = patient_shown(form.patient_id)
    user = current_user()
    PLACE.hit(str(user.id))
    no = placing.place_recharge(
        wechat_user_id=user.id, patient_id=patient.id, amount_fen=form.amount, once_key=form.once
    )
    payment_no = queries.own_recharge(patient.id, no).payment_no
    return redirect(url_for("payments.pay_page", payment_no=payment_no), 303)


@pages.page("/recharge/<recharge_no>")
@needs_patient
def recharge(recharge_no: str) -> ResponseReturnValue:
    """One recharge, with what can be done now."""
    patient = current_patient()
    found = queries.own_recharge(patient.id, recharge_no)
    return render_template(
        "recharge/recharge.html",
        recharge=found,
        is_settling=_is_settling(found),
        balance_fen=wallet.patient_balance(patient.id),
        refunds=queries.refunds_of(found.id),
        tones=TONES,
        refund_tones=REFUND_TONES,
        S=RechargeStatus,
    )


def _is_settling(found: Recharge) -> bool:
    """Whether the money is there and about to be booked: a moment in which nobody may pay again."""
    return (
        found.status is RechargeStatus.AWAITING and payments.get_payment(found.payment_no).status is PaymentStatus.PAID
    )


@pages.action("/recharge/<recharge_no>/cancel", shown_again_by=recharge)
def cancel(recharge_no: str) -> ResponseReturnValue:
    """Close an unpaid recharge on the patient's wish."""
    found = queries.own_recharge(current_patient().id, recharge_no)
    read_form(CancelForm)
    placing.cancel_recharge(found, by=actors.wechat(current_user().id), reason="用户取消")
    notice("充值已取消")
    return redirect(url_for("recharge.recharge", recharge_no=recharge_no), 303)


# --- giving back -----------------------------------------------------------------------------------------------------


@pages.page("/recharge/refunds")
@needs_patient
def refunds() -> ResponseReturnValue:
    """Show what the balance consists of, what of it can go back, and the form; below it what was asked before."""
    patient = current_patient()
    calculation = queries.calculation_of_patient(patient.id)
    return render_template(
        "recharge/refunds.html",
        patient=patient,
        calculation=calculation,
        shown=[share for share in calculation.shares if share.left_fen or not share.lot.may_be_asked],
        asked=queries.refunds_of_patient(patient.id),
        refund_tones=REFUND_TONES,
    )


@pages.action("/recharge/refunds", shown_again_by=refunds)
def ask_refund() -> ResponseReturnValue:
    form = read_form(RefundForm)
    patient = patient_shown(form.patient_id)
    user = current_user()
    REFUND.hit(str(user.id))
    no = refunding.request_by_patient(
        patient_id=patient.id,
        amount_fen=form.amount,
        reason=form.reason,
        by=actors.wechat(user.id),
        once_key=form.once,
    )
    notice("退款申请已提交，等待审核")
    return redirect(url_for("recharge.refund", recharge_refund_no=no), 303)


@pages.page("/recharge/refunds/<recharge_refund_no>")
@needs_patient
def refund(recharge_refund_no: str) -> ResponseReturnValue:
    """One refund with the calculation as it stood when it was asked for."""
    found = queries.own_refund(current_patient().id, recharge_refund_no)
    return render_template(
        "recharge/refund.html",
        refund=found,
        recharge=queries.recharge_of(found),
        can_withdraw=found.status is RefundStatus.UNDER_WAY and refunding.is_undecided(found),
        tone=REFUND_TONES.get(found.status, "calm"),
        R=RefundStatus,
    )


@pages.action("/recharge/refunds/<recharge_refund_no>/withdraw", shown_again_by=refund)
def withdraw(recharge_refund_no: str) -> ResponseReturnValue:
    """Take a request back, as long as nobody has decided: the money is in the balance again."""
    found = queries.own_refund(current_patient().id, recharge_refund_no)
    read_form(CancelForm)
    refunding.withdraw(found, by=actors.wechat(current_user().id))
    notice("退款申请已撤回，金额已回到余额")
    return redirect(url_for("recharge.refund", recharge_refund_no=recharge_refund_no), 303)


registry.menu_entry("为你服务", "在线充值", "recharge.home")
registry.me_entry("在线充值", "recharge.home", "coin", 15)
