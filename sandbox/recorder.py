"""The log of every call received and sent, so that a test can prove what was and what was *not* said."""

from __future__ import annotations

import base64
import itertools
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from werkzeug.datastructures import MultiDict

Direction = Literal["in", "out"]
BODY_LIMIT = 64 * 1024
BROWSER = "browser"
"""Endpoint name of what the browser proxy forwarded; kept apart, so that pages don't crowd out the calls."""


@dataclass(kw_only=True)
class Call:
    """One HTTP exchange; times in Unix seconds of the sandbox's clock, ``took_ms`` in real milliseconds."""

    id: int
    at: float
    direction: Direction
    endpoint: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str
    status: int | None = None
    """None: no answer was given or came."""
    answer_headers: dict[str, str] = field(default_factory=dict)
    answer: str = ""
    took_ms: int = 0
    note: str = ""
    """What the sandbox did to it on purpose, or why it failed."""

    def as_json(self) -> dict[str, Any]:
        """Return the call as plain values."""
        return asdict(self)


def readable(raw: bytes) -> str:
    """Return a body as text; what is not UTF-8 becomes ``base64:…``; cut to 64 KiB."""
    cut = raw[:BODY_LIMIT]
    try:
        return cut.decode("utf-8", errors="strict" if len(cut) == len(raw) else "ignore")
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(cut).decode()


class Recorder:
    """Keeps the latest calls in memory; safe to use from many threads."""

    def __init__(self, *, keep: int = 5_000, keep_browser: int = 500) -> None:
        self._calls: deque[Call] = deque(maxlen=keep)
        self._browser: deque[Call] = deque(maxlen=keep_browser)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def begin(
        self,
        *,
        at: float,
        direction: Direction,
        endpoint: str,
        method: str,
        path: str,
        query: Mapping[str, str] | MultiDict[str, str],
        headers: Mapping[str, str],
        body: bytes,
    ) -> Call:
        """Note a call as it starts: a call that hangs is visible while it hangs."""
        pairs = query.to_dict() if isinstance(query, MultiDict) else dict(query)
        call = Call(
            id=next(self._numbers),
            at=at,
            direction=direction,
            endpoint=endpoint,
            method=method,
            path=path,
            query=pairs,
            headers=dict(headers),
            body=readable(body),
        )
        with self._lock:
            (self._browser if endpoint == BROWSER else self._calls).append(call)
        return call

    def calls(
        self,
        *,
        endpoint: str | None = None,
        direction: str | None = None,
        text: str | None = None,
        after: int = 0,
        limit: int = 200,
    ) -> list[Call]:
        """Return the latest calls, newest last.

        ``endpoint`` matches exactly or, ending in ``*``, by its beginning; without it the browser's traffic is
        left out. ``text`` must occur in the path, body or answer. ``after`` is an id already seen.
        """
        with self._lock:
            source = list(self._browser if endpoint == BROWSER else self._calls)

        def wanted(call: Call) -> bool:
            if call.id <= after or (direction and call.direction != direction):
                return False
            if endpoint and endpoint.endswith("*"):
                if not call.endpoint.startswith(endpoint[:-1]):
                    return False
            elif endpoint and call.endpoint != endpoint:
                return False
            return not text or text in call.path or text in call.body or text in call.answer

        found = [call for call in source if wanted(call)]
        return found[-limit:] if limit else found

    def clear(self) -> None:
        """Forget all calls; numbers go on."""
        with self._lock:
            self._calls.clear()
            self._browser.clear()
