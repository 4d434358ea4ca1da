"""Outgoing HTTP: the one way out for the clients of outside services.

What ``requests`` alone does not promise: a deadline for the whole call (a time-out counts between two bytes,
so a slow body could last for ever), a limit to what is read, no redirects, no cookies, no surprise from the
environment, one session per thread. An error says whether the request can have had an effect, and never
shows the address: addresses carry tokens and secrets.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from urllib3.exceptions import HTTPError, NewConnectionError

_CHUNK = 64 * 1024


@dataclass(frozen=True)
class Limits:
    """Seconds for connecting, between two bytes, and for the whole call; bytes of an answer."""

    connect: float = 3.0
    read: float = 8.0
    total: float = 10.0
    max_bytes: int = 8 * 1024 * 1024


class CallFailed(Exception):
    """No complete answer came.

    ``sent`` is False only if the request certainly never reached the other side; otherwise it may have had its effect.
    """

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent


class Outgoing:
    """Sends requests within the limits. Safe to share between threads."""

    def __init__(self, limits: Limits | None = None, *, proxy: str = "") -> None:
        self.limits = limits or Limits()
        self._proxy = proxy
        self._local = threading.local()

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        data: bytes | None = None,
        files: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        max_bytes: int = 0,
        timeout: object = None,  # noqa: ARG002  # for libraries that pass one
    ) -> requests.Response:
        """Return the answer, whatever its status, with its body read.

        A ``timeout`` changes nothing: the limits of this object hold.

        :raises CallFailed: no complete answer within the limits.
        """
        limits = replace(self.limits, max_bytes=max_bytes or self.limits.max_bytes)
        deadline = time.monotonic() + limits.total
        failure: CallFailed
        try:
            response = self._session().request(
                method,
                url,
                params=params,
                data=data,
                files=files,
                headers=headers,
                timeout=(limits.connect, limits.read),
                allow_redirects=False,
                stream=True,
            )
            try:
                response._content = _read(response, limits, deadline)  # noqa: SLF001  # requests has no other way
                return response
            finally:
                response.close()
        except CallFailed as error:
            failure = error
        except (requests.RequestException, HTTPError, OSError) as error:
            failure = CallFailed(type(error).__name__, sent=not _never_left(error))
        # Raised outside the handlers: the errors above quote the address, and a chained one would be logged.
        raise CallFailed(failure.reason, sent=failure.sent)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False  # neither proxies nor passwords from the environment
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            if self._proxy:
                session.proxies = {"http": self._proxy, "https": self._proxy}
            self._local.session = session
        return session


def _read(response: requests.Response, limits: Limits, deadline: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := response.raw.read1(_CHUNK, decode_content=True):
        size += len(part)
        if size > limits.max_bytes:
            raise CallFailed("answer too large", sent=True)
        if time.monotonic() > deadline:
            raise CallFailed("deadline passed", sent=True)
        parts.append(part)
    return b"".join(parts)


def _never_left(error: Exception) -> bool:
    if isinstance(
        error,
        requests.ConnectTimeout
        | requests.exceptions.ProxyError
        | requests.exceptions.InvalidURL
        | requests.exceptions.InvalidSchema
        | requests.exceptions.MissingSchema,
    ):
        return True
    return any(isinstance(getattr(cause, "reason", None), NewConnectionError) for cause in error.args)
