"""What receipts are for: packages that take money say what stands on the receipt of their subjects.

A receipt names its subject by kind and number (``visit:12``); the till knows no more of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """A line of a receipt: a project or goods.

    :ivar price_fen: of one
    """

    name: str
    price_fen: int
    count: int

    @property
    def amount_fen(self) -> int:
        return self.price_fen * self.count


@dataclass(frozen=True)
class Sold:
    """What a receipt is for.

    :ivar label: what the subject is called, e.g. 到院单
    :ivar no: its number
    :ivar url: its page, for who may see receipts
    :ivar sums: label and amount in fen of what stands below the lines, e.g. the total and the final price
    """

    label: str
    no: str
    url: str
    lines: Sequence[Line]
    sums: Sequence[tuple[str, int]]


_kinds: dict[str, Callable[[int], Sold]] = {}


def tell(kind: str, fn: Callable[[int], Sold]) -> None:
    """Say what stands on receipts of this kind of subject."""
    _kinds[kind] = fn


def sold(subject: str) -> Sold | None:
    """Return what a subject is about; None when nobody tells."""
    kind, _, number = subject.partition(":")
    tells = _kinds.get(kind)
    return tells(int(number)) if tells is not None else None
