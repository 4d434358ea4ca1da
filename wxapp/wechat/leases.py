"""A value that one process fetches and all processes read: access token, JS-SDK ticket.

WeChat gives out few of them and kills the old when a new one is made, so exactly one caller fetches
while the others wait. Source: reliability.md 2.7.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from wxapp.wechat.errors import ConfigurationFault, Unavailable
from wxapp.wechat.interfaces import TokenStore

MARGIN = 300
"""Seconds before its end from which a value is no longer handed out."""

LOCK_SECONDS = 20.0
"""Life of the lock: longer than a fetch may last, so that a dead holder is soon forgotten and a live one keeps it."""

WAIT_SECONDS = 12.0
FAULT_SECONDS = 60.0
"""For how long a configuration fault is answered from memory in place of another call."""


@dataclass(frozen=True)
class Fetched:
    """A fresh value and how many seconds it lives."""

    value: str = field(repr=False)
    expires_in: int


class Lease:
    """Hands out the shared value stored under ``key``; ``fetch`` gets a new one. Safe between threads and processes."""

    def __init__(self, store: TokenStore, key: str, fetch: Callable[[], Fetched]) -> None:
        self._store = store
        self._key = key
        self._fetch = fetch
        self._in_process = threading.Lock()  # threads of one process queue here and spare the store the polling

    def get(self) -> str:
        """Return the present value, fetching it if there is none.

        :raises WechatError: it can't be fetched.
        """
        return self._store.get(self._key) or self._refresh(failed=None)

    def renew(self, failed: str) -> str:
        """Return a value to use in place of one that WeChat has just refused.

        If somebody has already replaced the refused one, theirs is returned and nothing is fetched.
        """
        return self._refresh(failed=failed)

    def _refresh(self, *, failed: str | None) -> str:
        deadline = time.monotonic() + WAIT_SECONDS
        owner = secrets.token_hex(8)
        if not self._in_process.acquire(timeout=WAIT_SECONDS):
            raise Unavailable("waited too long for the token", sent=False)
        try:
            while not self._store.add(self._key + ":lock", owner, ttl=LOCK_SECONDS):
                if present := self._usable(failed):
                    return present
                if time.monotonic() > deadline:
                    raise Unavailable("waited too long for the token", sent=False)
                time.sleep(0.05)
            try:
                return self._usable(failed) or self._fetch_and_store(failed)
            finally:
                self._store.delete_if(self._key + ":lock", owner)
        finally:
            self._in_process.release()

    def _usable(self, failed: str | None) -> str | None:
        present = self._store.get(self._key)
        return present if present and present != failed else None

    def _fetch_and_store(self, failed: str | None) -> str:
        if failed is not None:
            self._store.delete_if(self._key, failed)
        if fault := self._store.get(self._key + ":fault"):
            code, _, text = fault.partition(" ")
            raise ConfigurationFault(int(code), text)
        try:
            fetched = self._fetch()
        except ConfigurationFault as error:
            self._store.set(self._key + ":fault", f"{error.errcode} {error.errmsg}", ttl=FAULT_SECONDS)
            raise
        # Towards its end a value is still good for a few calls; half of the rest, so that nobody fetches at each call.
        ttl = max(fetched.expires_in - MARGIN, min(30.0, fetched.expires_in / 2))
        self._store.set(self._key, fetched.value, ttl=ttl)
        return fetched.value
