"""Commissions (佣金明细) and rewards for inviting: lists with sums, and where each fen comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

from wxapp.admin import menu
from wxapp.admin.answers import Page
from wxapp.admin.cells import Badge, Column
from wxapp.admin.filters import Filter
from wxapp.admin.identity import remember_names
from wxapp.admin.tables import Action, Table
from wxapp.core.masking import masked_name
from wxapp.core.permissions import Permission
from wxapp.distribution import explaining
from wxapp.distribution.admin.door import interface
from wxapp.distribution.models import Commission, CommissionStatus, Level, Reward, RewardStatus
from wxapp.distribution.queries import commissions as reads
from wxapp.distribution.queries import income, people
from wxapp.distribution.queries.terms import get_terms

STATES = {
    CommissionStatus.PLACED: Badge("待付款", "grey"),
    CommissionStatus.PENDING: Badge("待结算", "amber"),
    CommissionStatus.AVAILABLE: Badge("可提现", "green"),
    CommissionStatus.REVERSED: Badge("已冲回", "red"),
    CommissionStatus.VOID: Badge("已失效", "grey"),
}
LEVELS = {Level.SELLER: Badge("分销", "blue"), Level.INVITER: Badge("团队", "grey")}
REWARD_STATES = {
    RewardStatus.PAID: Badge("已发放", "green"),
    RewardStatus.SKIPPED: Badge("超出上限", "grey"),
    RewardStatus.REVERSED: Badge("已冲回", "red"),
}


def _url(commission_id: int) -> str:
    return url_for("distribution_admin.commission", commission_id=commission_id)


def _is_due(row: reads.CommissionRow) -> bool:
    return row.status is CommissionStatus.PENDING and row.due_at is not None


def _is_expected(row: reads.CommissionRow) -> str:
    return "预计" if _is_due(row) else ""


def _available_on(row: reads.CommissionRow) -> datetime | None:
    """Return the day from which it can be withdrawn: the real one, or the one to be expected."""
    return row.due_at if _is_due(row) else row.available_at


COMMISSIONS = Table(
    "distribution.commissions",
    title="佣金明细",
    columns=(
        Column("order_no", "订单号", "code", link=lambda row: _url(row.id), sort=Commission.id),
        Column("placed_at", "下单", "day", sort=Commission.placed_at),
        Column("distributor", "分销员", below=lambda row: row.code),
        Column("level", "类型", "badge", badges=LEVELS),
        Column("goods", "商品", below=lambda row: row.way.label),
        Column("line_fen", "商品实付", "money", sort=Commission.line_fen),
        Column("rate", "标准", value=lambda row: explaining.rate_text(row.terms_way, row.rate)),
        Column("frozen_fen", "锁定", "money"),
        Column("amount_fen", "入账", "money", sort=Commission.amount_fen),
        Column("reversed_fen", "冲回", "money", value=lambda row: row.reversed_fen or None),
        Column("status", "状态", "badge", badges=STATES),
        Column("available_at", "可提现日（含预计）", "day", value=_available_on, below=_is_expected),
    ),
    filters=(
        Filter("q", "分销员", placeholder="姓名、手机号或邀请码，须完整", is_private=True),
        Filter("order_no", "订单号", max_length=20),
        Filter("level", "收入类型", "choice", choices=[(one.value, one.label) for one in Level]),
        Filter("status", "状态", "choice", choices=[(one.value, one.label) for one in CommissionStatus]),
        Filter("since", "下单从", "day"),
        Filter("until", "下单至", "day"),
    ),
    sort="-order_no",
    key=Commission.id,
    make_all=reads.commission_rows,
    empty="还没有佣金",
)


@interface("distribution.commissions", GET="/pc/distribution/commissions", permission=Permission.DISTRIBUTION_READ)
def commissions() -> Page:
    """All commissions with what those found come to."""
    table = COMMISSIONS.load(reads.commissions_for_staff)
    sums = None if table.errors else reads.sums_of(reads.commissions_for_staff(**table.values))
    return Page("distribution/admin/commissions.html", table=table, sums=sums)


@interface(
    "distribution.commission",
    GET="/pc/distribution/commissions/<int:commission_id>",
    permission=Permission.DISTRIBUTION_READ,
)
def commission(commission_id: int) -> Page:
    """Explain one commission: whose sale, by which terms, what happened, what was booked."""
    line = income.get_commission(commission_id)
    one, terms = line.commission, get_terms(line.commission.terms_id)
    reversals = income.reversals_of(commission_id)
    persons = people.persons([one.distributor_id, line.attribution.distributor_id])
    remember_names([terms.proposed_by, terms.decided_by or ""])
    return Page(
        "distribution/admin/commission.html",
        commission=one,
        attribution=line.attribution,
        terms=terms,
        reversals=reversals,
        _line=line,
        _receiver=persons[one.distributor_id],
        _seller=persons[line.attribution.distributor_id],
        _explanation=explaining.explain(line, terms, reversals),
        _rate=explaining.rate_text(one.way, one.rate),
        _reward=reads.reward_of_commission(commission_id),
        _bookings=reads.bookings_of_commission(commission_id, reversals),
        _state=STATES[one.status],
        _is_team=one.level is Level.INVITER,
    )


# --- rewards ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RewardRow:
    """A reward as the list shows it."""

    id: int
    order_no: str
    inviter: str
    inviter_code: str
    invitee: str
    invitee_code: str
    amount_fen: int
    status: RewardStatus
    at: Any
    reversed_at: Any


def _reward_rows(rows: list[Reward]) -> list[RewardRow]:
    persons = people.persons([row.distributor_id for row in rows] + [row.invitee_id for row in rows])
    return [
        RewardRow(
            row.id,
            row.order_no,
            masked_name(persons[row.distributor_id].name),
            persons[row.distributor_id].code,
            masked_name(persons[row.invitee_id].name),
            persons[row.invitee_id].code,
            row.amount_fen,
            row.status,
            row.at,
            row.reversed_at,
        )
        for row in rows
    ]


def _reward_url(reward_id: int) -> str:
    return url_for("distribution_admin.reward", reward_id=reward_id)


REWARDS = Table(
    "distribution.rewards",
    title="邀请奖励",
    columns=(
        Column("inviter", "邀请人", link=lambda row: _reward_url(row.id), below=lambda row: row.inviter_code),
        Column("invitee", "被邀请人", below=lambda row: row.invitee_code),
        Column("order_no", "首笔订单", "code"),
        Column("amount_fen", "奖励", "money", sort=Reward.amount_fen),
        Column("status", "状态", "badge", badges=REWARD_STATES),
        Column("at", "时间", "moment", sort=Reward.at),
        Column("reversed_at", "冲回时间", "moment"),
    ),
    filters=(
        Filter("q", "邀请人", placeholder="姓名、手机号或邀请码，须完整", is_private=True),
        Filter("status", "状态", "choice", choices=[(one.value, one.label) for one in RewardStatus]),
        Filter("since", "发放从", "day"),
        Filter("until", "发放至", "day"),
    ),
    actions=(Action("明细", lambda row: _reward_url(row.id), Permission.DISTRIBUTION_READ),),
    sort="-at",
    key=Reward.id,
    make_all=_reward_rows,
    empty="还没有邀请奖励",
)


@interface("distribution.rewards", GET="/pc/distribution/rewards", permission=Permission.DISTRIBUTION_READ)
def rewards() -> Page:
    """All rewards for inviting distributors."""
    return Page("distribution/admin/rewards.html", table=REWARDS.load(reads.rewards_for_staff))


@interface(
    "distribution.reward", GET="/pc/distribution/rewards/<int:reward_id>", permission=Permission.DISTRIBUTION_READ
)
def reward(reward_id: int) -> Page:
    """Explain one reward: for whom, by which sale, what was booked."""
    one = income.get_reward(reward_id).reward
    persons = people.persons([one.distributor_id, one.invitee_id])
    return Page(
        "distribution/admin/reward.html",
        reward=one,
        _inviter=persons[one.distributor_id],
        _invitee=persons[one.invitee_id],
        _happened=explaining.reward_steps(one),
        _bookings=reads.bookings_of_reward(reward_id),
        _state=REWARD_STATES[one.status],
    )


menu.entry("分销", "佣金明细", "distribution_admin.commissions", Permission.DISTRIBUTION_READ, 50)
menu.entry("分销", "邀请奖励", "distribution_admin.rewards", Permission.DISTRIBUTION_READ, 55)
