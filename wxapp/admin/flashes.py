"""Sentences for the next page, e.g. after a redirect. Kept on the server, so nothing private is in a cookie.

A cookie says only that there is something: without it no page asks the store.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from flask import current_app, g, request

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
    _cookies()[_mark()] = ("1", timedelta(seconds=_SECONDS))


def take() -> list[Flash]:
    """Return what is to be shown, once; nothing to a page that renews itself, before which nobody may sit."""
    if sessions.is_background() or not (_cookies()[_mark()] if _mark() in _cookies() else request.cookies.get(_mark())):
        return []
    _cookies()[_mark()] = None
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


def _cookies() -> dict[str, tuple[str, timedelta] | None]:
    """Return the cookies that this request's answer sets or, with None, removes."""
    cookies: dict[str, tuple[str, timedelta] | None] = g.setdefault("cookies", {})
    return cookies


def _mark() -> str:
    is_secure = current_app.config["WXAPP"].app.base_url.startswith("https://")
    return "__Host-wxapp-flash" if is_secure else "wxapp-flash"
