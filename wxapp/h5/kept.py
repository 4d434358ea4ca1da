"""Public pages that are the same for everybody are kept for a moment, in front of the application.

A view declares it by :func:`keep`; its finished answer is then given to whoever asks for the same address, without
waking the application: a tenth of the time. An address gets in only by an answer of the application to it, so a
foreign host gets nothing from here; and an answer that sets a cookie is one visitor's and never kept.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from weakref import WeakSet

from flask import request

Headers = list[tuple[str, str]]
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

MOST = 300
"""So many pages are kept; strangers' queries can't fill the memory."""

_SECONDS = "wxapp.keep_seconds"
_OF_ONE_ANSWER = {"x-request-id", "date", "content-length"}


@dataclass(frozen=True)
class _Page:
    until: float
    headers: Headers
    etag: str
    body: bytes


def keep(seconds: int) -> None:
    """Keep the answer of this request so long, if it is a whole page."""
    request.environ[_SECONDS] = seconds


def forget_public_pages() -> None:
    """Render the public pages of this process anew: staff have changed something on them."""
    for kept in _all:
        kept.pages.clear()


class KeptPages:
    """WSGI middleware around the application."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.pages: OrderedDict[tuple[str, ...], _Page] = OrderedDict()
        _all.add(self)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "GET":
            return self.application(environ, start_response)
        asked = ("wsgi.url_scheme", "HTTP_X_FORWARDED_PROTO", "HTTP_HOST", "PATH_INFO", "QUERY_STRING")
        key = tuple(environ.get(name, "") for name in asked)
        page = self.pages.get(key)
        if page is None or page.until < time.monotonic():
            return self._ask(key, environ, start_response)
        return _answer(page, environ, start_response, number=secrets.token_hex(8))

    def _ask(
        self, key: tuple[str, ...], environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        started: list[tuple[Any, ...]] = []
        parts = self.application(environ, lambda *said: started.append(said))
        status, headers = started[0][:2]
        named = {name.lower(): value for name, value in headers}
        if _SECONDS not in environ or not status.startswith("200") or "set-cookie" in named:
            start_response(*started[0])
            return parts
        try:
            body = b"".join(parts)
        finally:
            if hasattr(parts, "close"):
                parts.close()
        lasting = [(name, value) for name, value in headers if name.lower() not in _OF_ONE_ANSWER]
        page = _Page(time.monotonic() + environ[_SECONDS], lasting, named.get("etag", ""), body)
        self.pages[key] = page
        self.pages.move_to_end(key)
        while len(self.pages) > MOST:
            self.pages.popitem(last=False)
        return _answer(page, environ, start_response, number=named.get("x-request-id", "-"))


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
