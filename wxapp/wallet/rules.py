"""Rules of stored value: values in, value out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from wxapp.core.money import yuan


@dataclass(frozen=True)
class TopUpLimits:
    """Limits in fen: of one payment, and what one person may do alone."""

    least_fen: int
    most_fen: int
    alone_fen: int


def top_up_problem(amount_fen: int, limits: TopUpLimits) -> str:
    """Return why this amount can't be topped up, or nothing. The limit of a day is guarded where it is counted."""
    if amount_fen < limits.least_fen:
        return f"单笔充值不能低于{yuan(limits.least_fen)}元"
    if amount_fen > limits.most_fen:
        return f"单笔充值不能超过{yuan(limits.most_fen)}元"
    return ""


def needs_second_person(amount_fen: int, limits: TopUpLimits) -> bool:
    return amount_fen > limits.alone_fen


@dataclass(frozen=True)
class Line:
    """One transfer as the closing's hash sees it."""

    id: int
    kind: str
    source: str
    payer_id: int
    payee_id: int
    amount_fen: int
    at: datetime


def chain_hash(before: str, lines: Iterable[Line]) -> str:
    """Return the hash of a day's transfers on top of the hash of the day before.

    Whoever changes, removes or slips in an old transfer changes this and all later hashes.
    """
    digest = hashlib.sha256(before.encode())
    for line in lines:
        parts = (line.id, line.kind, line.source, line.payer_id, line.payee_id, line.amount_fen, line.at.isoformat())
        digest.update("|".join(map(str, parts)).encode() + b"\n")
    return digest.hexdigest()


def card_number(sequence: int) -> str:
    """Return a card number: eight digits and one that shows a slip of the finger (Luhn)."""
    body = f"{sequence:08d}"
    return body + luhn_digit(body)


def luhn_digit(body: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(body)):
        number = int(digit) * (2 if place % 2 == 0 else 1)
        total += number - 9 if number > 9 else number
    return str(-total % 10)


def is_card_number(text: str) -> bool:
    return len(text) == 9 and text.isascii() and text.isdigit() and luhn_digit(text[:-1]) == text[-1]
