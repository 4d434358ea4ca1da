"""What distributors earned and spent, in any state, with the books in order; written as the use cases leave it."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tests.factories.distribution import make_distributor
from wxapp.core import clock, ids
from wxapp.core.db import db, transaction
from wxapp.core.money import share
from wxapp.distribution import kinds
from wxapp.distribution.models import (
    Attribution,
    AttributionOutcome,
    AttributionWay,
    Commission,
    CommissionStatus,
    Distributor,
    Level,
    Reversal,
    Reward,
    RewardStatus,
    Scope,
    Terms,
    TermsStatus,
    TermsWay,
    Withdrawal,
    WithdrawalStatus,
)
from wxapp.wallet import services as wallet
from wxapp.wallet.house import house_account

_numbers = itertools.count(1)
C = CommissionStatus


def make_version(*, way: TermsWay = TermsWay.PERCENT, seller: int = 1_000, inviter: int = 500) -> Terms:
    """Return terms that were in force once: a version that commissions name."""
    now = clock.now()
    row = Terms(
        scope=Scope.DEFAULT,
        scope_id=0,
        way=way,
        seller=seller,
        inviter=inviter,
        status=TermsStatus.ENDED,
        proposed_by="system:proposer",
        proposed_at=now,
        decided_by="system:confirmer",
        valid_from=now,
        valid_until=now,
    )
    with transaction():
        db.session.add(row)
        db.session.flush()  # its number, also inside a larger transaction
    return row


def make_commission(
    distributor: Distributor,
    *,
    status: CommissionStatus = C.PENDING,
    seller: Distributor | None = None,
    line_fen: int = 10_000,
    rate: int = 1_000,
    way: TermsWay = TermsWay.PERCENT,
    quantity: int = 1,
    placed_at: datetime | None = None,
    order_no: str = "",
    attribution: AttributionWay = AttributionWay.SHARE,
    **over: Any,
) -> Commission:
    """Return a commission; with ``seller`` it is the inviter's, for what that one sold."""
    number, placed_at = next(_numbers), placed_at or clock.now()
    frozen_fen = rate * quantity if way is TermsWay.FIXED else share(line_fen, rate)
    is_booked = status in (C.PENDING, C.AVAILABLE, C.REVERSED)
    is_done = status is C.AVAILABLE
    paid_at = placed_at + timedelta(minutes=5)
    with transaction():
        line = Attribution(
            order_no=order_no or f"M20260302{number:06d}",
            order_line_id=9_000_000 + number,
            goods_id=number % 7 + 1,
            goods_name="入职体检套餐",
            quantity=quantity,
            line_fen=line_fen,
            buyer_id=number,
            distributor_id=(seller or distributor).id,
            way=attribution,
            opened_at=placed_at - timedelta(hours=2),
            outcome=AttributionOutcome.PAYS,
            terms_id=make_version(way=way).id,
            placed_at=placed_at,
        )
        db.session.add(line)
        db.session.flush()  # its number
        columns: dict[str, Any] = {
            "attribution_id": line.id,
            "order_no": line.order_no,
            "order_line_id": line.order_line_id,
            "distributor_id": distributor.id,
            "level": Level.INVITER if seller else Level.SELLER,
            "way": way,
            "rate": rate,
            "terms_id": line.terms_id,
            "line_fen": line_fen,
            "frozen_fen": frozen_fen,
            "amount_fen": frozen_fen if is_booked else 0,
            "status": status,
            "wait_days": 7,
            "placed_at": placed_at,
            "pending_at": paid_at if is_booked else None,
            "done_at": paid_at + timedelta(days=1) if is_done else None,
            "due_at": paid_at + timedelta(days=8) if is_done else None,
            "available_at": paid_at + timedelta(days=8) if is_done else None,
            "ended_at": paid_at if status is C.VOID else None,
        }
        one = Commission(**(columns | over))
        db.session.add(one)
        db.session.flush()  # its number
        _book(one, is_available=is_done)
        if status is C.REVERSED:
            make_reversal(one, amount_fen=one.amount_fen)
    return one


def _book(one: Commission, *, is_available: bool) -> None:
    if not one.amount_fen:
        return
    pending = kinds.pending_account(one.distributor_id)
    house = house_account("house.commission")
    source = {"source": str(one.id), "amount_fen": one.amount_fen}
    wallet.transfer(kind=kinds.COMMISSION_PENDING, payer_id=house, payee_id=pending, **source)
    if is_available:
        available = kinds.available_account(one.distributor_id)
        wallet.transfer(kind=kinds.COMMISSION_AVAILABLE, payer_id=pending, payee_id=available, **source)


def make_reversal(one: Commission, *, amount_fen: int, at: datetime | None = None) -> Reversal:
    """Take a part of a booked commission back, as for a refund of the same part of the line."""
    was_available = one.available_at is not None
    with transaction():
        one.reversed_fen += amount_fen
        one.refunded_fen = one.line_fen * one.reversed_fen // one.amount_fen
        if one.reversed_fen == one.amount_fen:
            one.status, one.ended_at = C.REVERSED, at or clock.now()
        row = Reversal(
            commission_id=one.id,
            distributor_id=one.distributor_id,
            order_no=one.order_no,
            refunded_fen=one.refunded_fen,
            amount_fen=amount_fen,
            was_available=was_available,
            at=at or clock.now(),
        )
        db.session.add(row)
        account = kinds.available_account if was_available else kinds.pending_account
        wallet.transfer(
            kind=kinds.COMMISSION_REVERSED,
            source=f"{one.id}:{one.refunded_fen}",
            payer_id=account(one.distributor_id),
            payee_id=house_account("house.commission"),
            amount_fen=amount_fen,
        )
    return row


def make_reward(
    inviter: Distributor,
    invitee: Distributor,
    *,
    status: RewardStatus = RewardStatus.PAID,
    amount_fen: int = 500,
    at: datetime | None = None,
) -> Reward:
    """Return what an inviter got for an invited distributor's first commission that became available."""
    first = make_commission(invitee, status=C.AVAILABLE)
    at = at or clock.now()
    with transaction():
        row = Reward(
            invitee_id=invitee.id,
            distributor_id=inviter.id,
            commission_id=first.id,
            order_no=first.order_no,
            amount_fen=amount_fen,
            status=status,
            at=at,
            reversed_at=at if status is RewardStatus.REVERSED else None,
        )
        db.session.add(row)
        db.session.flush()  # its number
        house, account = house_account("house.commission"), kinds.available_account(inviter.id)
        booked = {"source": str(row.id), "amount_fen": amount_fen}
        if status is not RewardStatus.SKIPPED:
            wallet.transfer(kind=kinds.REWARD, payer_id=house, payee_id=account, **booked)
        if status is RewardStatus.REVERSED:
            wallet.transfer(kind=kinds.REWARD_REVERSED, payer_id=account, payee_id=house, **booked)
    return row


def make_withdrawal(
    distributor: Distributor,
    *,
    amount_fen: int = 1_000,
    status: WithdrawalStatus = WithdrawalStatus.PAID,
    at: datetime | None = None,
) -> Withdrawal:
    """Return a withdrawal whose money is out of the balance, or back on it where the state says so."""
    at = at or clock.now()
    came_back = status in (WithdrawalStatus.REJECTED, WithdrawalStatus.WITHDRAWN, WithdrawalStatus.FAILED)
    with transaction():
        row = Withdrawal(
            no=ids.outside_number("W"),
            distributor_id=distributor.id,
            amount_fen=amount_fen,
            net_fen=amount_fen,
            real_name=distributor.name,
            status=status,
            day=clock.hospital_day(at),
            requested_at=at,
            ended_at=at if came_back or status is WithdrawalStatus.PAID else None,
        )
        db.session.add(row)
        account, clearing = kinds.available_account(distributor.id), house_account("clearing.withdrawal")
        booked = {"source": row.no, "amount_fen": amount_fen}
        wallet.transfer(kind=kinds.WITHDRAWAL, payer_id=account, payee_id=clearing, **booked)
        if came_back:
            wallet.transfer(kind=kinds.WITHDRAWAL_VOID, payer_id=clearing, payee_id=account, **booked)
    return row


def fill_income(distributor_id: int) -> dict[str, int]:
    """Add a row to every list of income, and a reversal to one commission; return what addresses name."""
    mine = db.session.get_one(Distributor, distributor_id)
    friend = make_distributor(inviter=mine)
    make_commission(mine)
    make_commission(mine, seller=friend, status=C.AVAILABLE)
    reward = make_reward(mine, friend)
    make_reward(mine, make_distributor(inviter=mine), status=RewardStatus.REVERSED)
    oldest = sa.select(Commission).where(Commission.distributor_id == mine.id, Commission.status == C.PENDING)
    one = db.session.scalars(oldest.order_by(Commission.id)).first()
    assert one is not None  # made just now
    reversal = make_reversal(one, amount_fen=1)
    return {"commission_id": one.id, "reward_id": reward.id, "reversal_id": reversal.id}
