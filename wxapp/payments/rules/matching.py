"""The three-way comparison of a day: what we recorded, what the ledger moved, what the channel bills."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wxapp.core.labels import Labelled


class Kind(Labelled):
    """What does not add up."""

    CHANNEL_ONLY = "channel_only", "渠道有、我方无"
    NOT_BOOKED = "not_booked", "渠道已收、我方未入账"
    OURS_ONLY = "ours_only", "我方有、渠道无"
    AMOUNT = "amount", "金额不一致"
    LEDGER_MISSING = "ledger_missing", "账务缺记录"
    LEDGER_AMOUNT = "ledger_amount", "账务金额不一致"
    LEDGER_ONLY = "ledger_only", "账务有、业务无"
    UNKNOWN_ORDER = "unknown_order", "通知的订单不存在"
    MISMATCH = "mismatch", "通知内容与订单不符"
    REFUND_UNPAID = "refund_unpaid", "未入账却已退款"
    REFUND_FAILED = "refund_failed", "退款失败待处理"
    PAYOUT_ENDED = "payout_ended", "已了结的付款又有变动"
    PAYOUT_RETURNED = "payout_returned", "付款成功却被退回"
    ORDER_REFUSED = "order_refused", "下单被拒，需检查配置"


@dataclass(frozen=True)
class Ours:
    """A payment or refund as we recorded it.

    :ivar is_settled: the channel has it as far as we know, so its bill should show it
    :ivar is_booked: the ledger should have moved its money
    :ivar is_of_day: it belongs into this day's bill
    """

    number: str
    amount_fen: int
    is_settled: bool
    is_booked: bool
    is_of_day: bool = True


@dataclass(frozen=True)
class Seen:
    """A payment or refund in the bill, or a transfer in the ledger."""

    number: str
    amount_fen: int


@dataclass(frozen=True)
class Found:
    """One difference, with the three amounts as far as there are any."""

    kind: Kind
    number: str
    channel_fen: int | None
    ours_fen: int | None
    ledger_fen: int | None


def match(ours: Iterable[Ours], ledger: Iterable[Seen], bill: Iterable[Seen]) -> list[Found]:
    """Compare one day's payments (or refunds) of a channel; each number yields one difference at most, the gravest.

    ``ours`` and ``ledger`` may hold more than the day's, so that what the channel bills a day later is found;
    only those of the day are expected in the bill. Amounts of one number in the bill are added up.
    """
    own = {row.number: row for row in ours}
    booked = _sums(ledger)
    billed = _sums(bill)
    found = []
    for number in sorted(own.keys() | booked.keys() | billed.keys()):
        kind = _judge(own.get(number), booked.get(number), billed.get(number))
        if kind is not None:
            mine = own.get(number)
            found.append(Found(kind, number, billed.get(number), mine.amount_fen if mine else None, booked.get(number)))
    return found


def _judge(own: Ours | None, ledger_fen: int | None, bill_fen: int | None) -> Kind | None:
    if own is None:
        return Kind.CHANNEL_ONLY if bill_fen is not None else Kind.LEDGER_ONLY
    if bill_fen is not None and bill_fen != own.amount_fen:
        return Kind.AMOUNT
    if bill_fen is not None and not own.is_settled:
        return Kind.NOT_BOOKED
    if bill_fen is None and own.is_settled and own.is_of_day:
        return Kind.OURS_ONLY
    if own.is_booked and ledger_fen is None:
        return Kind.LEDGER_MISSING
    if ledger_fen is not None and ledger_fen != own.amount_fen:
        return Kind.LEDGER_AMOUNT
    return None


def _sums(rows: Iterable[Seen]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for row in rows:
        sums[row.number] = sums.get(row.number, 0) + row.amount_fen
    return sums
