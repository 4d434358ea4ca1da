"""What tests of the sandbox share: the account's secrets and a backend that answers what a test tells it to."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from werkzeug.wrappers import Request, Response

APPID, SECRET, TOKEN, GH = "wx1111111111111111", "secret-of-the-account", "tokenAAAAA", "gh_aaaaaaaaaaaa"
AES_KEY = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"


@dataclass
class Backend:
    """The web process, as the sandbox sees it: keeps every request, answers as told."""

    url: str
    seen: list[Request] = field(default_factory=list)
    answer: Callable[[Request], Response] = lambda _: Response("")

    def posts(self) -> list[Request]:
        return [request for request in list(self.seen) if request.method == "POST"]

    def wait_for(self, count: int, *, seconds: float = 5.0) -> list[Request]:
        """Return the POSTs once there are that many."""
        eventually(lambda: len(self.posts()) >= count, seconds=seconds)
        return self.posts()


def eventually(holds: Callable[[], Any], *, seconds: float = 5.0) -> None:
    """Wait until something holds.

    :raises AssertionError: it still does not.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("did not come true in time")
