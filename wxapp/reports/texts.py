"""Texts of other systems, as they can be kept and shown."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\ufeff\u202a-\u202e\u2066-\u2069]")
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_BLANKS = re.compile(r"\s+")

MOST_DIGITS = 60


def clean(text: str) -> str:
    """Return a text of several lines without signs that steer terminals, direction or tables."""
    return _STEERING.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def line(text: str, most: int) -> str:
    """Return a text as one line of at most so many characters; one that is cut ends with an ellipsis."""
    one = _BLANKS.sub(" ", _STEERING.sub("", text)).strip()
    return one if len(one) <= most else f"{one[: most - 1].rstrip()}…"


def plain_decimal(text: str) -> str:
    """Return a number as decimal text without an exponent, "" when it is none or absurdly long.

    Trailing zeros stay: they say how exactly was measured.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    if not 0 < len(text) <= MOST_DIGITS or not re.fullmatch(
        r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", text, re.ASCII
    ):
        return ""
    number = Decimal(text)
    if abs(number.adjusted()) > 30:
        return ""
    shown = format(number, "f")
    return shown.removeprefix("+")
