"""Rules of the mall: values in, value out."""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from wxapp.core.money import yuan

MAX_QUANTITY = 99
MAX_CART_LINES = 50
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


def shares_of(price_fen: int, weights: Sequence[int | None]) -> list[int]:
    """Split what a piece cost over its items by weight, rounded down; the rest is the last one's.

    An item without a weight weighs one; where none weighs anything, all weigh the same.
    """
    heavy = [1 if weight is None else weight for weight in weights]
    if not sum(heavy):
        heavy = [1] * len(heavy)
    shares = [price_fen * weight // sum(heavy) for weight in heavy]
    shares[-1] += price_fen - sum(shares)
    return shares


_CODE = re.compile(r"(?<!\d)\d{12}(?!\d)")


def read_code(text: str) -> str | None:
    """Return the redemption code in what a scanner, a keyboard or a QR code's address gave, None if there is none.

    Blanks and hyphens between the digits are allowed, and so are full-width digits.
    """
    plain = re.sub(r"[\s\-]+", "", unicodedata.normalize("NFKC", text))
    found = _CODE.findall(plain)
    return found[-1] if found else None


def line_fault(*, is_on_sale: bool, stock: int, quantity: int) -> str:
    """Return why so many of some goods can't be ordered now, "" if they can."""
    if not is_on_sale:
        return "该商品已下架"
    if stock <= 0:
        return "已售罄"
    return f"仅剩{stock}件，请修改数量" if stock < quantity else ""


def price_note(*, was_fen: int, now_fen: int) -> str:
    """Return how a price has moved since it was last seen, "" if it has not."""
    if was_fen == now_fen:
        return ""
    return f"比加入时{'上涨' if now_fen > was_fen else '降价'}{yuan(abs(now_fen - was_fen))}元"


def use_by(paid_on: date | None, *, months: int) -> date | None:
    """Return the day until which it is advised to use an order, None without advice. Nothing ends on that day."""
    if paid_on is None or not months:
        return None
    year, month = divmod(paid_on.year * 12 + paid_on.month - 1 + months, 12)
    return date(year, month + 1, min(paid_on.day, calendar.monthrange(year, month + 1)[1]))


def closes_at(placed_at: datetime, *, minutes: int) -> datetime:
    return placed_at + timedelta(minutes=minutes)


def can_wish(day: date, *, today: date) -> bool:
    """A check-up may be wished from tomorrow on, up to half a year ahead."""
    return first_wish(today) <= day <= last_wish(today)


def search_words(text: str) -> list[str]:
    """Split what was typed into at most five words; each has to be found."""
    return [word[:30] for word in re.split(r"[\s,，、]+", text.strip()) if word][:5]


def popular_words(text: str) -> list[str]:
    """Return the popular searches that staff have typed, each once."""
    return list(dict.fromkeys(word[:12] for word in re.split(r"[\s,，、]+", text.strip()) if word))[:10]


def like_pattern(word: str) -> str:
    """Return the pattern that finds a word anywhere, with the wildcards in it taken as themselves (escape ``!``)."""
    return "%" + re.sub(r"([!%_])", r"!\1", word) + "%"


def first_wish(today: date) -> date:
    return today + timedelta(days=1)


def last_wish(today: date) -> date:
    return today + timedelta(days=180)


MAX_PICTURES = 8

MOST_DESCRIBED = 120
"""Characters by which WeChat is told what was delivered."""
MOST_REPORTS = 12
_REPORT_GAPS = (1, 1, 2, 3, 5, 10, 20, 30, 60, 120, 240)


def next_report(tries: int, *, now: datetime) -> datetime:
    """Return when a delivery is reported after so many tries: a minute after the payment, then in growing gaps."""
    return now + timedelta(minutes=_REPORT_GAPS[min(tries, len(_REPORT_GAPS) - 1)])


def read_items(text: str) -> tuple[tuple[str, str], ...]:
    """Read one examination a line: the name up to the first blank or bar, then its purpose."""
    found = []
    for line in text.splitlines():
        parts = re.split(r"[\s｜|:：]+", line.strip(), maxsplit=1)
        if parts[0]:
            found.append((parts[0][:60], parts[1][:120] if len(parts) > 1 else ""))
    return tuple(found)


_WEIGHT = re.compile(r"\s*[×*]\s*([0-9]{1,3})$")


def weighed(purpose: str) -> tuple[str, int | None]:
    """Part an item's purpose from the weight that may stand at its end, e.g. ``看肝胆 ×3``."""
    found = _WEIGHT.search(purpose)
    return (purpose[: found.start()], int(found[1])) if found else (purpose, None)


def item_line(name: str, purpose: str, weight: int | None) -> str:
    """Return an item as staff type it; the reverse of :func:`read_items` and :func:`weighed`."""
    return " ".join(part for part in (name, purpose, "" if weight is None else f"×{weight}") if part)
