"""Notifications: what is to be told, when the next attempt is due, what came of each (wechat.md 7.7)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

GAPS = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600)
"""Seconds before the second, third … attempt: fifteen retries within 24 h 4 min."""

TRANSFER_GAPS = (15,) * 10 + (300,) * 10 + (1800,) * 44
"""The same for transfers."""


class NoticeState(StrEnum):
    WAITING = "waiting"
    HELD = "held"
    """Kept back until another one of the same order has been sent, or it is let go by hand."""
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"
    LOST = "lost"
    """Ordered never to arrive."""


@dataclass(kw_only=True)
class Attempt:
    at: float
    twist: str
    """What was spoilt; empty for a right one."""
    status: int | None
    """None: no answer in time."""
    good: bool
    answer: str
    note: str = ""


@dataclass(kw_only=True)
class Notice:
    id: str
    event_type: str
    original_type: str
    summary: str
    number: str
    """out_trade_no, out_refund_no of a refund, or out_bill_no of a transfer."""
    out_trade_no: str
    url: str
    plain: dict[str, Any]
    made_at: float
    next_at: float
    state: NoticeState = NoticeState.WAITING
    again: bool = False
    """One more delivery is owed after the good answer."""
    tries: int = 0
    attempts: list[Attempt] = field(default_factory=list)
    is_busy: bool = False
    """An attempt is under way."""

    @property
    def gaps(self) -> tuple[int, ...]:
        return TRANSFER_GAPS if self.original_type == "mch_payment" else GAPS

    def is_due(self, now: float) -> bool:
        return self.state is NoticeState.WAITING and not self.is_busy and now >= self.next_at

    def record(self, attempts: list[Attempt], *, genuine: bool, now: float, scale: float) -> None:
        """Note what came of one attempt (or of two parallel copies), and when the next is due.

        A forged one counts as a failure whatever the answer: the true one has not been delivered yet.
        """
        self.is_busy = False
        self.attempts.extend(attempts)
        self.tries += 1
        accepted = genuine and any(attempt.good for attempt in attempts)
        if accepted and not self.again:
            self.state = NoticeState.DELIVERED
            return
        if accepted:
            self.again = False
            self.next_at = now + self.gaps[0] * scale
        elif self.tries > len(self.gaps):
            self.state = NoticeState.GIVEN_UP
        else:
            self.next_at = now + self.gaps[self.tries - 1] * scale


def is_good(status: int, body: bytes) -> bool:
    """Tell whether an answer means "received": 204, or 200 with no body or code SUCCESS."""
    if status == 204:
        return True
    if status != 200:
        return False
    if not body.strip():
        return True
    try:
        answer = json.loads(body)
    except ValueError:
        return False
    return isinstance(answer, dict) and answer.get("code") == "SUCCESS"
