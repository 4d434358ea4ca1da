"""Money is a whole number of fen (分); yuan exist only on pages and on the wire.

A rate is a whole number of basis points (1 bp = 0.01 %).
"""

from __future__ import annotations

import re

FEN_PER_YUAN = 100
BASIS_POINTS = 10_000
MAX_FEN = 99_999_999_999
"""Just under a thousand million yuan: far above any bill, far below what the columns hold."""

_YUAN = re.compile(r"(?P<whole>\d{1,9})(?:\.(?P<part>\d{1,2}))?")


def parse_yuan(text: str) -> int:
    """Return the fen that a text such as ``12``, ``12.5`` or ``12.50`` names.

    :raises ValueError: signs, blanks inside, exponents, other digits, or more than two decimals.
    """
    if not text.isascii() or (match := _YUAN.fullmatch(text.strip())) is None:
        raise ValueError(f"not an amount in yuan: {text[:20]!r}")
    return int(match["whole"]) * FEN_PER_YUAN + int((match["part"] or "0").ljust(2, "0"))


def yuan(fen: int) -> str:
    """Return the amount in yuan with two decimals, e.g. ``-3.05``."""
    sign = "-" if fen < 0 else ""
    whole, part = divmod(abs(fen), FEN_PER_YUAN)
    return f"{sign}{whole}.{part:02d}"


def share(amount_fen: int, rate_bp: int) -> int:
    """Return the share of an amount, rounded down to the fen: the remainder stays with the hospital."""
    if amount_fen < 0 or rate_bp < 0:
        raise ValueError("a share is taken of a whole, by a rate: neither is negative")
    return amount_fen * rate_bp // BASIS_POINTS
