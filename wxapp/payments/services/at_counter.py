"""Paying at the hospital (到院支付): the patient chooses it, the cashier takes the money."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from wxapp.core import clock, ids
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import Invalid
from wxapp.core.events import publish
from wxapp.payments import queries, settings
from wxapp.payments.errors import AlreadyPaid, PartsDontAddUp, PaymentIsClosed, WayOff
from wxapp.payments.kinds import PAY_CHANNEL
from wxapp.payments.models import Attempt, AttemptStatus, Late, Method, PaymentOrder, PaymentStatus
from wxapp.payments.rules import parts_problem
from wxapp.payments.services.opening import check_open, claim, received
from wxapp.payments.services.wechat import end_attempts
from wxapp.payments.states import PAYMENT
from wxapp.payments.subjects import check_way, subject_of
from wxapp.wallet.services import house_account, transfer

COUNTER_METHODS = (Method.CASH, Method.CARD, Method.WECHAT_CODE, Method.ALIPAY_CODE, Method.TRANSFER)


def choose_at_hospital(payment_no: str, *, by: str) -> None:
    """Let a payment order wait for the cashier, with a deadline of its own. May be called again.

    :raises WayOff: staff have switched it off, or this kind can't be paid there
    :raises AlreadyPaid, PaymentIsClosed: there is nothing to pay
    """
    if not settings.HOSPITAL_ON():
        raise WayOff(settings.HOSPITAL_OFF_TEXT())
    payment = queries.get_payment(payment_no)
    if payment.waits_at_hospital and payment.status is PaymentStatus.OPEN:
        return
    due = queries.get_due(payment_no)
    check_open(due, now=clock.now())
    subject = subject_of(due.subject_kind)
    if subject is None or subject.wait_at_hospital is None:
        raise WayOff("该订单不支持到院支付")
    with transaction():
        until = subject.wait_at_hospital(due.subject_no, by)
        step = sa.update(PaymentOrder).where(PaymentOrder.id == due.id, PaymentOrder.status == PaymentStatus.OPEN)
        if not change(step.values(waits_at_hospital=True, expires_at=until)):
            check_open(queries.get_due(payment_no), now=clock.now())


def collect(payment_no: str, parts: Sequence[tuple[Method, int]], *, by: str, till: str = "") -> str:
    """Take money at the counter, in one or several ways that add up; return the receipt's number.

    :raises PartsDontAddUp: they don't
    :raises WayOff: what is paid for can't be paid at the counter
    :raises AlreadyPaid, PaymentIsClosed, PaymentBusy: it can't be paid (now); no money may be taken
    """
    due = queries.get_due(payment_no)
    check_way(due.subject_kind, "hospital")
    _check_payable(due)
    if any(method not in COUNTER_METHODS for method, _ in parts):
        raise Invalid({"parts": "请选择收款方式"})
    if problem := parts_problem([(method.value, fen) for method, fen in parts], due.amount_fen):
        raise PartsDontAddUp(problem, field="parts")
    end_attempts(due.id)
    day = clock.today()
    # Drawn before the transaction, so that nobody waits for its end; a gap is possible, a repetition is not.
    receipt_no = f"SJ{day:%Y%m%d}{ids.next_in_day('payments.receipt', day):04d}"
    with transaction():
        claim(due)
        now = clock.now()
        PAYMENT.try_move(
            PaymentOrder,
            due.id,
            old=PaymentStatus.OPEN,
            new=PaymentStatus.PAID,
            by=by,
            paid_fen=due.amount_fen,
            method=parts[0][0] if len(parts) == 1 else Method.MIXED,
            paid_at=now,
            receipt_no=receipt_no,
            collected_by=by,
            till=till[:20],
        )
        for method, fen in parts:
            _take_part(due, method, fen)
        publish(received(due, parts[0][0] if len(parts) == 1 else Method.MIXED))
    return receipt_no


def _check_payable(due: queries.Due) -> None:
    # The cashier may take money a little after the deadline, as long as nobody has closed the order.
    if due.status is PaymentStatus.PAID:
        raise AlreadyPaid
    if due.status is PaymentStatus.CLOSED:
        raise PaymentIsClosed


def _take_part(due: queries.Due, method: Method, fen: int) -> None:
    now = clock.now()
    number = ids.outside_number("C")
    db.session.add(
        Attempt(
            payment_order_id=due.id,
            out_trade_no=number,
            channel=method,
            status=AttemptStatus.SUCCEEDED,
            amount_fen=fen,
            late=Late.NO,
            created_at=now,
            paid_at=now,
        )
    )
    transfer(
        kind=PAY_CHANNEL,
        source=number,
        payer_id=house_account(f"channel.{method.value}"),
        payee_id=due.payee_account_id,
        amount_fen=fen,
        memo=due.subject_no,
    )


def count_print(payment_no: str) -> PaymentOrder:
    """Count that a receipt is printed, and return its payment order."""
    with transaction():
        change(
            sa.update(PaymentOrder)
            .where(PaymentOrder.no == payment_no, PaymentOrder.receipt_no.is_not(None))
            .values(receipt_prints=PaymentOrder.receipt_prints + 1)
        )
    return queries.get_payment(payment_no)
