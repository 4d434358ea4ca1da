"""What the provider of short messages remembers, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Report(StrEnum):
    """What becomes of the delivery report of an accepted message."""

    SUCCESS = "SUCCESS"
    FAIL = "FAIL"
    MISSING = "MISSING"


@dataclass(kw_only=True)
class Text:
    """An accepted message. ``phone`` is E.164; ``report_at`` is when its delivery report can be pulled."""

    serial_no: str
    phone: str
    text: str
    template_id: str
    params: list[str]
    session_context: str
    at: float
    parts: int
    on_phone: bool
    """A person of the world has this number."""
    report: Report
    report_at: float
    is_reported: bool = False


@dataclass(kw_only=True)
class Fate:
    """An order for the next messages to a number: refuse with a code, or accept and play with the report."""

    phone: str
    left: int | None
    code: str = ""
    report: Report = Report.SUCCESS
    report_delay: float = 0.0


@dataclass(kw_only=True)
class SmsState:
    """Kept by the world under its lock."""

    texts: list[Text] = field(default_factory=list)
    blacklist: list[str] = field(default_factory=list)
    fates: list[Fate] = field(default_factory=list)
    parts_used: int = 0
