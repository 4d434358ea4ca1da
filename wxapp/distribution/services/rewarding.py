"""Rewards for inviting (其他收入): for a distributor who really sells, once, taken back with the sale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wxapp.core import clock
from wxapp.core.db import change, db, insert_row
from wxapp.distribution import kinds, settings
from wxapp.distribution.messages import tell_commission
from wxapp.distribution.models import (
    Attribution,
    Commission,
    Distributor,
    DistributorStatus,
    Level,
    Reward,
    RewardStatus,
)
from wxapp.distribution.services.month_limit import count_in_month
from wxapp.wallet import services as wallet
from wxapp.wallet.services import Asked

HOUSE = "house.commission"


def grant(commission_ids: Sequence[int]) -> list[Asked]:
    """Write the rewards down that commissions which have just become available earn; return the transfers.

    The first sale to somebody else counts: not what the invited or the inviter bought themselves, and only an inviter
    who is active. Who was a distributor before earns nobody a reward. Beyond the inviter's limits of the day and of the
    month it is written down as skipped. Runs in the transaction that makes the commissions available.
    """
    amount_fen = settings.REWARD()
    if not amount_fen or not (sold := _first_sales(commission_ids)):
        return []
    _hold({one.inviter_id for one in sold})
    rewarded = set(
        db.session.scalars(sa.select(Reward.invitee_id).where(Reward.invitee_id.in_([one.invitee_id for one in sold])))
    )
    today = _given_today({one.inviter_id for one in sold})
    accounts = kinds.available_accounts({one.inviter_id for one in sold})
    now, moves = clock.now(), []
    # By inviter: the totals of months are rows that orders wait for, and are held in this order everywhere.
    for one in sorted(sold, key=lambda one: (one.inviter_id, one.commission_id)):
        if one.invitee_id in rewarded:
            continue
        rewarded.add(one.invitee_id)
        count = today.get(one.inviter_id, 0)
        given_fen = count_in_month(one.inviter_id, amount_fen) if count < settings.REWARDS_PER_DAY() else 0
        reward_id = insert_row(
            Reward,
            invitee_id=one.invitee_id,
            distributor_id=one.inviter_id,
            commission_id=one.commission_id,
            order_no=one.order_no,
            amount_fen=given_fen,
            status=RewardStatus.PAID if given_fen else RewardStatus.SKIPPED,
            at=now,
        )
        if given_fen:
            today[one.inviter_id] = count + 1
            moves.append(
                Asked(
                    kinds.REWARD,
                    str(reward_id),
                    wallet.house_account(HOUSE),
                    accounts[one.inviter_id],
                    given_fen,
                    memo=one.order_no,
                )
            )
            tell_commission(
                one.wechat_user_id, order_no=one.order_no, amount_fen=given_fen, status=kinds.REWARD_LABEL, at=now
            )
    return moves


def _first_sales(commission_ids: Sequence[int]) -> Sequence[Any]:
    """Return which of these are the first commission of an invited distributor from somebody else's order.

    Neither the invited nor the inviter is somebody else: who could buy the proof himself would be paid for recruiting.
    """
    inviter, earlier, its_sale = aliased(Distributor), aliased(Commission), aliased(Attribution)
    had_one = (
        sa.exists()
        .where(earlier.distributor_id == Commission.distributor_id, earlier.level == Level.SELLER)
        .where(earlier.available_at.is_not(None), earlier.id.not_in(commission_ids))
        .where(its_sale.id == earlier.attribution_id)
        .where(its_sale.buyer_id.not_in((Distributor.wechat_user_id, inviter.wechat_user_id)))
    )
    statement = (
        sa.select(
            Commission.id.label("commission_id"),
            Commission.order_no,
            Distributor.id.label("invitee_id"),
            inviter.id.label("inviter_id"),
            inviter.wechat_user_id,
        )
        .join(Distributor, Distributor.id == Commission.distributor_id)
        .join(inviter, inviter.id == Distributor.inviter_id)
        .join(Attribution, Attribution.id == Commission.attribution_id)
        .where(
            Commission.id.in_(commission_ids),
            Commission.level == Level.SELLER,
            Commission.amount_fen > Commission.reversed_fen,
            Distributor.is_returning.is_(False),
            inviter.status == DistributorStatus.ACTIVE,
            Attribution.buyer_id.not_in((Distributor.wechat_user_id, inviter.wechat_user_id)),
            sa.not_(had_one),
        )
        .order_by(Commission.id)
    )
    return db.session.execute(statement).all()


def _hold(inviter_ids: set[int]) -> None:
    """Let the rewards of one inviter pass one at a time: each counts those before it."""
    held = sa.select(Distributor.id).where(Distributor.id.in_(sorted(inviter_ids))).order_by(Distributor.id)
    db.session.execute(held.with_for_update())


def _given_today(inviter_ids: set[int]) -> dict[int, int]:
    start, end = clock.day_bounds(clock.today())
    statement = (
        sa.select(Reward.distributor_id, sa.func.count())
        .where(
            Reward.distributor_id.in_(inviter_ids),
            Reward.status != RewardStatus.SKIPPED,
            Reward.at >= start,
            Reward.at < end,
        )
        .group_by(Reward.distributor_id)
    )
    return dict(db.session.execute(statement).all())


def take_back(commission_ids: Sequence[int]) -> list[Asked]:
    """Take the rewards back that these sales, now reversed whole, had earned; return the transfers.

    What the inviter has withdrawn already becomes a debt. He is told of it.
    """
    paid = (
        sa.select(Reward.id, Reward.distributor_id, Reward.amount_fen, Reward.order_no, Distributor.wechat_user_id)
        .join(Distributor, Distributor.id == Reward.distributor_id)
        .where(Reward.commission_id.in_(commission_ids), Reward.status == RewardStatus.PAID)
    )
    rows = db.session.execute(paid.order_by(Reward.id)).all() if commission_ids else []
    accounts = kinds.available_accounts({row.distributor_id for row in rows})
    now, moves = clock.now(), []
    for row in rows:
        step = sa.update(Reward).where(Reward.id == row.id, Reward.status == RewardStatus.PAID)
        if change(step.values(status=RewardStatus.REVERSED, reversed_at=now)):
            moves.append(
                Asked(
                    kinds.REWARD_REVERSED,
                    str(row.id),
                    accounts[row.distributor_id],
                    wallet.house_account(HOUSE),
                    row.amount_fen,
                    memo=row.order_no,
                )
            )
            tell_commission(
                row.wechat_user_id,
                order_no=row.order_no,
                amount_fen=row.amount_fen,
                status=kinds.REWARD_BACK_LABEL,
                at=now,
            )
    return moves
