"""What the macro ``radios`` shows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Choice:
    """One of several: a label, a second line, and something at the right end."""

    value: str | int
    label: str
    note: str = ""
    aside: str = ""
    is_disabled: bool = False
