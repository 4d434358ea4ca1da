"""The shared store, in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from wxapp.core import clock


class MemoryStore:
    """Keeps values until their time is over by the clock of the test."""

    def __init__(self, now: Callable[[], datetime] = clock.now) -> None:
        self._now = now
        self._lock = threading.RLock()
        self._rows: dict[str, tuple[str, float]] = {}

    def get(self, key: str) -> str | None:
        with self._lock:
            value, until = self._rows.get(key, ("", 0.0))
            return value if until > self._now().timestamp() else None

    def set(self, key: str, value: str, *, ttl: float) -> None:
        with self._lock:
            self._rows[key] = (value, self._now().timestamp() + ttl)

    def add(self, key: str, value: str, *, ttl: float) -> bool:
        with self._lock:
            if self.get(key) is not None:
                return False
            self.set(key, value, ttl=ttl)
            return True

    def delete(self, key: str) -> None:
        with self._lock:
            self._rows.pop(key, None)

    def delete_if(self, key: str, value: str) -> bool:
        with self._lock:
            if self.get(key) != value:
                return False
            del self._rows[key]
            return True

    def incr(self, key: str, *, ttl: float) -> int:
        with self._lock:
            value, until = self._rows.get(key, ("0", 0.0))
            if until <= self._now().timestamp():
                value, until = "0", self._now().timestamp() + ttl
            self._rows[key] = (str(int(value) + 1), until)
            return int(value) + 1

    def keys(self) -> frozenset[str]:
        with self._lock:
            return frozenset(key for key in self._rows if self.get(key) is not None)
