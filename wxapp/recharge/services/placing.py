"""Buying stored value: asking for the money, and what happens when it comes or does not come."""

from __future__ import annotations

from datetime import timedelta

from wxapp.core import actors, clock, ids
from wxapp.core.db import insert_row, transaction
from wxapp.core.errors import Invalid
from wxapp.core.idempotency import once
from wxapp.patients.services import wechat_users as users
from wxapp.payments import services as payments
from wxapp.payments import settings as payment_settings
from wxapp.payments.errors import WayOff
from wxapp.payments.services.opening import Asked
from wxapp.recharge import queries, settings
from wxapp.recharge.errors import TooManyUnpaid
from wxapp.recharge.kinds import RECHARGE as BOOKED
from wxapp.recharge.models import Recharge, RechargeStatus
from wxapp.recharge.states import RECHARGE
from wxapp.wallet import services as wallet
from wxapp.wallet import settings as stored_value
from wxapp.wallet.errors import StoredValueClosed
from wxapp.wallet.rules import top_up_problem
from wxapp.wallet.services.counter import limits

SUBJECT = "recharge"
"""What payments call our recharges."""

HOUSE = "clearing.recharge"
"""Where the money lies between its channel and a balance, in both directions."""

_LATE = "迟到的付款"


def place_recharge(*, wechat_user_id: int, patient_id: int, amount_fen: int, once_key: str) -> str:
    """Ask for the money of a recharge and return its number. The same key gives the same recharge.

    It counts against the day's limit at once, and no longer when it is closed unpaid.

    :raises StoredValueClosed: recharges are not open
    :raises WayOff: staff have switched WeChat Pay off
    :raises Invalid: the amount is outside the limits of one payment
    :raises OverLimit: the patient's limit of the day would be passed
    :raises TooManyUnpaid: this WeChat user has too many that are not paid
    """
    check_open()
    if problem := top_up_problem(amount_fen, limits()):
        raise Invalid({"amount": problem})
    account_id = wallet.patient_account(patient_id)
    return once(
        f"{actors.wechat(wechat_user_id)}/recharge.place",
        once_key,
        {"patient": patient_id, "amount": amount_fen},
        lambda: _write(wechat_user_id, patient_id, account_id, amount_fen),
    )


def check_open() -> None:
    """:raises StoredValueClosed, WayOff: nothing can be recharged now"""
    if stored_value.mode() is not stored_value.Mode.OPEN:
        raise StoredValueClosed("在线充值当前未开放")
    if not payment_settings.WECHAT_ON():
        raise WayOff(payment_settings.WECHAT_OFF_TEXT())


def _write(wechat_user_id: int, patient_id: int, account_id: int, amount_fen: int) -> str:
    # One user's recharges pass one at a time: each counts those before it.
    users.hold(wechat_user_id)
    if queries.unpaid_count(wechat_user_id) >= settings.MAX_UNPAID():
        raise TooManyUnpaid
    now, day = clock.now(), clock.today()
    no = ids.outside_number("R")
    expires_at = now + timedelta(minutes=settings.UNPAID_MINUTES())
    payment = payments.open_payment(
        Asked(
            subject_kind=SUBJECT,
            subject_no=no,
            amount_fen=amount_fen,
            description="储值充值",
            expires_at=expires_at,
            patient_id=patient_id,
            wechat_user_id=wechat_user_id,
            payee=HOUSE,
        )
    )
    insert_row(
        Recharge,
        no=no,
        patient_id=patient_id,
        account_id=account_id,
        wechat_user_id=wechat_user_id,
        amount_fen=amount_fen,
        refunded_fen=0,
        status=RechargeStatus.AWAITING,
        day=day,
        payment_no=payment.no,
        placed_at=now,
        expires_at=expires_at,
        close_reason="",
    )
    wallet.count_top_up(account_id, day, amount_fen, is_online=True)
    return no


def cancel_recharge(recharge: Recharge, *, by: str, reason: str) -> None:
    """Close an unpaid recharge; the payment asks the channel first.

    :raises AlreadyPaid: the money was faster
    """
    payments.close_payment(SUBJECT, recharge.no, by=by, reason=reason)


def close_for_unpaid(no: str, *, reason: str) -> None:
    """Follow a payment that was closed: the recharge ends and counts against the day's limit no longer, once."""
    with transaction():
        recharge = queries.get_recharge(no)
        if recharge.status is not RechargeStatus.AWAITING:
            return
        RECHARGE.move(
            recharge,
            RechargeStatus.CLOSED,
            by=actors.system("payments"),
            why=reason,
            closed_at=clock.now(),
            close_reason=reason[:100],
        )
        wallet.uncount_top_up(recharge.account_id, recharge.day, recharge.amount_fen, is_online=True)


def book_payment(no: str, *, payment_no: str, landed_late: bool) -> None:
    """Follow money that has arrived: the balance grows by it, once. Hearing it twice changes nothing.

    Late money reopens a closed recharge, as nothing of it is scarce, and counts for the day it came, whatever the
    limit; it goes back the way it came when recharges are not open any more.
    """
    with transaction():
        recharge = queries.get_recharge(no)
        was_closed = recharge.status is RechargeStatus.CLOSED
        if not was_closed and recharge.status is not RechargeStatus.AWAITING:
            if landed_late:  # paid a second time
                payments.refund_late(payment_no, reason="重复付款")
            return
        if landed_late or was_closed:
            if stored_value.mode() is not stored_value.Mode.OPEN:
                payments.refund_late(payment_no, reason="在线充值已停止")
                return
            payments.take_late(payment_no)
        day = clock.today() if was_closed else recharge.day
        RECHARGE.move(
            recharge,
            RechargeStatus.PAID,
            by=actors.system("payments"),
            why=_LATE if landed_late else "已付款",
            paid_at=clock.now(),
            closed_at=None,
            close_reason="",
            day=day,
        )
        if was_closed:
            wallet.count_top_up(recharge.account_id, day, recharge.amount_fen, is_online=True, is_limited=False)
        wallet.transfer(
            kind=BOOKED,
            source=no,
            payer_id=wallet.house_account(HOUSE),
            payee_id=recharge.account_id,
            amount_fen=recharge.amount_fen,
            memo="微信支付",
        )
