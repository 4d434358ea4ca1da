"""The invariants between commissions, their orders and the books, each with a name. Nothing is repaired here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.money import yuan
from wxapp.distribution import kinds
from wxapp.distribution.models import (
    Commission,
    Distributor,
    Level,
    MonthTotal,
    Reversal,
    Reward,
    RewardStatus,
    Withdrawal,
)
from wxapp.distribution.models import CommissionStatus as C
from wxapp.distribution.models import WithdrawalStatus as W
from wxapp.mall.models import ItemStatus, Order, OrderItem, OrderStatus, RefundLine
from wxapp.payments.models import Refund
from wxapp.wallet.models import Account, Transfer
from wxapp.wallet.services import Check

_SHOWN = 20
_TOLD_WITHIN = timedelta(minutes=10)
"""A commission hears of its order in a moment; what is younger than this may still be on its way."""

_BOOKED = (C.PENDING, C.AVAILABLE, C.REVERSED)
_BACK = (W.REJECTED, W.WITHDRAWN, W.FAILED)


def invariants() -> list[Check]:
    """Recompute what commissions, orders and the ledger have to agree on."""
    checks = (
        ("distribution.pending", "每位分销员的待结算余额等于其待结算佣金之和", _wrong_pending),
        ("distribution.available", "每位分销员的可提现余额等于已结算佣金加奖励减未退回的提现", _wrong_available),
        ("distribution.transfers", "每笔佣金、冲回和奖励都有金额相同的账务记录，且别无其他", _wrong_transfers),
        ("distribution.amounts", "冻结额不小于入账额，入账额不小于冲回额；两级合计不超过商品实付", _wrong_amounts),
        ("distribution.levels", "佣金不超过两级，同一商品行的两级不是同一人", _wrong_levels),
        ("distribution.followed", "佣金状态与订单的付款、关闭和退款一致", _wrongly_followed),
        ("distribution.months", "每月上限的计数等于入账佣金与邀请奖励之和", _wrong_months),
        ("distribution.rewards", "每笔邀请奖励都有一笔已结算且未全部冲回的佣金", _wrong_rewards),
    )
    return [Check(name, label, tuple(find())) for name, label, find in checks]


# --- balances --------------------------------------------------------------------------------------------------------


def _wrong_pending() -> Iterable[str]:
    return _compare(kinds.PENDING_ACCOUNT, [_left(C.PENDING)])


def _wrong_available() -> Iterable[str]:
    rewards = sa.select(Reward.distributor_id, Reward.amount_fen.label("fen")).where(Reward.status == RewardStatus.PAID)
    taken = sa.select(Withdrawal.distributor_id, (-Withdrawal.amount_fen).label("fen"))
    return _compare(
        kinds.AVAILABLE_ACCOUNT, [_left(C.AVAILABLE), rewards, taken.where(Withdrawal.status.not_in(_BACK))]
    )


def _left(status: C) -> Any:
    left = (Commission.amount_fen - Commission.reversed_fen).label("fen")
    return sa.select(Commission.distributor_id, left).where(Commission.status == status)


def _compare(kind: str, parts: Sequence[Any]) -> list[str]:
    """Name the distributors whose account of this kind does not hold what these rows add up to."""
    rows = sa.union_all(*parts).subquery()
    sums = sa.select(rows.c.distributor_id, sa.func.sum(rows.c.fen).label("fen")).group_by(rows.c.distributor_id)
    expected = sums.subquery()
    fen, balance = sa.func.coalesce(expected.c.fen, 0), sa.func.coalesce(Account.balance_fen, 0)
    with_account = (
        sa.select(Account.owner_id, balance.label("balance"), fen.label("fen"))
        .outerjoin(expected, expected.c.distributor_id == Account.owner_id)
        .where(Account.kind == kind, balance != fen)
    )
    without = (
        sa.select(expected.c.distributor_id, sa.literal(0), expected.c.fen)
        .outerjoin(Account, sa.and_(Account.kind == kind, Account.owner_id == expected.c.distributor_id))
        .where(Account.id.is_(None), expected.c.fen != 0)
    )
    found = [row for wanted in (with_account, without) for row in db.session.execute(wanted.limit(_SHOWN))]
    return [f"分销员 {owner_id}：余额 {yuan(int(has))}，应为 {yuan(int(wanted))}" for owner_id, has, wanted in found]


# --- transfers -------------------------------------------------------------------------------------------------------


def _wrong_transfers() -> Iterable[str]:
    """Compare each step's rows with its transfers, and then only how many there are: so none is left over."""
    before = (
        sa.select(sa.func.coalesce(sa.func.sum(Reversal.amount_fen), 0))
        .where(Reversal.commission_id == Commission.id, sa.not_(Reversal.was_available))
        .correlate(Commission)
        .scalar_subquery()
    )
    was_available = Commission.available_at.is_not(None)
    steps: tuple[tuple[str, Any, Any, Any], ...] = (
        (kinds.COMMISSION_PENDING, Commission.id, Commission.amount_fen, Commission.status.in_(_BOOKED)),
        (kinds.COMMISSION_AVAILABLE, Commission.id, Commission.amount_fen - before, was_available),
        (
            kinds.COMMISSION_REVERSED,
            sa.cast(Reversal.commission_id, sa.String(20)) + ":" + sa.cast(Reversal.refunded_fen, sa.String(20)),
            Reversal.amount_fen,
            sa.true(),
        ),
        (kinds.REWARD, Reward.id, Reward.amount_fen, Reward.status != RewardStatus.SKIPPED),
        (kinds.REWARD_REVERSED, Reward.id, Reward.amount_fen, Reward.status == RewardStatus.REVERSED),
    )
    return [problem for kind, source, fen, is_booked in steps for problem in _unlike(kind, source, fen, is_booked)]


def _unlike(kind: str, source: Any, fen: Any, is_booked: Any) -> Iterable[str]:
    wanted = sa.case((is_booked, fen), else_=0)
    rows = sa.select(sa.cast(source, sa.String(44)).label("source"), wanted.label("fen")).subquery()
    found = db.session.execute(
        sa.select(rows.c.source, rows.c.fen, Transfer.amount_fen)
        .outerjoin(Transfer, sa.and_(Transfer.kind == kind, Transfer.source == rows.c.source))
        .where(rows.c.fen != sa.func.coalesce(Transfer.amount_fen, 0))
        .limit(_SHOWN)
    )
    problems = [f"{kind} {row.source}：应为 {yuan(int(row.fen))}，账上 {row.amount_fen}" for row in found]
    expected = db.session.scalar(sa.select(sa.func.count()).select_from(rows).where(rows.c.fen > 0))
    booked = db.session.scalar(sa.select(sa.func.count()).select_from(Transfer).where(Transfer.kind == kind))
    if not problems and booked != expected:
        problems.append(f"{kind}：账务记录 {booked} 笔，应为 {expected} 笔")
    return problems


# --- rows ------------------------------------------------------------------------------------------------------------


def _wrong_amounts() -> Iterable[str]:
    back = sa.select(sa.func.coalesce(sa.func.sum(Reversal.amount_fen), 0)).where(
        Reversal.commission_id == Commission.id
    )
    amount, reversed_fen = Commission.amount_fen, Commission.reversed_fen
    wrong = sa.or_(
        reversed_fen < 0,
        amount < reversed_fen,
        Commission.frozen_fen < amount,
        sa.and_(Commission.status.not_in(_BOOKED), amount != 0),
        sa.and_(Commission.status == C.REVERSED, amount != reversed_fen),
        reversed_fen != back.correlate(Commission).scalar_subquery(),
    )
    rows = db.session.scalars(sa.select(Commission.id).where(wrong).limit(_SHOWN))
    lines = db.session.scalars(
        sa.select(Commission.order_line_id)
        .group_by(Commission.order_line_id)
        .having(sa.func.sum(Commission.frozen_fen) > sa.func.max(Commission.line_fen))
        .limit(_SHOWN)
    )
    return [*(f"佣金 {key}" for key in rows), *(f"商品行 {key}：两级合计超过实付" for key in lines)]


def _wrong_levels() -> Iterable[str]:
    seller = aliased(Commission)
    above = sa.and_(seller.order_line_id == Commission.order_line_id, seller.level == Level.SELLER)
    alone = db.session.scalars(
        sa.select(Commission.order_line_id)
        .outerjoin(seller, above)
        .where(
            Commission.level != Level.SELLER,
            sa.or_(seller.id.is_(None), seller.distributor_id == Commission.distributor_id),
        )
        .limit(_SHOWN)
    )
    many = db.session.scalars(
        sa.select(Commission.order_line_id)
        .group_by(Commission.order_line_id)
        .having(sa.func.count() > len(Level))
        .limit(_SHOWN)
    )
    own = db.session.scalars(sa.select(Distributor.id).where(Distributor.inviter_id == Distributor.id).limit(_SHOWN))
    return [*(f"商品行 {key}" for key in (*alone, *many)), *(f"分销员 {key} 的上级是本人" for key in own)]


def _wrongly_followed() -> Iterable[str]:
    settled = clock.now() - _TOLD_WITHIN
    is_booked = Commission.status.in_(_BOOKED)
    unheard = sa.or_(
        sa.and_(Order.paid_at < settled, sa.not_(is_booked)),
        sa.and_(Order.status == OrderStatus.CLOSED, Order.closed_at < settled, Commission.status == C.PLACED),
    )
    rows = db.session.execute(
        sa.select(Commission.id, Commission.order_no, Commission.status)
        .outerjoin(Order, Order.no == Commission.order_no)
        .where(sa.or_(Order.id.is_(None), sa.and_(Order.paid_at.is_(None), is_booked), unheard))
        .limit(_SHOWN)
    )
    return [f"佣金 {row.id}（订单 {row.order_no}）：{row.status.label}" for row in rows] + _wrongly_refunded()


def _wrongly_refunded() -> list[str]:
    """Name commissions that follow other refunds than their lines had; news of one may be a moment on its way."""
    back = (
        sa.select(sa.func.coalesce(sa.func.sum(OrderItem.share_fen), 0))
        .where(OrderItem.order_line_id == Commission.order_line_id, OrderItem.status == ItemStatus.REFUNDED)
        .correlate(Commission)
        .scalar_subquery()
    )
    is_news = (
        sa.exists()
        .where(RefundLine.order_line_id == Commission.order_line_id)
        .where(Refund.no == RefundLine.refund_no, Refund.done_at >= clock.now() - _TOLD_WITHIN)
    )
    differs = sa.or_(Commission.refunded_fen > back, sa.and_(Commission.refunded_fen < back, sa.not_(is_news)))
    rows = db.session.execute(
        sa.select(Commission.id, Commission.order_no, Commission.refunded_fen, back.label("back"))
        .where(Commission.status.in_((C.PENDING, C.AVAILABLE)), differs)
        .limit(_SHOWN)
    ).all()
    return [
        f"佣金 {row.id}（订单 {row.order_no}）：按已退 {yuan(row.refunded_fen)} 计，实退 {yuan(int(row.back))}"
        for row in rows
    ]


def _wrong_months() -> Iterable[str]:
    # Also what was taken back later: a limit of what is sold grows by no refund.
    parts = sa.union_all(
        sa.select(Commission.distributor_id, Commission.amount_fen).where(Commission.status.in_(_BOOKED)),
        sa.select(Reward.distributor_id, Reward.amount_fen),
    ).subquery()
    booked = (
        sa.select(parts.c.distributor_id, sa.func.sum(parts.c.amount_fen).label("fen"))
        .group_by(parts.c.distributor_id)
        .subquery()
    )
    counted = (
        sa.select(MonthTotal.distributor_id, sa.func.sum(MonthTotal.booked_fen).label("fen"))
        .group_by(MonthTotal.distributor_id)
        .subquery()
    )
    fen, count = sa.func.coalesce(booked.c.fen, 0), sa.func.coalesce(counted.c.fen, 0)
    rows = db.session.execute(
        sa.select(Distributor.id, fen.label("fen"), count.label("counted"))
        .outerjoin(booked, booked.c.distributor_id == Distributor.id)
        .outerjoin(counted, counted.c.distributor_id == Distributor.id)
        .where(fen != count)
        .limit(_SHOWN)
    )
    return [f"分销员 {row.id}：入账 {yuan(int(row.fen))}，计数 {yuan(int(row.counted))}" for row in rows]


def _wrong_rewards() -> Iterable[str]:
    rows = db.session.scalars(
        sa.select(Reward.id)
        .join(Commission, Commission.id == Reward.commission_id)
        .where(
            sa.or_(
                Commission.available_at.is_(None),
                Commission.level != Level.SELLER,
                Commission.distributor_id != Reward.invitee_id,
                sa.and_(Reward.status == RewardStatus.PAID, Commission.status == C.REVERSED),
            )
        )
        .limit(_SHOWN)
    )
    return [f"奖励 {key}" for key in rows]
