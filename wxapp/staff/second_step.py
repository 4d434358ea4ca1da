"""Between password and code: who has shown the password at this browser, for a few minutes."""

from __future__ import annotations

import hashlib

from wxapp.core import sessions
from wxapp.core.store import store

_SECONDS = 300


def remember(member_id: int) -> None:
    store().set(_key(), str(member_id), ttl=_SECONDS)


def recall() -> int | None:
    """Return the member who has shown the password at this browser, None when nobody has or it is too long ago."""
    kept = store().get(_key())
    return int(kept) if kept else None


def forget() -> None:
    store().delete(_key())


def _key() -> str:
    return f"staff-second-step:{hashlib.sha256(sessions.visitor().encode()).hexdigest()}"
