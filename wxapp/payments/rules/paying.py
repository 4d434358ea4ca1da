"""Rules of taking money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

QUERY_AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=60))
"""When a missing notice is asked for; then the daily bill decides. Source: reliability 3.5."""

PREPAY_GOOD_FOR = timedelta(minutes=110)
"""A prepay_id lives two hours: wechat.md 7.4."""

CHANNEL_GRACE = timedelta(minutes=5)
"""What "no such order" is worth: nothing, until the channel's own expiry has passed by this much."""

UNSEEN_AFTER = timedelta(minutes=1)
"""An order call takes ten seconds at most. After this a number without prepay_id was never shown to a payer."""

LEAST_WINDOW = timedelta(minutes=1)
"""WeChat lifts a shorter expiry to this."""


@dataclass(frozen=True)
class Channel:
    """Which account and payer a payment at the channel belongs to, and how much it is."""

    appid: str
    mchid: str
    openid: str
    amount_fen: int | None
    currency: str = "CNY"


def facts_problem(told: Channel, ours: Channel, *, payment_order_fen: int) -> str:
    """Compare what the channel tells with the attempt and with the payment order; return what differs, or nothing.

    A payer is compared only when the channel names one.
    """
    if (told.appid, told.mchid) != (ours.appid, ours.mchid):
        return "公众账号或商户号不符"
    if told.currency != "CNY":
        return f"币种不符：{told.currency[:8]}"
    if told.amount_fen != ours.amount_fen:
        return "渠道金额与支付单不符"
    if ours.amount_fen != payment_order_fen:
        return "支付尝试与应付金额不符"
    if told.openid and told.openid != ours.openid:
        return "付款人不符"
    return ""


def due_query(created_at: datetime, queries: int) -> datetime | None:
    """Return when an attempt is asked for the next time, given how often it was."""
    return created_at + QUERY_AFTER[queries] if queries < len(QUERY_AFTER) else None


def channel_expiry(expires_at: datetime, *, now: datetime) -> datetime:
    """Return until when the channel may take money for a payment order that expires then, in whole seconds."""
    moment = max(expires_at, now + LEAST_WINDOW + timedelta(seconds=5))
    return moment.replace(microsecond=0)


def was_never_shown(prepay_id: str, created_at: datetime, *, now: datetime) -> bool:
    """Whether nobody can pay this number, because no payer ever got its prepay_id."""
    return not prepay_id and now >= created_at + UNSEEN_AFTER


def parts_problem(parts: Sequence[tuple[str, int]], due_fen: int) -> str:
    """Return why these parts don't pay the sum that is due, or nothing."""
    if any(fen < 1 for _, fen in parts):
        return "每项收款金额都应大于零"
    if len({method for method, _ in parts}) != len(parts):
        return "同一种收款方式请合并为一项"
    if sum(fen for _, fen in parts) != due_fen:
        return "各项收款金额之和与应收金额不一致"
    return ""


@dataclass(frozen=True)
class Way:
    """One way to pay as the page shows it."""

    name: str
    label: str
    hint: str
    is_on: bool


def ways_to_pay(
    *,
    wechat: tuple[bool, str],
    balance: tuple[bool, str],
    hospital: tuple[bool, str],
    balance_text: str,
    is_short: bool,
) -> list[Way]:
    """Return the three ways in the order of the page; one that is off shows staff's text."""
    return [
        Way("wechat", "微信支付", "推荐，付款后立即生效" if wechat[0] else wechat[1], wechat[0]),
        Way(
            "balance",
            "余额支付",
            (f"余额不足，可用{balance_text}元" if is_short else f"可用余额{balance_text}元")
            if balance[0]
            else balance[1],
            balance[0] and not is_short,
        ),
        Way("hospital", "到院支付", "到医院收费处付款" if hospital[0] else hospital[1], hospital[0]),
    ]
