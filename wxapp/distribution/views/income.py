"""Income and spending (收支明细): by kind and line, and each line explained."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from wxapp.core.forms import row_key
from wxapp.core.labels import Labelled
from wxapp.distribution import explaining
from wxapp.distribution.access import needs_distributor, own_distributor
from wxapp.distribution.models import CommissionStatus, Level, Reversal, Reward, RewardStatus, Withdrawal
from wxapp.distribution.queries import income as reads
from wxapp.distribution.queries.terms import get_terms
from wxapp.distribution.rules.income import IncomeKind, read_place
from wxapp.distribution.views.door import pages
from wxapp.messages import taps

_PAGE = 20


class Tab(Labelled):
    """The three kinds of income, and what left."""

    SALES = IncomeKind.SALES.value, IncomeKind.SALES.label
    TEAM = IncomeKind.TEAM.value, IncomeKind.TEAM.label
    OTHER = IncomeKind.OTHER.value, IncomeKind.OTHER.label
    SPENDING = "spending", "支出"


@dataclass(frozen=True)
class Line:
    """One line of the list.

    :param fen: below zero for what left
    :param is_gone: it was never booked, or came back: it is in no total
    """

    title: str
    number: str
    at: datetime
    note: str
    fen: int
    state: str
    tone: str
    address: str
    is_gone: bool = False


@pages.page("/earn/income")
@needs_distributor
def income() -> ResponseReturnValue:
    """One kind of a distributor's income, or what left, the newest first."""
    distributor = own_distributor()
    wanted = request.args.get("kind", "")
    tab = next((one for one in Tab if one.value == wanted), Tab.SALES)
    lines, older, is_first = _lines(distributor.id, tab)
    return render_template(
        "distribution/income.html",
        tabs=list(Tab),
        tab=tab,
        T=Tab,
        lines=lines,
        totals=reads.totals_of(distributor.id),
        newest="" if is_first else url_for("distribution.income", kind=tab.value),
        older=url_for("distribution.income", kind=tab.value, before=older) if older else "",
    )


def _lines(distributor_id: int, tab: Tab) -> tuple[list[Line], str, bool]:
    """Return one page of a tab, where it goes on ("" if nowhere), and whether it is the first."""
    rows: list[tuple[object, Line]]
    if tab is Tab.SPENDING:
        place = request.args.get("before", type=read_place)
        spent = reads.spent_of(distributor_id, before=place, limit=_PAGE + 1)
        rows = [(one.place, _of_spent(one.row)) for one in spent]
        return _cut(rows, is_first=place is None)
    before = request.args.get("before", type=row_key)
    if tab is Tab.OTHER:
        rewards = reads.rewards_of(distributor_id, before_id=before, limit=_PAGE + 1)
        rows = [(one.reward.id, _of_reward(one)) for one in rewards]
    else:
        found = reads.commissions_of(distributor_id, IncomeKind(tab.value), before_id=before, limit=_PAGE + 1)
        rows = [(one.commission.id, _of_commission(one)) for one in found]
    return _cut(rows, is_first=before is None)


def _cut(rows: list[tuple[object, Line]], *, is_first: bool) -> tuple[list[Line], str, bool]:
    older = str(rows[_PAGE - 1][0]) if len(rows) > _PAGE else ""
    return [line for _, line in rows[:_PAGE]], older, is_first


def _of_commission(line: reads.CommissionLine) -> Line:
    one = line.commission
    notes = [f"{explaining.invited_seller(line.seller)}售出" if one.level is Level.INVITER else ""]
    notes.append(explaining.what_next(one) if one.status is CommissionStatus.PENDING else "")
    if one.reversed_fen and one.status is not CommissionStatus.REVERSED:
        notes.append("有部分退款")
    return Line(
        title=line.goods_name,
        number=one.order_no,
        at=one.placed_at,
        note="，".join(filter(None, notes)),
        fen=explaining.shown_fen(one),
        state=one.status.label,
        tone=explaining.TONES[one.status],
        address=url_for("distribution.explained", commission_id=one.id),
        is_gone=one.status is CommissionStatus.VOID,
    )


def _of_reward(line: reads.RewardLine) -> Line:
    one = line.reward
    return Line(
        title=f"邀请奖励 · {explaining.shown_nickname(line.invitee)}",
        number=one.order_no,
        at=one.at,
        note="",
        fen=one.amount_fen,
        state=one.status.label,
        tone=explaining.REWARD_TONES[one.status],
        address=url_for("distribution.reward", reward_id=one.id),
        is_gone=one.status is RewardStatus.SKIPPED,
    )


def _of_spent(row: Withdrawal | Reversal | Reward) -> Line:
    if isinstance(row, Withdrawal):
        return Line(
            title="提现",
            number=row.no,
            at=row.requested_at,
            note="金额已退回可提现余额" if explaining.withdrawal_came_back(row) else "",
            fen=-row.amount_fen,
            state=row.status.label,
            tone=explaining.WITHDRAWAL_TONES[row.status],
            address=url_for("distribution.withdrawal", withdrawal_no=row.no),
            is_gone=explaining.withdrawal_came_back(row),
        )
    if isinstance(row, Reversal):
        return Line(
            title="退款冲回佣金",
            number=row.order_no,
            at=row.at,
            note=f"从{explaining.taken_from(row)}中扣除",
            fen=-row.amount_fen,
            state="已冲回",
            tone="bad",
            address=url_for("distribution.reversal", reversal_id=row.id),
        )
    return Line(
        title="冲回邀请奖励",
        number=row.order_no,
        at=row.reversed_at or row.at,
        note="首笔订单已退款",
        fen=-row.amount_fen,
        state="已冲回",
        tone="bad",
        address=url_for("distribution.reward", reward_id=row.id),
    )


# --- one line explained ----------------------------------------------------------------------------------------------


@pages.page("/earn/income/<int:commission_id>")
@needs_distributor
def explained(commission_id: int) -> ResponseReturnValue:
    """Explain one commission to whom it belongs: whose sale, how it was computed, what happened, what comes next."""
    line = reads.own_commission(own_distributor().id, commission_id)
    terms = get_terms(line.commission.terms_id)
    return render_template(
        "distribution/explained.html",
        line=line,
        one=line.commission,
        attribution=line.attribution,
        terms=terms,
        explanation=explaining.explain(line, terms, reads.reversals_of(commission_id)),
        whose=explaining.whose_sale(line),
        tone=explaining.TONES[line.commission.status],
        tab=Tab.SALES if line.commission.level is Level.SELLER else Tab.TEAM,
    )


@pages.page("/earn/income/rewards/<int:reward_id>")
@needs_distributor
def reward(reward_id: int) -> ResponseReturnValue:
    """Explain one reward to the inviter."""
    line = reads.own_reward(own_distributor().id, reward_id)
    return render_template(
        "distribution/reward.html",
        one=line.reward,
        invitee=explaining.shown_nickname(line.invitee),
        steps=explaining.reward_steps(line.reward),
        tone=explaining.REWARD_TONES[line.reward.status],
        is_gone=line.reward.status is not RewardStatus.PAID,
    )


@pages.page("/earn/income/reversals/<int:reversal_id>")
@needs_distributor
def reversal(reversal_id: int) -> ResponseReturnValue:
    """Explain what went back of a commission, and why so much."""
    distributor = own_distributor()
    one = reads.own_reversal(distributor.id, reversal_id)
    line = reads.own_commission(distributor.id, one.commission_id)
    return render_template(
        "distribution/reversal.html",
        one=one,
        line=line,
        commission=line.commission,
        source=explaining.taken_from(one),
        computation=explaining.reversal_in_words(one, line.commission, reads.reversals_of(one.commission_id)),
    )


taps.register("income", "distribution.income")
