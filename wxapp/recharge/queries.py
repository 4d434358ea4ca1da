"""Reads of recharges and of what is left of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.recharge.models import Recharge, RechargeRefund, RechargeStatus, RefundStatus
from wxapp.recharge.rules import Calculation, Lot, share_out
from wxapp.recharge.states import BOOKED, REFUNDABLE
from wxapp.wallet.kinds import TOP_UP_COUNTER
from wxapp.wallet.models import PATIENT, Account, CounterMovement, CounterStatus, Movement, Transfer
from wxapp.wallet.queries import find_account

PAGE = 20
MOST = 1000
"""More of one patient are never shown or exported."""
_GONE = (RefundStatus.UNDER_WAY, RefundStatus.PAID_BACK)


def get_recharge(no: str) -> Recharge:
    recharge = db.session.scalars(sa.select(Recharge).where(Recharge.no == no)).one_or_none()
    if recharge is None:
        raise NotFound
    return recharge


def own_recharge(patient_id: int, no: str) -> Recharge:
    """:raises NotFound: no such recharge, or another patient's: the answer does not tell which"""
    recharge = get_recharge(no)
    if recharge.patient_id != patient_id:
        raise NotFound
    return recharge


def get_refund(no: str) -> RechargeRefund:
    refund = db.session.scalars(sa.select(RechargeRefund).where(RechargeRefund.no == no)).one_or_none()
    if refund is None:
        raise NotFound
    return refund


def own_refund(patient_id: int, no: str) -> RechargeRefund:
    """:raises NotFound: no such refund, or another patient's"""
    refund = get_refund(no)
    if refund.patient_id != patient_id:
        raise NotFound
    return refund


def recharge_of(refund: RechargeRefund) -> Recharge:
    return db.session.get_one(Recharge, refund.recharge_id)


def unpaid_count(wechat_user_id: int) -> int:
    """Return how many recharges this user has placed and not paid."""
    statement = sa.select(sa.func.count()).where(
        Recharge.wechat_user_id == wechat_user_id, Recharge.status == RechargeStatus.AWAITING
    )
    return int(db.session.scalars(statement).one())


def unpaid_of(patient_id: int) -> list[Recharge]:
    """Return what somebody has placed for this patient and not paid, the latest first."""
    wanted = sa.select(Recharge).where(Recharge.patient_id == patient_id, Recharge.status == RechargeStatus.AWAITING)
    return list(db.session.scalars(wanted.order_by(Recharge.id.desc()).limit(PAGE)))


def refunds_of(recharge_id: int) -> list[RechargeRefund]:
    wanted = sa.select(RechargeRefund).where(RechargeRefund.recharge_id == recharge_id)
    return list(db.session.scalars(wanted.order_by(RechargeRefund.id)))


def refunds_of_patient(patient_id: int, *, under_way: bool = False, limit: int = PAGE) -> list[RechargeRefund]:
    """Return a patient's latest refunds of recharges, or those that nobody has ended yet."""
    wanted = sa.select(RechargeRefund).where(RechargeRefund.patient_id == patient_id)
    if under_way:
        wanted = wanted.where(RechargeRefund.status == RefundStatus.UNDER_WAY)
    return list(db.session.scalars(wanted.order_by(RechargeRefund.id.desc()).limit(limit)))


def recharges_of_patient(patient_id: int, *, limit: int = MOST) -> list[Recharge]:
    wanted = sa.select(Recharge).where(Recharge.patient_id == patient_id)
    return list(db.session.scalars(wanted.order_by(Recharge.id.desc()).limit(limit)))


# --- lots ------------------------------------------------------------------------------------------------------------


def calculation_of(account_id: int, *, leave_out: Sequence[str] = ()) -> Calculation:
    """Return what an account's balance consists of.

    :param leave_out: refunds that are taken as not asked for: what they took is still in the balance
    """
    return calculations([account_id], leave_out=leave_out)[account_id]


def calculation_of_patient(patient_id: int) -> Calculation:
    """Return what a patient's balance consists of: nothing, while there is no account."""
    account = find_account(PATIENT, patient_id)
    return calculation_of(account.id) if account is not None else Calculation(0, (), clock.now())


def calculations(account_ids: Sequence[int], *, leave_out: Sequence[str] = ()) -> dict[int, Calculation]:
    """Return what these accounts' balances consist of, with the same few questions however many they are."""
    now = clock.now()
    balances = dict(_pairs(sa.select(Account.id, Account.balance_fen).where(Account.id.in_(account_ids))))
    lots = _lots(account_ids, leave_out)
    handed_back = dict(_pairs(_handed_back(account_ids)))
    kept = dict(_pairs(_kept(leave_out))) if leave_out else {}
    return {
        account_id: Calculation(
            balance_fen := (balances.get(account_id) or 0) + int(kept.get(account_id, 0)),
            share_out(balance_fen, lots[account_id], handed_back_fen=int(handed_back.get(account_id, 0))),
            now,
        )
        for account_id in account_ids
    }


def _pairs(statement: Any) -> list[tuple[int, Any]]:
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def _lots(account_ids: Sequence[int], leave_out: Sequence[str]) -> dict[int, list[Lot]]:
    found: dict[int, list[Lot]] = defaultdict(list)
    gone = (
        sa.select(RechargeRefund.recharge_id, sa.func.sum(RechargeRefund.amount_fen).label("fen"))
        .join(Recharge, Recharge.id == RechargeRefund.recharge_id)
        .where(
            Recharge.account_id.in_(account_ids),
            RechargeRefund.status.in_(_GONE),
            RechargeRefund.no.not_in(leave_out),
        )
        .group_by(RechargeRefund.recharge_id)
        .subquery()
    )
    online = (
        sa.select(Recharge.account_id, Recharge.no, Recharge.paid_at, Recharge.amount_fen, gone.c.fen, Recharge.status)
        .outerjoin(gone, gone.c.recharge_id == Recharge.id)
        .where(Recharge.account_id.in_(account_ids), Recharge.status.in_(BOOKED))
    )
    for row in db.session.execute(online):
        lot = Lot(row.no, row.paid_at, row.amount_fen, int(row.fen or 0), may_be_asked=row.status in REFUNDABLE)
        found[row.account_id].append(lot)
    counter = sa.select(Transfer.payee_id, Transfer.source, Transfer.at, Transfer.amount_fen).where(
        Transfer.payee_id.in_(account_ids), Transfer.kind == TOP_UP_COUNTER
    )
    for account_id, source, at, amount_fen in db.session.execute(counter):
        found[account_id].append(Lot(source, at, amount_fen, is_online=False))
    return found


def _handed_back(account_ids: Sequence[int]) -> sa.Select[int, int]:
    return (
        sa.select(CounterMovement.account_id, sa.func.sum(CounterMovement.amount_fen))
        .where(
            CounterMovement.account_id.in_(account_ids),
            CounterMovement.movement == Movement.PAY_BACK,
            CounterMovement.status != CounterStatus.REJECTED,
        )
        .group_by(CounterMovement.account_id)
    )


def _kept(nos: Sequence[str]) -> sa.Select[int, int]:
    return (
        sa.select(Recharge.account_id, sa.func.sum(RechargeRefund.amount_fen))
        .join(Recharge, Recharge.id == RechargeRefund.recharge_id)
        .where(RechargeRefund.no.in_(nos))
        .group_by(Recharge.account_id)
    )
