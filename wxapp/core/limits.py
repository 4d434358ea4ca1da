"""Limits on how often something may be tried, counted over all processes."""

from __future__ import annotations

import time
from dataclasses import dataclass

from wxapp.core.errors import TooManyRequests
from wxapp.core.store import store


@dataclass(frozen=True)
class Limit:
    """At most ``count`` in each window of ``seconds``, per subject (an openid, a phone's index, an address)."""

    name: str
    count: int
    seconds: int
    message: str = TooManyRequests.message

    def hit(self, subject: str) -> None:
        """Count one try.

        :raises TooManyRequests: it is one too many; the error says when the window ends
        """
        window, into = divmod(int(time.time()), self.seconds)
        count = store().incr(f"limit:{self.name}:{window}:{subject}", ttl=self.seconds + 5)
        if count > self.count:
            raise TooManyRequests(self.message, retry_after=self.seconds - into)
