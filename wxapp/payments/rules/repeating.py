"""When something is tried or asked for again."""

from __future__ import annotations

from datetime import datetime, timedelta

_GAPS = (1, 1, 1, 1, 1, 5, 10, 20, 30)


def next_try(tries: int, *, now: datetime) -> datetime:
    """Return when WeChat Pay is asked again: each minute five times, then 5, 10, 20, 30 minutes (wechat.md 7.6)."""
    return now + timedelta(minutes=_GAPS[min(max(tries, 1), len(_GAPS)) - 1])
