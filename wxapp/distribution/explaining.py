"""Where a fen comes from and what becomes of it, in words: for distributors and for staff alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from wxapp.core import clock
from wxapp.core.masking import masked_name
from wxapp.core.money import yuan
from wxapp.distribution.models import (
    AttributionWay,
    Commission,
    CommissionStatus,
    Level,
    Reversal,
    Reward,
    RewardStatus,
    Terms,
    TermsWay,
    Withdrawal,
    WithdrawalStatus,
)
from wxapp.distribution.queries.income import BOOKED, CommissionLine

C = CommissionStatus

TONES = {C.PLACED: "calm", C.PENDING: "wait", C.AVAILABLE: "good", C.REVERSED: "bad", C.VOID: "calm"}
REWARD_TONES = {RewardStatus.PAID: "good", RewardStatus.SKIPPED: "calm", RewardStatus.REVERSED: "bad"}
WITHDRAWAL_TONES = {
    WithdrawalStatus.REQUESTED: "wait",
    WithdrawalStatus.APPROVED: "wait",
    WithdrawalStatus.CONFIRMING: "wait",
    WithdrawalStatus.PAID: "good",
    WithdrawalStatus.REJECTED: "bad",
    WithdrawalStatus.WITHDRAWN: "calm",
    WithdrawalStatus.FAILED: "bad",
}
CAME_BACK = (WithdrawalStatus.REJECTED, WithdrawalStatus.WITHDRAWN, WithdrawalStatus.FAILED)


@dataclass(frozen=True)
class Step:
    """What happened, or is to come.

    :param kind: "" for what has happened, ``next`` for what is to come, ``bad`` for money that goes back
    """

    title: str
    at: datetime | None
    note: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Explanation:
    """One commission explained: its computation as pairs of name and text, its steps, and what comes next."""

    amount_fen: int
    is_gone: bool
    next: str
    computation: Sequence[tuple[str, str]]
    steps: Sequence[Step]


def explain(line: CommissionLine, terms: Terms, reversals: Sequence[Reversal]) -> Explanation:
    one = line.commission
    return Explanation(
        amount_fen=one.amount_fen - one.reversed_fen if one.status in BOOKED else one.frozen_fen,
        is_gone=one.status in (C.VOID, C.REVERSED),
        next=what_next(one),
        computation=_computation(line, terms),
        steps=_steps(one, reversals),
    )


def shown_fen(one: Commission) -> int:
    """Return what a list shows: what was booked, or what may be once it is paid for."""
    return one.amount_fen if one.status in BOOKED else one.frozen_fen


def percent(rate_bp: int) -> str:
    """Return basis points for people: ``5%``, ``3.25%``."""
    whole, part = divmod(rate_bp, 100)
    return f"{whole}.{part:02d}".rstrip("0") + "%" if part else f"{whole}%"


def rate_text(way: TermsWay, rate: int) -> str:
    return f"每件¥{yuan(rate)}" if way is TermsWay.FIXED else percent(rate)


def day_text(moment: datetime) -> str:
    """Return a day as people say it: without the year when it is this one."""
    day = clock.hospital_day(moment)
    year = "" if day.year == clock.today().year else f"{day.year}年"
    return f"{year}{day.month}月{day.day}日"


def what_next(one: Commission) -> str:
    """Return what is to be expected of a commission, in one sentence."""
    if one.status is C.PLACED:
        return "顾客付款后入账"
    if one.status is C.VOID:
        return "订单未付款，已关闭"
    if one.status is C.REVERSED:
        return "订单已退款，佣金已全部冲回"
    if one.status is C.AVAILABLE:
        return "已计入可提现余额"
    if one.due_at is None:
        return f"订单完成{one.wait_days}天后可提现" if one.wait_days else "订单完成后即可提现"
    if one.due_at > clock.now():
        return f"预计{day_text(one.due_at)}可提现"
    return "即将转为可提现，订单有退款在处理的待其结束"  # else it is settled within minutes


def shown_nickname(nickname: str) -> str:
    """Return a nickname as others may see it; whoever never told it is one of many."""
    return masked_name(nickname) if nickname else "微信用户"


def invited_seller(nickname: str) -> str:
    """Return the seller of somebody's team for that person, who may know of no more than a nickname."""
    return f"您邀请的分销员{masked_name(nickname)}" if nickname else "您邀请的分销员"


def whose_sale(line: CommissionLine) -> str:
    """Return why it is this distributor's sale, for the distributor."""
    whose = "您" if line.commission.level is Level.SELLER else invited_seller(line.seller)
    if line.attribution.way is AttributionWay.SHARE:
        return f"顾客打开{whose}分享的商品后下单"
    return f"顾客是{whose}邀请的会员"


def _computation(line: CommissionLine, terms: Terms) -> list[tuple[str, str]]:
    one = line.commission
    found = [
        ("商品", f"{line.goods_name} ×{line.quantity}"),
        ("商品实付", f"¥{yuan(one.line_fen)}"),
        ("佣金标准", f"{rate_text(one.way, one.rate)}（{terms.scope.label}设置，版本{terms.id}）"),
        ("计算", _sum_in_words(line)),
    ]
    if one.cap_fen is not None:
        found.append(("订单上限", f"每笔订单佣金最多¥{yuan(one.cap_fen)}，本项计¥{yuan(one.frozen_fen)}"))
    elif one.frozen_fen < _exact_fen(line)[0]:
        found.append(("实付上限", f"各级佣金合计不超过商品实付的一半，本项计¥{yuan(one.frozen_fen)}"))
    if one.status in BOOKED and one.amount_fen < one.frozen_fen:
        found.append(("月度上限", f"本月佣金已达上限，入账¥{yuan(one.amount_fen)}"))
    if one.reversed_fen:
        kept = one.amount_fen - one.reversed_fen
        found.append(("退款冲回", f"已退款¥{yuan(one.refunded_fen)}，冲回¥{yuan(one.reversed_fen)}，保留¥{yuan(kept)}"))
    return found


def _exact_fen(line: CommissionLine) -> tuple[int, int]:
    """Return what the rate comes to before any limit, and what rounding left over."""
    one = line.commission
    return (one.rate * line.quantity, 0) if one.way is TermsWay.FIXED else divmod(one.line_fen * one.rate, 10_000)


def _sum_in_words(line: CommissionLine) -> str:
    one, (exact, rest) = line.commission, _exact_fen(line)
    if one.way is TermsWay.FIXED:
        return f"¥{yuan(one.rate)} × {line.quantity}件 = ¥{yuan(exact)}"
    return f"¥{yuan(one.line_fen)} × {percent(one.rate)} = ¥{yuan(exact)}" + ("（不足1分舍去）" if rest else "")


def _steps(one: Commission, reversals: Sequence[Reversal]) -> list[Step]:
    happened = [Step("顾客下单", one.placed_at, f"按当时的佣金标准锁定¥{yuan(one.frozen_fen)}")]
    if one.pending_at is not None:
        happened.append(Step("付款成功，佣金入账", one.pending_at, f"¥{yuan(one.amount_fen)}待结算"))
    if one.done_at is not None:
        happened.append(Step("订单完成", one.done_at))
    if one.available_at is not None:
        happened.append(Step("转为可提现", one.available_at))
    if one.status is C.VOID:
        happened.append(Step("订单关闭，佣金失效", one.ended_at, kind="bad"))
    happened += [reversal_step(reversal) for reversal in reversals]
    happened.sort(key=lambda step: step.at or one.placed_at)
    if one.status in (C.PLACED, C.PENDING):
        happened.append(Step(what_next(one), one.due_at, kind="next"))
    return happened


def reversal_step(one: Reversal) -> Step:
    note = f"订单累计退款¥{yuan(one.refunded_fen)}，从{taken_from(one)}中扣除"
    return Step(f"退款冲回¥{yuan(one.amount_fen)}", one.at, note, "bad")


def reversal_in_words(one: Reversal, commission: Commission, all_of_it: Sequence[Reversal]) -> list[tuple[str, str]]:
    """Return how a reversal was computed, as pairs of name and text: what may stay, less what stayed before."""
    back_fen = sum(other.amount_fen for other in all_of_it if other.id <= one.id)
    found = [
        ("原佣金", f"¥{yuan(commission.amount_fen)}"),
        ("商品实付", f"¥{yuan(commission.line_fen)}"),
        ("累计退款", f"¥{yuan(one.refunded_fen)}"),
        ("可保留佣金", f"¥{yuan(commission.amount_fen - back_fen)}（按未退款部分的比例，不足1分舍去）"),
    ]
    if back_fen > one.amount_fen:
        found.append(("此前已冲回", f"¥{yuan(back_fen - one.amount_fen)}"))
    return [*found, ("本次冲回", f"¥{yuan(one.amount_fen)}")]


def taken_from(one: Reversal) -> str:
    return "可提现余额" if one.was_available else "待结算佣金"


def reward_steps(one: Reward) -> list[Step]:
    """Return what became of a reward for inviting a distributor."""
    if one.status is RewardStatus.SKIPPED:
        return [Step("当日奖励次数已达上限，未发放", one.at, kind="bad")]
    steps = [Step("被邀请人首笔佣金结算，奖励到账", one.at)]
    if one.reversed_at is not None:
        steps.append(Step("首笔订单已退款，奖励冲回", one.reversed_at, kind="bad"))
    return steps


def withdrawal_came_back(one: Withdrawal) -> bool:
    return one.status in CAME_BACK
