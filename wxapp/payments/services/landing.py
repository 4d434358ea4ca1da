"""Money that arrived at WeChat Pay: told by a notice, found by a query or by the bill. All take this one way in."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.core.events import publish
from wxapp.payments import queries, settings
from wxapp.payments.errors import NoticeFault
from wxapp.payments.kinds import PAY_CHANNEL, PAY_LATE
from wxapp.payments.models import Attempt, AttemptStatus, Late, Method, PaymentOrder, PaymentStatus
from wxapp.payments.rules import Channel, Kind, facts_problem
from wxapp.payments.services.differences import write_difference
from wxapp.payments.services.late import refund_late
from wxapp.payments.services.opening import received
from wxapp.payments.states import ATTEMPT, PAYMENT
from wxapp.wallet.services import house_account, transfer
from wxapp.wechat import connected
from wxapp.wechat.pay.values import Payment


class Landing(StrEnum):
    """What became of the money."""

    PAID = "paid"
    LATE = "late"
    REPEATED = "repeated"


def land(attempt_id: int, payment: Payment, *, by: str) -> Landing:
    """Take note of a payment that the channel says was made; a repetition changes nothing.

    Account, merchant, payer and the three amounts are compared before anything changes.

    :raises NoticeFault: the facts don't fit our order; nothing was changed, a case is open
    """
    attempt = queries.get_attempt(attempt_id)
    if attempt.status is AttemptStatus.SUCCEEDED:
        return Landing.REPEATED
    due = queries.get_due_by_id(attempt.payment_order_id)
    _compare(attempt, payment, due.amount_fen)
    paid_at = payment.paid_at or clock.now()
    with transaction():
        # The payment order first, then the attempt, then the ledger: the order of locks (reliability 3.1).
        is_awaited = PAYMENT.try_move(
            PaymentOrder,
            due.id,
            old=PaymentStatus.OPEN,
            new=PaymentStatus.PAID,
            by=by,
            paid_fen=PaymentOrder.amount_fen,
            method=Method.WECHAT,
            paid_at=paid_at,
        )
        if not _succeed(attempt_id, payment, is_awaited=is_awaited, by=by):
            if is_awaited:
                raise RuntimeError(f"{payment.out_trade_no} was booked, but its payment order was open")
            return Landing.REPEATED
        transfer(
            kind=PAY_CHANNEL if is_awaited else PAY_LATE,
            source=payment.out_trade_no,
            payer_id=house_account("channel.wechat"),
            payee_id=due.payee_account_id if is_awaited else house_account("clearing.late"),
            amount_fen=due.amount_fen,
            memo=due.subject_no,
        )
        if is_awaited:
            publish(received(due, Method.WECHAT))
            return Landing.PAID
        if queries.get_due_by_id(due.id).status is PaymentStatus.PAID:
            refund_late(due.no)  # paid twice: nobody can take it, it goes back at once
        else:
            publish(received(due, Method.WECHAT, landed_late=True))
        return Landing.LATE


def _compare(attempt: Attempt, payment: Payment, payment_order_fen: int) -> None:
    clients = connected.clients()
    told = Channel(payment.appid, payment.mchid, payment.openid, payment.total_fen, payment.currency)
    ours = Channel(clients.appid, clients.mchid, attempt.openid, attempt.amount_fen)
    if problem := facts_problem(told, ours, payment_order_fen=payment_order_fen):
        write_difference(
            Kind.MISMATCH,
            payment.out_trade_no,
            channel_fen=payment.total_fen,
            ours_fen=attempt.amount_fen,
            detail=f"{problem}；渠道单号{payment.transaction_id}",
        )
        raise NoticeFault(problem)


def _succeed(attempt_id: int, payment: Payment, *, is_awaited: bool, by: str) -> bool:
    """Move the attempt to SUCCEEDED; False when somebody else has."""
    values: dict[str, Any] = {
        "transaction_id": payment.transaction_id,
        "paid_at": payment.paid_at or clock.now(),
        "next_query_at": None,
        "late": Late.NO if is_awaited else Late.WAITING,
        "late_until": None if is_awaited else clock.now() + timedelta(minutes=settings.LATE_MINUTES()),
    }
    while True:
        old = db.session.scalars(sa.select(Attempt.status).where(Attempt.id == attempt_id)).one()
        if old is AttemptStatus.SUCCEEDED:
            return False
        if ATTEMPT.try_move(Attempt, attempt_id, old=old, new=AttemptStatus.SUCCEEDED, by=by, **values):
            return True
