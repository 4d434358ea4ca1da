"""Rules of reports: whose they are, which of two is the newer, and how a value stands to its reference. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

MOST_VALUES = 1000
MOST_PICTURES = 20
MOST_DIGITS = 30

_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,12})?")
_BETWEEN = re.compile(r"\s*([+-]?\d+(?:\.\d+)?)\s*(?:-{1,2}|–|—|~|～|至)\s*([+-]?\d+(?:\.\d+)?)\s*")
_BELOW = re.compile(r"\s*(?:<=?|≤|＜|小于|不大于)\s*([+-]?\d+(?:\.\d+)?)\s*")
_ABOVE = re.compile(r"\s*(?:>=?|≥|＞|大于|不小于)\s*([+-]?\d+(?:\.\d+)?)\s*")
_IN_NAMES = re.compile(r"[\s·•・‧.,，\-]+")


def parse_number(text: str) -> Decimal | None:
    """Return the decimal number that a text is, or None: ``<0.01`` and ``1e999`` are none."""
    text = unicodedata.normalize("NFKC", text).strip()
    if len(text) > MOST_DIGITS or not text.isascii() or not _NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def bounds_of(reference: str) -> tuple[str, str]:
    """Return the lower and the upper bound that a reference names, each "" when there is none."""
    text = unicodedata.normalize("NFKC", reference)
    if found := _BETWEEN.fullmatch(text):
        return found[1], found[2]
    if found := _BELOW.fullmatch(text):
        return "", found[1]
    if found := _ABOVE.fullmatch(text):
        return found[1], ""
    return "", ""


def side_of(number: str, *, low: str, high: str) -> str:
    """Return ``low``, ``high`` or ``normal``, and ``none`` where that can't be said. Bounds are normal themselves."""
    value, lower, upper = parse_number(number), parse_number(low), parse_number(high)
    if value is None or (lower is None and upper is None):
        return "none"
    if lower is not None and value < lower:
        return "low"
    if upper is not None and value > upper:
        return "high"
    return "normal"


def side_of_words(text: str, *, reference: str) -> str:
    """Return ``normal`` or ``abnormal`` where negative is what should be; ``none`` where words tell nothing."""
    if reference.strip() != "阴性":
        return "none"
    plain = unicodedata.normalize("NFKC", text).strip()
    if plain.startswith(("阴性", "(-)", "-")):
        return "normal"
    return "abnormal" if plain.startswith(("阳性", "弱阳性", "(+)", "+")) else "none"


def plain_name(name: str) -> str:
    """Return a name as it is compared: width, case, spaces and dots between its parts don't matter."""
    return _IN_NAMES.sub("", unicodedata.normalize("NFKC", name)).casefold()


def names_agree(one: str, other: str) -> bool:
    """Whether two names are the same person's as far as names can tell; an empty one agrees with none."""
    return bool(plain_name(one)) and plain_name(one) == plain_name(other)


@dataclass(frozen=True)
class Coming:
    """What is known of a report that comes for a known number.

    :ivar is_same: it says what the present revision says
    :ivar was_said: it says what an earlier revision said
    :ivar is_correction: its sender calls it one
    """

    issued_at: datetime | None
    is_same: bool = False
    was_said: bool = False
    is_preliminary: bool = False
    is_correction: bool = False


def is_news(coming: Coming, *, last_issued_at: datetime | None, is_final: bool, is_withdrawn: bool) -> bool:
    """Whether what comes replaces what is there.

    What was issued earlier comes late. What was said before and is not issued later is a repeat that was on its way
    for long. A preliminary report never replaces a final one. A withdrawn report comes back only by what was issued
    after it, or, where the sender names no times, by what he calls a correction.
    """
    is_later = coming.issued_at is not None and (last_issued_at is None or coming.issued_at > last_issued_at)
    if is_late(coming.issued_at, last_issued_at=last_issued_at) or (coming.is_preliminary and is_final):
        return False
    if is_withdrawn:
        has_times = coming.issued_at is not None and last_issued_at is not None
        return is_later if has_times else coming.is_correction and not coming.is_same
    return not coming.is_same and (is_later or not coming.was_said)


def is_late(issued_at: datetime | None, *, last_issued_at: datetime | None) -> bool:
    """Whether something older than what is known has come."""
    return issued_at is not None and last_issued_at is not None and issued_at < last_issued_at
