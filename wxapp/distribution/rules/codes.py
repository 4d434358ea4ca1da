"""Invitation codes. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Small letters and digits without those that are taken for one another: 0 and o, 1, i and l."""
LENGTH = 6


def draw_code(choose: Callable[[Sequence[str]], str]) -> str:
    """Return a code; ``choose`` picks one of several by chance."""
    return "".join(choose(ALPHABET) for _ in range(LENGTH))


def read_code(text: str) -> str:
    """Return a code as it is kept: capitals, full width and blanks that people type make no difference."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def is_code(text: str) -> bool:
    """Whether a text that :func:`read_code` gave can be a code."""
    return len(text) == LENGTH and all(char in ALPHABET for char in text)
