"""Rules of the mall: values in, value out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

MAX_QUANTITY = 99
FIRST_ORDER_NUMBER = 10001
LAST_ORDER_NUMBER = 99999


@dataclass(frozen=True)
class Wanted:
    """So many of some goods at the price that was shown, in fen."""

    goods_id: int
    quantity: int
    price_fen: int


def order_number(day: date, sequence: int) -> str:
    """Return e.g. N2019050410029. Source: contract/patient.yaml."""
    return f"N{day:%Y%m%d}{sequence}"


def total_of(wanted: Sequence[Wanted]) -> int:
    return sum(line.price_fen * line.quantity for line in wanted)


def refund_of_pieces(unit_price_fen: int, quantity: int) -> int:
    """Return what pieces of a line are worth; every piece of a line was sold at the same price."""
    return unit_price_fen * quantity


def closes_at(placed_at: datetime, *, minutes: int) -> datetime:
    return placed_at + timedelta(minutes=minutes)


def can_wish(day: date, *, today: date) -> bool:
    """A check-up may be wished from tomorrow on, up to half a year ahead."""
    return first_wish(today) <= day <= last_wish(today)


def search_words(text: str) -> list[str]:
    """Split what was typed into at most five words; each has to be found."""
    return [word[:30] for word in re.split(r"[\s,，、]+", text.strip()) if word][:5]


def like_pattern(word: str) -> str:
    """Return the pattern that finds a word anywhere, with the wildcards in it taken as themselves (escape ``!``)."""
    return "%" + re.sub(r"([!%_])", r"!\1", word) + "%"


def first_wish(today: date) -> date:
    return today + timedelta(days=1)


def last_wish(today: date) -> date:
    return today + timedelta(days=180)


MAX_PICTURES = 8


def read_items(text: str) -> tuple[tuple[str, str], ...]:
    """Read one examination a line: the name up to the first blank or bar, then its purpose."""
    found = []
    for line in text.splitlines():
        parts = re.split(r"[\s｜|:：]+", line.strip(), maxsplit=1)
        if parts[0]:
            found.append((parts[0][:60], parts[1][:120] if len(parts) > 1 else ""))
    return tuple(found)
