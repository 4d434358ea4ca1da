"""A demo that begins today has a past: what is done in here has happened some days ago."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo

from wxapp.core import clock


@contextmanager
def earlier(*, days: int = 0, hours: float = 0) -> Iterator[None]:
    """Let the clock stand so much earlier. Nothing else may run in this process meanwhile."""
    back = timedelta(days=days, hours=hours)

    class Past(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) - back  # noqa: TID251 - what the clock itself would read

    # Below clock.now, which others may have got hold of before.
    setattr(clock, "datetime", Past)  # noqa: B010 - mypy would not have a class replaced
    try:
        yield
    finally:
        setattr(clock, "datetime", datetime)  # noqa: B010
