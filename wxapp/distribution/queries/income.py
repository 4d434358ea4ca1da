"""Reads of one distributor's money: balances, totals, and what came and went line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.distribution.kinds import AVAILABLE_ACCOUNT, PENDING_ACCOUNT
from wxapp.distribution.models import (
    Attribution,
    Commission,
    CommissionStatus,
    Distributor,
    Level,
    Reversal,
    Reward,
    RewardStatus,
    Withdrawal,
    WithdrawalStatus,
)
from wxapp.distribution.queries.withdrawals import figures_of as withdrawals_by_state
from wxapp.distribution.rules.income import IncomeKind, Place
from wxapp.distribution.states import OPEN_WITHDRAWALS
from wxapp.patients.models import WechatUser
from wxapp.wallet.models import Account

BOOKED = (CommissionStatus.PENDING, CommissionStatus.AVAILABLE, CommissionStatus.REVERSED)
"""Their amount came into a distributor's account, whatever went back of it."""


@dataclass(frozen=True)
class Balances:
    """What a distributor's two accounts hold; ``available_fen`` below zero is a debt."""

    available_fen: int
    pending_fen: int


def balances_of(distributor_id: int) -> Balances:
    """Return the balances, zero for accounts that were never opened."""
    rows = db.session.execute(
        sa.select(Account.kind, Account.balance_fen).where(
            Account.kind.in_((AVAILABLE_ACCOUNT, PENDING_ACCOUNT)), Account.owner_id == distributor_id
        )
    )
    found: dict[str, int] = {kind: fen or 0 for kind, fen in rows}
    return Balances(found.get(AVAILABLE_ACCOUNT, 0), found.get(PENDING_ACCOUNT, 0))


@dataclass(frozen=True)
class Totals:
    """Everything that ever came and went.

    What came in, less what was reversed and withdrawn, is what both accounts hold: the books say the same.
    """

    sales_fen: int
    team_fen: int
    other_fen: int
    sales_pending_fen: int
    team_pending_fen: int
    sales_reversed_fen: int
    team_reversed_fen: int
    other_reversed_fen: int
    paid_out_fen: int
    on_its_way_fen: int

    @property
    def reversed_fen(self) -> int:
        return self.sales_reversed_fen + self.team_reversed_fen + self.other_reversed_fen

    @property
    def earned_fen(self) -> int:
        """What is really one's own: income less reversals."""
        return self.sales_fen + self.team_fen + self.other_fen - self.reversed_fen

    @property
    def withdrawn_fen(self) -> int:
        return self.paid_out_fen + self.on_its_way_fen

    @property
    def spent_fen(self) -> int:
        return self.withdrawn_fen + self.reversed_fen


def totals_of(distributor_id: int) -> Totals:
    """Add up a distributor's lines; what was not paid for and what came back of withdrawals counts nowhere."""
    booked: dict[tuple[Level, CommissionStatus], tuple[int, int]] = {
        (row.level, row.status): (int(row.amount), int(row.back))
        for row in db.session.execute(
            sa.select(
                Commission.level,
                Commission.status,
                sa.func.sum(Commission.amount_fen).label("amount"),
                sa.func.sum(Commission.reversed_fen).label("back"),
            )
            .where(Commission.distributor_id == distributor_id, Commission.status.in_(BOOKED))
            .group_by(Commission.level, Commission.status)
        )
    }
    rewards: dict[RewardStatus, int] = {
        status: int(fen)
        for status, fen in db.session.execute(
            sa.select(Reward.status, sa.func.sum(Reward.amount_fen))
            .where(Reward.distributor_id == distributor_id)
            .group_by(Reward.status)
        )
    }
    withdrawals = withdrawals_by_state(distributor_id)

    def came(level: Level) -> tuple[int, int, int]:
        rows = [booked.get((level, status), (0, 0)) for status in BOOKED]
        amount, back = booked.get((level, CommissionStatus.PENDING), (0, 0))
        return sum(row[0] for row in rows), amount - back, sum(row[1] for row in rows)

    sales, team = came(Level.SELLER), came(Level.INVITER)
    back = rewards.get(RewardStatus.REVERSED, 0)
    return Totals(
        sales_fen=sales[0],
        team_fen=team[0],
        other_fen=rewards.get(RewardStatus.PAID, 0) + back,
        sales_pending_fen=sales[1],
        team_pending_fen=team[1],
        sales_reversed_fen=sales[2],
        team_reversed_fen=team[2],
        other_reversed_fen=back,
        paid_out_fen=withdrawals[WithdrawalStatus.PAID].amount_fen,
        on_its_way_fen=sum(found.amount_fen for status, found in withdrawals.items() if status in OPEN_WITHDRAWALS),
    )


@dataclass(frozen=True)
class Today:
    """What a day brought: one's own orders that were paid, what was paid for them, and all that came in and went back.

    What goes back on a day may have come in on another.
    """

    orders: int
    sales_fen: int
    own_fen: int
    team_fen: int
    other_fen: int
    reversed_fen: int

    @property
    def parts(self) -> list[tuple[str, int]]:
        """What the day's commission consists of, each with its name and sign; what is nothing is left out."""
        parts = (
            (IncomeKind.SALES.label, self.own_fen),
            (IncomeKind.TEAM.label, self.team_fen),
            (IncomeKind.OTHER.label, self.other_fen),
            ("退款冲回", -self.reversed_fen),
        )
        return [(label, fen) for label, fen in parts if fen]

    @property
    def commission_fen(self) -> int:
        return sum(fen for _, fen in self.parts)


def booked_on(distributor_id: int, day: date) -> Today:
    """Return what was booked for a distributor on a day of the hospital, and what went back on it."""
    start, end = clock.day_bounds(day)

    def total(of: Any, whose: Any, moment: Any, *conditions: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
        on_that_day = (whose == distributor_id, moment >= start, moment < end, *conditions)
        return sa.select(sa.func.coalesce(of, 0)).where(*on_that_day).scalar_subquery()

    mine, booked, total_of = Commission.distributor_id, Commission.pending_at, sa.func.sum
    is_own, is_teams = Commission.level == Level.SELLER, Commission.level == Level.INVITER
    rewarded, back = Reward.status != RewardStatus.SKIPPED, Reward.status == RewardStatus.REVERSED
    row = db.session.execute(
        sa.select(
            total(sa.func.count(Commission.order_no.distinct()), mine, booked, is_own),
            total(total_of(Commission.line_fen), mine, booked, is_own),
            total(total_of(Commission.amount_fen), mine, booked, is_own),
            total(total_of(Commission.amount_fen), mine, booked, is_teams),
            total(total_of(Reward.amount_fen), Reward.distributor_id, Reward.at, rewarded),
            total(total_of(Reversal.amount_fen), Reversal.distributor_id, Reversal.at)
            + total(total_of(Reward.amount_fen), Reward.distributor_id, Reward.reversed_at, back),
        )
    ).one()
    return Today(*map(int, row))


# --- line by line ----------------------------------------------------------------------------------------------------

_LEVELS = {IncomeKind.SALES: Level.SELLER, IncomeKind.TEAM: Level.INVITER}


@dataclass(frozen=True)
class CommissionLine:
    """A commission with the line of the order it is for; ``seller`` is the nickname of whose sale it is."""

    commission: Commission
    attribution: Attribution
    seller: str

    @property
    def goods_name(self) -> str:
        return self.attribution.goods_name

    @property
    def quantity(self) -> int:
        return self.attribution.quantity


def commissions_of(distributor_id: int, kind: IncomeKind, *, before_id: int | None, limit: int) -> list[CommissionLine]:
    """Return commissions of one level, the newest first; ``before_id`` continues a list."""
    own = sa.select(Commission.id).where(Commission.distributor_id == distributor_id, Commission.level == _LEVELS[kind])
    if before_id is not None:
        own = own.where(Commission.id < before_id)
    # Their keys first, all of which an index holds: else MariaDB joins all that somebody ever earned to show twenty.
    page = own.order_by(Commission.id.desc()).limit(limit).subquery()
    wanted = _LINES.join(page, page.c.id == Commission.id).order_by(Commission.id.desc())
    return [CommissionLine(*row) for row in db.session.execute(wanted)]


_LINES = (
    sa.select(Commission, Attribution, WechatUser.nickname)
    .join(Attribution, Attribution.id == Commission.attribution_id)
    .join(Distributor, Distributor.id == Attribution.distributor_id)
    .join(WechatUser, WechatUser.id == Distributor.wechat_user_id)
)


@dataclass(frozen=True)
class RewardLine:
    """A reward with the nickname of who was invited."""

    reward: Reward
    invitee: str


def rewards_of(distributor_id: int, *, before_id: int | None, limit: int) -> list[RewardLine]:
    """Return an inviter's rewards, the newest first; ``before_id`` continues a list."""
    wanted = _REWARDS.where(Reward.distributor_id == distributor_id)
    if before_id is not None:
        wanted = wanted.where(Reward.id < before_id)
    return [RewardLine(*row) for row in db.session.execute(wanted.order_by(Reward.id.desc()).limit(limit))]


_REWARDS = (
    sa.select(Reward, WechatUser.nickname)
    .join(Distributor, Distributor.id == Reward.invitee_id)
    .join(WechatUser, WechatUser.id == Distributor.wechat_user_id)
)


@dataclass(frozen=True)
class Spent:
    """Money that left: a withdrawal, a reversal of a commission, or a reward that was taken back."""

    row: Withdrawal | Reversal | Reward
    place: Place


_SPENT: tuple[tuple[Any, Any, Any], ...] = (
    (Withdrawal, Withdrawal.requested_at, sa.true()),
    (Reversal, Reversal.at, sa.true()),
    (Reward, Reward.reversed_at, Reward.status == RewardStatus.REVERSED),
)
"""Where money leaves, and when it does; the position here is the table's number in a ``Place``."""


def spent_of(distributor_id: int, *, before: Place | None, limit: int) -> list[Spent]:
    """Return what left, the newest first; ``before`` continues a list."""
    found: list[Spent] = []
    for table, (model, moment, condition) in enumerate(_SPENT):
        wanted = sa.select(model).where(model.distributor_id == distributor_id, condition)
        if before is not None:
            wanted = wanted.where(_is_before(before, table, moment, model.id))
        rows = db.session.scalars(wanted.order_by(moment.desc(), model.id.desc()).limit(limit))
        found += [Spent(row, Place(getattr(row, moment.key), table, row.id)) for row in rows]
    found.sort(key=lambda one: one.place, reverse=True)
    return found[:limit]


def _is_before(place: Place, table: int, moment: Any, key: Any) -> sa.ColumnElement[bool]:
    if table < place.table:
        return sa.and_(moment <= place.at)
    if table > place.table:
        return sa.and_(moment < place.at)
    return sa.or_(moment < place.at, sa.and_(moment == place.at, key < place.id))


# --- one of them -----------------------------------------------------------------------------------------------------


def own_commission(distributor_id: int, commission_id: int) -> CommissionLine:
    """:raises NotFound: no such commission, or another's: the answer does not tell which"""
    return _one_commission(Commission.id == commission_id, Commission.distributor_id == distributor_id)


def get_commission(commission_id: int) -> CommissionLine:
    """:raises NotFound: no such commission"""
    return _one_commission(Commission.id == commission_id)


def _one_commission(*conditions: sa.ColumnElement[bool]) -> CommissionLine:
    row = db.session.execute(_LINES.where(*conditions)).one_or_none()
    if row is None:
        raise NotFound
    return CommissionLine(*row)


def own_reward(distributor_id: int, reward_id: int) -> RewardLine:
    """:raises NotFound: no such reward, or another's"""
    return _one_reward(Reward.id == reward_id, Reward.distributor_id == distributor_id)


def get_reward(reward_id: int) -> RewardLine:
    """:raises NotFound: no such reward"""
    return _one_reward(Reward.id == reward_id)


def _one_reward(*conditions: sa.ColumnElement[bool]) -> RewardLine:
    row = db.session.execute(_REWARDS.where(*conditions)).one_or_none()
    if row is None:
        raise NotFound
    return RewardLine(*row)


def reversals_of(commission_id: int) -> Sequence[Reversal]:
    """Return what went back of a commission, the oldest first."""
    return db.session.scalars(
        sa.select(Reversal).where(Reversal.commission_id == commission_id).order_by(Reversal.id)
    ).all()


def own_reversal(distributor_id: int, reversal_id: int) -> Reversal:
    """:raises NotFound: no such reversal, or another's"""
    row = db.session.scalars(
        sa.select(Reversal).where(Reversal.id == reversal_id, Reversal.distributor_id == distributor_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row
