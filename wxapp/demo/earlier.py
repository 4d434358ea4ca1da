"""A demo that begins today has a past: what is done in here has happened some days ago."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from wxapp.core import clock


@contextmanager
def earlier(*, days: int, hours: int = 0) -> Iterator[None]:
    """Let the clock stand so much earlier. Nothing else may run in this process meanwhile."""
    present, back = clock.now, timedelta(days=days, hours=hours)
    setattr(clock, "now", lambda: present() - back)  # noqa: B010 - mypy would not have a function replaced
    try:
        yield
    finally:
        setattr(clock, "now", present)  # noqa: B010
