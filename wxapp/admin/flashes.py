"""Sentences for the next page, e.g. after a redirect. Kept on the server, so nothing private is in a cookie."""

from __future__ import annotations

import json
from dataclasses import dataclass

from wxapp.core import sessions
from wxapp.core.store import store

_SECONDS = 120


@dataclass(frozen=True)
class Flash:
    """A sentence and its tone: ``success`` or ``warning``."""

    text: str
    tone: str = "success"


def add(text: str, tone: str = "success") -> None:
    """Keep a sentence for the next page of this browser."""
    kept = [[flash.text, flash.tone] for flash in _read()]
    store().set(_key(), json.dumps([*kept, [text, tone]][-5:], ensure_ascii=False), ttl=_SECONDS)


def take() -> list[Flash]:
    """Return what is to be shown, once."""
    found = _read()
    if found:
        store().delete(_key())
    return found


def _read() -> list[Flash]:
    kept = store().get(_key())
    return [Flash(text, tone) for text, tone in json.loads(kept)] if kept else []


def _key() -> str:
    row = sessions.current(sessions.STAFF)
    return f"staff-flash:{row.id}" if row is not None else f"staff-flash:visitor:{sessions.visitor()}"
