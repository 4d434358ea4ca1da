"""What a sale pays: values in, values out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wxapp.core.money import BASIS_POINTS, share

MOST_BP = 5_000
"""Both levels together never take more than half of what is paid."""


@dataclass(frozen=True)
class Rate:
    """What one version of the terms gives for a sale.

    :ivar is_percent: seller and inviter are basis points of what is paid; else fen per piece
    """

    is_percent: bool
    seller: int
    inviter: int


@dataclass(frozen=True)
class Line:
    """One line of an order that earns.

    :ivar has_inviter: somebody stands above the seller who may earn with him
    """

    line_fen: int
    quantity: int
    rate: Rate
    has_inviter: bool


@dataclass(frozen=True)
class Part:
    """What one person gets of one line; ``is_cut`` by the order's limit."""

    fen: int
    is_cut: bool = False


@dataclass(frozen=True)
class Split:
    """What seller and inviter get of one line."""

    seller: Part
    inviter: Part


NONE = Part(0)


def commission_of(line_fen: int, quantity: int, *, rate: int, is_percent: bool) -> int:
    """Return what one level of a line comes to: never more than half of the line, rounded down to the fen.

    A fixed amount may have been set when the goods cost more.

    >>> commission_of(9_999, 1, rate=1_000, is_percent=True)
    999
    >>> commission_of(9_999, 3, rate=500, is_percent=False)
    1500
    >>> commission_of(1_000, 3, rate=500, is_percent=False)
    500
    """
    return min(share(line_fen, rate) if is_percent else rate * quantity, share(line_fen, MOST_BP))


def split(lines: Sequence[Line], *, cap_fen: int) -> list[Split]:
    """Return what each line of an order pays to whom.

    The limit of the order is used up in the order of the lines, the seller before the inviter. Both together never
    get more than half of the line; a sale that pays its seller nothing pays nobody.

    >>> ten_and_five = Line(10_000, 1, Rate(is_percent=True, seller=1_000, inviter=500), has_inviter=True)
    >>> [(one.seller.fen, one.inviter.fen) for one in split([ten_and_five, ten_and_five], cap_fen=2_200)]
    [(1000, 500), (700, 0)]
    """
    left, found = cap_fen, []
    for line in lines:
        half = share(line.line_fen, MOST_BP)
        seller = _part(line, line.rate.seller, most=half, left=left)
        left -= seller.fen
        inviter = NONE
        if line.has_inviter and seller.fen:
            inviter = _part(line, line.rate.inviter, most=half - seller.fen, left=left)
            left -= inviter.fen
        found.append(Split(seller, inviter))
    return found


def _part(line: Line, rate: int, *, most: int, left: int) -> Part:
    fen = min(commission_of(line.line_fen, line.quantity, rate=rate, is_percent=line.rate.is_percent), most)
    return Part(min(fen, left), is_cut=fen > left)


def rate_fault(rate: Rate, *, cheapest_fen: int | None) -> str:
    """Return why a rate must not be proposed, "" if it may.

    :param cheapest_fen: price of the cheapest goods it would hold for, None when there are none yet

    >>> rate_fault(Rate(is_percent=True, seller=4_000, inviter=1_001), cheapest_fen=None)
    '两级佣金合计不能超过50%'
    >>> rate_fault(Rate(is_percent=False, seller=600, inviter=0), cheapest_fen=1_000)
    '两级佣金合计不能超过售价的一半'
    """
    together = rate.seller + rate.inviter
    if rate.inviter and not rate.seller:
        return "分销员本人佣金为0时，不能只给邀请人佣金"
    if rate.is_percent:
        return f"两级佣金合计不能超过{MOST_BP * 100 // BASIS_POINTS}%" if together > MOST_BP else ""
    if cheapest_fen is not None and together * 2 > cheapest_fen:
        return "两级佣金合计不能超过售价的一半"
    return ""
