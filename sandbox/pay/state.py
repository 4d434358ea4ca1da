"""All that WeChat Pay remembers, as plain values that survive a trip through JSON."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.pay.books import Books
from sandbox.pay.keys import Mode
from sandbox.pay.notices import Notice
from sandbox.pay.twists import TwistOrder


@dataclass(kw_only=True)
class BillFile:
    """A bill that can be fetched by its token for five minutes."""

    text: str
    gzip: bool
    made_at: float


@dataclass(kw_only=True)
class PayState:
    """Kept by the world under its lock."""

    books: Books = field(default_factory=Books)
    notices: dict[str, Notice] = field(default_factory=dict)
    """By id, oldest first."""
    open_notices: list[str] = field(default_factory=list)
    """Ids of those that still wait or are held."""
    bill_files: dict[str, BillFile] = field(default_factory=dict)
    twists: list[TwistOrder] = field(default_factory=list)
    twist_count: int = 0
    mode: Mode | None = None
    """Which key signs; None as long as the configuration's choice stands."""
    old_spelling: bool | None = None
    probe_rate: float | None = None
