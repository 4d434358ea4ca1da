"""The patients' pay pages. Nothing here is believed because a browser says so."""

from __future__ import annotations

from typing import Any

from flask import jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from wxapp.core import actors, clock
from wxapp.core.errors import NotFound
from wxapp.core.forms import read_form
from wxapp.core.limits import Limit
from wxapp.core.money import yuan
from wxapp.h5.choices import Choice
from wxapp.h5.identity import current_user
from wxapp.h5.notices import notice
from wxapp.h5.shell import Pages
from wxapp.patients.access import check_own, own_patient
from wxapp.payments import queries, services, settings
from wxapp.payments.errors import AlreadyPaid, PaymentIsClosed
from wxapp.payments.forms import PasswordForm, WayForm
from wxapp.payments.models import PaymentOrder, PaymentStatus
from wxapp.payments.rules import ways_to_pay
from wxapp.payments.services.wechat import Payer
from wxapp.payments.subjects import check_way, label_of, lines_of, subject_of, ways_of
from wxapp.wallet import settings as stored_value
from wxapp.wallet.errors import StoredValueClosed
from wxapp.wallet.services import patient_balance

pages = Pages("payments", __name__)

BEGIN = Limit("payments.begin", count=20, seconds=60)
"""Presses of "pay" of one person."""


def own_payment(payment_no: str) -> PaymentOrder:
    """Return a payment order of a patient that this user has bound.

    :raises NotFound: no such payment order, or somebody else's: the answer does not tell which
    """
    payment = queries.get_payment(payment_no)
    user = current_user()
    if payment.patient_id is not None:
        check_own(payment.patient_id)
    elif payment.wechat_user_id != user.id:
        raise NotFound
    return payment


def after_paying(payment: PaymentOrder) -> ResponseReturnValue:
    return redirect(subject_address(payment), 303)


def subject_address(payment: PaymentOrder) -> str:
    """Return the page of what is paid for."""
    subject = subject_of(payment.subject_kind)
    if subject is None:
        return "/"
    arguments: dict[str, Any] = {subject.argument: payment.subject_no}
    return url_for(subject.page, **arguments)


def is_payable(payment: PaymentOrder) -> bool:
    return payment.status is PaymentStatus.OPEN and payment.expires_at > clock.now()


# --- choosing --------------------------------------------------------------------------------------------------------


@pages.page("/pay/<payment_no>")
def pay_page(payment_no: str) -> ResponseReturnValue:
    payment = own_payment(payment_no)
    if payment.status is PaymentStatus.PAID:
        return after_paying(payment)
    if not is_payable(payment):
        return render_template("payments/closed.html", payment=payment, back=subject_address(payment))
    choices = _ways(payment)
    return render_template(
        "payments/pay.html",
        payment=payment,
        label=label_of(payment.subject_kind),
        lines=lines_of(payment.subject_kind, payment.subject_no),
        choices=choices,
        chosen=next((choice.value for choice in choices if not choice.is_disabled), ""),
        back=subject_address(payment),
    )


def _ways(payment: PaymentOrder) -> list[Choice]:
    balance = patient_balance(payment.patient_id) if payment.patient_id is not None else 0
    balance_is_on = settings.BALANCE_ON() and payment.patient_id is not None
    balance_text = settings.BALANCE_OFF_TEXT()
    if stored_value.mode() is stored_value.Mode.OFF:
        balance_is_on, balance_text = False, StoredValueClosed.message
    subject = subject_of(payment.subject_kind)
    can_wait = subject is not None and subject.wait_at_hospital is not None
    ways = ways_to_pay(
        wechat=(settings.WECHAT_ON(), settings.WECHAT_OFF_TEXT()),
        balance=(balance_is_on, balance_text),
        hospital=(settings.HOSPITAL_ON() and can_wait, settings.HOSPITAL_OFF_TEXT()),
        balance_text=yuan(balance),
        is_short=balance < payment.amount_fen,
    )
    offered = ways_of(payment.subject_kind)
    return [
        Choice(way.name, way.label, note=way.hint, is_disabled=not way.is_on) for way in ways if way.name in offered
    ]


@pages.action("/pay/<payment_no>", shown_again_by=pay_page)
def choose_way(payment_no: str) -> ResponseReturnValue:
    payment = own_payment(payment_no)
    way = read_form(WayForm).way
    if not is_payable(payment):
        return redirect(url_for(".pay_page", payment_no=payment_no), 303)
    if way == "balance":
        return redirect(url_for(".balance_page", payment_no=payment_no), 303)
    if way == "hospital":
        return redirect(url_for(".hospital_page", payment_no=payment_no), 303)
    user = current_user()
    BEGIN.hit(str(user.id))
    amount_fen = payment.amount_fen
    try:
        params = services.begin_wechat(payment_no, Payer(user.id, user.openid))
    except (AlreadyPaid, PaymentIsClosed):
        return redirect(url_for(".pay_page", payment_no=payment_no), 303)
    return render_template(
        "payments/wechat.html", payment_no=payment_no, amount_fen=amount_fen, params=params.for_bridge()
    )


# --- balance ---------------------------------------------------------------------------------------------------------


@pages.page("/pay/<payment_no>/balance")
def balance_page(payment_no: str) -> ResponseReturnValue:
    payment = own_payment(payment_no)
    if not is_payable(payment):
        return redirect(url_for(".pay_page", payment_no=payment_no), 303)
    if payment.patient_id is None:
        raise NotFound
    check_way(payment.subject_kind, "balance")
    return render_template(
        "payments/balance.html",
        payment=payment,
        patient=own_patient(payment.patient_id),
        balance_fen=patient_balance(payment.patient_id),
        needs_password=payment.amount_fen > settings.PASSWORD_FREE(),
    )


@pages.action("/pay/<payment_no>/balance", shown_again_by=balance_page)
def pay_by_balance(payment_no: str) -> ResponseReturnValue:
    patient_id = queries.get_due(payment_no).patient_id
    if patient_id is None:
        raise NotFound
    check_own(patient_id)
    form = read_form(PasswordForm)
    try:
        services.pay_by_balance(payment_no, patient_id=patient_id, user_id=current_user().id, password=form.password)
        notice("支付成功")
    except (AlreadyPaid, PaymentIsClosed):  # pressed twice, or too late: the page says how it stands
        pass
    return redirect(url_for(".pay_page", payment_no=payment_no), 303)


# --- at the hospital -------------------------------------------------------------------------------------------------


@pages.page("/pay/<payment_no>/hospital")
def hospital_page(payment_no: str) -> ResponseReturnValue:
    payment = own_payment(payment_no)
    if not is_payable(payment):
        return redirect(url_for(".pay_page", payment_no=payment_no), 303)
    check_way(payment.subject_kind, "hospital")
    return render_template("payments/hospital.html", payment=payment)


@pages.action("/pay/<payment_no>/hospital", shown_again_by=hospital_page)
def choose_at_hospital(payment_no: str) -> ResponseReturnValue:
    payment = own_payment(payment_no)
    try:
        services.choose_at_hospital(payment_no, by=actors.wechat(current_user().id))
        notice("已选择到院支付")
    except (AlreadyPaid, PaymentIsClosed):
        return redirect(url_for(".pay_page", payment_no=payment_no), 303)
    return after_paying(payment)


# --- what came of it -------------------------------------------------------------------------------------------------


@pages.page("/pay/<payment_no>/checking")
def checking(payment_no: str) -> ResponseReturnValue:
    """Show that the result is being asked for; the phone's "ok" led here and is no proof."""
    own_payment(payment_no)
    services.refresh(payment_no)
    payment = own_payment(payment_no)
    if payment.status is PaymentStatus.PAID:
        notice("支付成功")
        return after_paying(payment)
    return render_template("payments/checking.html", payment=payment, is_closed=payment.status is PaymentStatus.CLOSED)


@pages.page("/pay/<payment_no>/state")
def state(payment_no: str) -> ResponseReturnValue:
    """Tell the waiting page's script how the payment stands."""
    own_payment(payment_no)
    services.refresh(payment_no)
    return jsonify(status=own_payment(payment_no).status.value)
