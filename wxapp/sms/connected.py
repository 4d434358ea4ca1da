"""The SMS client of this process. The application sets it once at its start; tests set a fake of the same shape."""

from __future__ import annotations

from wxapp.sms.interfaces import SmsApi

_clients: list[SmsApi] = []


def use(client: SmsApi) -> None:
    _clients[:] = [client]


def client() -> SmsApi:
    if not _clients:
        raise RuntimeError("no client: the application has not started")
    return _clients[0]
