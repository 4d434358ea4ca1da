"""Timed work: clearing away pictures that nobody has attached to anything."""

from __future__ import annotations

from wxapp.core import clock
from wxapp.core.apart import each_apart
from wxapp.uploads import queries, services


def discard_left_behind(limit: int = 200) -> int:
    """Remove what was uploaded two days ago and is attached to nothing; return how many it was."""
    left = queries.left_behind(clock.now() - services.KEPT_UNATTACHED, limit)
    return each_apart(services.discard_left_behind, left, what="clearing uploads away")
