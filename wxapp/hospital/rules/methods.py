"""What a method of payment takes, and how it lends: the same for a plan and for the cashier."""

from __future__ import annotations

from dataclasses import dataclass

from wxapp.core.money import yuan

LAST_DAY = 31
"""Of the longest month: a loan may be due on any day, in shorter months on their last."""


@dataclass(frozen=True)
class Offer:
    """A method as payments are compared with it.

    :ivar periods: how often a loan may be repaid; None: this is no loan
    """

    least_fen: int
    most_fen: int
    periods: tuple[int, ...] | None


@dataclass(frozen=True)
class Fault:
    """What is wrong with a payment.

    :ivar column: ``amount``, ``periods`` or ``day``
    :ivar says: the rest of a sentence that begins with the payment
    """

    column: str
    says: str


def find_fault(offer: Offer, *, amount_fen: int, periods: int | None, repayment_day: int | None) -> Fault | None:
    """Return the first thing that the method does not take."""
    if amount_fen < 1:
        return Fault("amount", "金额应大于0")
    if not offer.least_fen <= amount_fen <= offer.most_fen:
        return Fault("amount", f"金额应在{yuan(offer.least_fen)}至{yuan(offer.most_fen)}元之间")
    if offer.periods is None:
        is_plain = periods is None and repayment_day is None
        return None if is_plain else Fault("periods", "不是贷款，不能填写期数和还款日")
    if periods is None:
        return Fault("periods", "请填写贷款期数")
    if periods not in offer.periods:
        offered = "、".join(str(one) for one in offer.periods) or "无"
        return Fault("periods", f"不提供{periods}期，可选期数：{offered}")
    if repayment_day is None or not 1 <= repayment_day <= LAST_DAY:
        return Fault("day", f"还款日应为1至{LAST_DAY}日")
    if amount_fen < periods:
        return Fault("amount", f"金额太小，不够分{periods}期")
    return None
