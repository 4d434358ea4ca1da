"""Public pages that are the same for everybody are kept for a moment, in front of the application.

A view declares it by :func:`keep`; its finished answer is then given to whoever asks for the same address, without
waking the application: a tenth of the time. An address gets in only by an answer of the application to it, so a
foreign host gets nothing from here; and an answer that sets a cookie is one visitor's and never kept.

A page is of the generation that was known before it was made (:mod:`wxapp.core.generation`). After a change this
process makes its pages anew at once, every other one within a second. A page on which something appears or disappears
at a set moment says so by :func:`changes_at` and is not kept longer than that.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakSet

from flask import Flask, current_app, g, has_app_context, request

from wxapp.core import clock, generation
from wxapp.core.db import transaction

Headers = list[tuple[str, str]]
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

MOST = 300
"""So many pages are kept; strangers' queries can't fill the memory."""

_KEEP = "wxapp.keep"
_OF_ONE_ANSWER = {"x-request-id", "date", "content-length"}


@dataclass(frozen=True)
class _Page:
    until: float
    changes_at: datetime | None
    generation: int
    headers: Headers
    etag: str
    body: bytes

    def is_good(self, generation: int) -> bool:
        if self.generation != generation or self.until < time.monotonic():
            return False
        return self.changes_at is None or clock.now() < self.changes_at


def keep(seconds: int, *, number: int) -> None:
    """Keep the answer of this request so long, if it is a whole page.

    :param number: the generation that was known before the page was made
    """
    request.environ[_KEEP] = (seconds, g.get("page_changes_at"), number)


def changes_at(moment: datetime | None) -> None:
    """Say of the page that is being made that it looks different from this moment on; None means never.

    Floors of the home page and pages that :func:`keep` call it for whatever they show or hide by the clock.
    """
    if moment is not None:
        known: datetime | None = g.get("page_changes_at")
        g.page_changes_at = moment if known is None else min(known, moment)


def forget_public_pages() -> None:
    """Render the public pages anew: something on them has changed.

    Inside a transaction it takes part in it: all processes see the change and that there is one together. Outside of
    an application only the pages of this process are forgotten.
    """
    for kept in _all:
        if not has_app_context() or kept.app.extensions is current_app.extensions:
            kept.forget()
    if has_app_context():
        with transaction():
            generation.step()


class KeptPages:
    """WSGI middleware around the application."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.application: Application = app.wsgi_app
        self.pages: OrderedDict[tuple[str, ...], _Page] = OrderedDict()
        self._lock = threading.Lock()
        _all.add(self)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "GET":
            return self.application(environ, start_response)
        asked = ("wsgi.url_scheme", "HTTP_X_FORWARDED_PROTO", "HTTP_HOST", "PATH_INFO", "QUERY_STRING")
        key = tuple(environ.get(name, "") for name in asked)
        page = self.pages.get(key)
        if page is None or not page.is_good(generation.current(self.app)):
            return self._ask(key, environ, start_response)
        return _answer(page, environ, start_response, number=secrets.token_hex(8))

    def _ask(
        self, key: tuple[str, ...], environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        started: list[tuple[Any, ...]] = []
        parts = self.application(environ, lambda *said: started.append(said))
        status, headers = started[0][:2]
        named = {name.lower(): value for name, value in headers}
        if _KEEP not in environ or not status.startswith("200") or "set-cookie" in named:
            start_response(*started[0])
            return parts
        try:
            body = b"".join(parts)
        finally:
            if hasattr(parts, "close"):
                parts.close()
        lasting = [(name, value) for name, value in headers if name.lower() not in _OF_ONE_ANSWER]
        seconds, changes, number = environ[_KEEP]
        page = _Page(time.monotonic() + seconds, changes, number, lasting, named.get("etag", ""), body)
        self._keep(key, page)
        return _answer(page, environ, start_response, number=named.get("x-request-id", "-"))

    def _keep(self, key: tuple[str, ...], page: _Page) -> None:
        with self._lock:  # several steps: another thread may keep or forget pages in between
            self.pages[key] = page
            self.pages.move_to_end(key)
            while len(self.pages) > MOST:
                self.pages.popitem(last=False)

    def forget(self) -> None:
        """Make every page anew."""
        with self._lock:
            self.pages.clear()


_all: WeakSet[KeptPages] = WeakSet()


def _answer(
    page: _Page, environ: dict[str, Any], start_response: Callable[..., Any], *, number: str
) -> Iterable[bytes]:
    known = environ.get("HTTP_IF_NONE_MATCH", "")
    if known and page.etag in {each.strip().removeprefix("W/") for each in known.split(",")}:
        lasting = [(name, value) for name, value in page.headers if name.lower() != "content-type"]
        start_response("304 NOT MODIFIED", [*lasting, ("X-Request-Id", number)])
        return []
    start_response("200 OK", [*page.headers, ("Content-Length", str(len(page.body))), ("X-Request-Id", number)])
    return [page.body]
