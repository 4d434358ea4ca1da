"""Rules of giving money back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ORDER_OF_WAYS = ("wechat", "balance", "card", "wechat_code", "alipay_code", "transfer", "cash")
"""Mixed payments are given back in this order: what goes by itself first, what people count out last."""


@dataclass(frozen=True)
class Source:
    """One attempt that money may go back over, with what is left of it."""

    attempt_id: int
    channel: str
    left_fen: int


def split_refund(amount_fen: int, sources: Sequence[Source]) -> list[tuple[Source, int]]:
    """Split a refund over the attempts it was paid by, in a fixed order; the parts add up to the whole.

    :raises ValueError: more than is left
    """
    if amount_fen < 0 or amount_fen > sum(source.left_fen for source in sources):
        raise ValueError("more than is left")
    parts = []
    rest = amount_fen
    for source in sorted(sources, key=lambda s: (_place(s.channel), s.attempt_id)):
        part = min(rest, source.left_fen)
        if part:
            parts.append((source, part))
        rest -= part
    return parts


def _place(channel: str) -> int:
    return ORDER_OF_WAYS.index(channel) if channel in ORDER_OF_WAYS else len(ORDER_OF_WAYS)
