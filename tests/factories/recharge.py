"""Recharges, made the way they come into being; what the channel would tell is told here."""

from __future__ import annotations

import itertools

from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.payments.models import Attempt, AttemptStatus, Late, Method
from wxapp.payments.queries import find_payment
from wxapp.payments.services import landing
from wxapp.recharge import queries
from wxapp.recharge.models import Recharge
from wxapp.recharge.services import placing, refunding
from wxapp.wechat import connected
from wxapp.wechat.pay.values import Payment, TradeState

_numbers = itertools.count(1)

OPENID = "openid-of-the-payer"


def place(patient_id: int, amount_fen: int = 10_000, *, user_id: int = 0, key: str = "") -> str:
    """Place a recharge and return its number; each by another user, as one may hold few unpaid ones."""
    number = next(_numbers)
    return placing.place_recharge(
        wechat_user_id=user_id or 2_000_000 + number,
        patient_id=patient_id,
        amount_fen=amount_fen,
        once_key=key or f"recharge-{number:08d}",
    )


def pay(no: str) -> None:
    """Let the money of a recharge arrive, whatever has become of it meanwhile."""
    recharge = queries.get_recharge(no)
    payment = find_payment(placing.SUBJECT, no)
    assert payment is not None
    clients, now = connected.clients(), clock.now()
    number = f"W{next(_numbers):027d}"
    with transaction():
        attempt = Attempt(
            payment_order_id=payment.id,
            out_trade_no=number,
            channel=Method.WECHAT,
            status=AttemptStatus.PREPARED,
            amount_fen=recharge.amount_fen,
            openid=OPENID,
            late=Late.NO,
            created_at=now,
        )
        db.session.add(attempt)
    told = Payment(
        number,
        TradeState.SUCCESS,
        clients.appid,
        clients.mchid,
        total_fen=recharge.amount_fen,
        transaction_id=f"4200{number}",
        openid=OPENID,
        paid_at=now,
    )
    landing.land(attempt.id, told, by="system:tests")


def make_recharge(patient_id: int, amount_fen: int = 10_000) -> Recharge:
    """A recharge whose money is in the balance."""
    no = place(patient_id, amount_fen)
    pay(no)
    db.session.expire_all()
    return queries.get_recharge(no)


def ask_back(recharge: Recharge, amount_fen: int, *, by: str = "staff:2") -> str:
    return refunding.request_of_recharge(recharge.no, amount_fen=amount_fen, reason="不想要了", by=by)
