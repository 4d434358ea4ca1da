"""Paying from stored value."""

from __future__ import annotations

from wxapp.core import actors, clock, ids
from wxapp.core.db import insert_row, transaction
from wxapp.core.errors import NotFound
from wxapp.core.events import publish
from wxapp.patients.services import check_balance_password
from wxapp.payments import queries, settings
from wxapp.payments.errors import PasswordNeeded, WayOff
from wxapp.payments.kinds import PAY_BALANCE
from wxapp.payments.models import Attempt, AttemptStatus, Late, Method, PaymentOrder, PaymentStatus
from wxapp.payments.services.opening import check_open, claim, received
from wxapp.payments.services.wechat import end_attempts
from wxapp.payments.states import PAYMENT
from wxapp.payments.subjects import check_way
from wxapp.wallet import settings as stored_value
from wxapp.wallet.errors import StoredValueClosed
from wxapp.wallet.services import patient_account, transfer


def pay_by_balance(payment_no: str, *, patient_id: int, user_id: int, password: str) -> None:
    """Pay the whole amount from the patient's stored value.

    The password is checked first, in a transaction of its own, so that a payment that fails gives no free tries.

    :raises WayOff: staff have switched it off, or what is paid for can't be paid this way
    :raises NotFound: the payment order is not this patient's
    :raises AlreadyPaid, PaymentIsClosed, PaymentBusy: it can't be paid (now)
    :raises PasswordNeeded: none was given, and the amount is not free of it
    :raises InsufficientBalance, AccountFrozen: nothing was taken
    """
    if not settings.BALANCE_ON():
        raise WayOff(settings.BALANCE_OFF_TEXT())
    if stored_value.mode() is stored_value.Mode.OFF:
        raise StoredValueClosed
    due = queries.get_due(payment_no)
    if due.patient_id != patient_id:
        raise NotFound
    check_way(due.subject_kind, "balance")
    check_open(due, now=clock.now())
    if due.amount_fen > settings.PASSWORD_FREE():
        if not password:
            raise PasswordNeeded(field="password")
        check_balance_password(patient_id, password)
    if due.attempts:  # else nobody ever began anything, and the claim sees to it that nobody has since
        end_attempts(due.id)
    _take(due, account_id=patient_account(patient_id), by=actors.wechat(user_id))


def _take(due: queries.Due, *, account_id: int, by: str) -> None:
    now = clock.now()
    number = ids.outside_number("B")
    with transaction():
        claim(due, now=now)
        PAYMENT.try_move(
            PaymentOrder,
            due.id,
            old=PaymentStatus.OPEN,
            new=PaymentStatus.PAID,
            by=by,
            paid_fen=due.amount_fen,
            method=Method.BALANCE,
            paid_at=now,
        )
        insert_row(
            Attempt,
            payment_order_id=due.id,
            out_trade_no=number,
            channel=Method.BALANCE,
            status=AttemptStatus.SUCCEEDED,
            amount_fen=due.amount_fen,
            late=Late.NO,
            created_at=now,
            paid_at=now,
        )
        transfer(
            kind=PAY_BALANCE,
            source=number,
            payer_id=account_id,
            payee_id=due.payee_account_id,
            amount_fen=due.amount_fen,
            memo=due.subject_no,
        )
        publish(received(due, Method.BALANCE))
