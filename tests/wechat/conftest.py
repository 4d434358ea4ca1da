"""A WeChat that answers as told. Nothing here opens a socket."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import responses

from tests.fakes.store import MemoryStore
from wxapp.core import clock
from wxapp.wechat.client import OfficialAccount
from wxapp.wechat.config import CallbackMode, OfficialAccountConfig

API = "https://api.test"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
OLD_AES_KEY = "ZYXWVUTSRQPONMLKJIHGFEDCBA9876543210zyxwvuA"


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def make_config() -> Callable[..., OfficialAccountConfig]:
    def make(**changes: Any) -> OfficialAccountConfig:
        values: dict[str, Any] = {
            "appid": "wx0123456789abcdef",
            "secret": "very-secret",
            "token": "calltoken",
            "original_id": "gh_0123456789ab",
            "aes_keys": (AES_KEY,),
            "mode": CallbackMode.SAFE,
            "api_url": API,
            "open_url": "https://open.test",
            "mp_url": "https://mp.test",
        }
        return OfficialAccountConfig(**{**values, **changes})

    return make


@pytest.fixture
def config(make_config: Callable[..., OfficialAccountConfig]) -> OfficialAccountConfig:
    return make_config()


@pytest.fixture
def wechat() -> Iterator[responses.RequestsMock]:
    """The network: an address that was not told an answer is an error of the test."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


class Tokens:
    """The token interface: gives out token-1, token-2, … and counts the calls."""

    def __init__(self, wechat: responses.RequestsMock) -> None:
        self.given = 0
        self.expires_in = 7200
        self.same = False
        wechat.add_callback(responses.POST, f"{API}/cgi-bin/stable_token", self._answer)

    def _answer(self, request: Any) -> tuple[int, dict[str, str], str]:
        asked = json.loads(request.body)
        assert asked["force_refresh"] is False
        self.given += 1
        token = "token-1" if self.same else f"token-{self.given}"
        return 200, {}, json.dumps({"access_token": token, "expires_in": self.expires_in})


@pytest.fixture
def tokens(wechat: responses.RequestsMock) -> Tokens:
    return Tokens(wechat)


@pytest.fixture
def account(
    config: OfficialAccountConfig, store: MemoryStore, wechat: responses.RequestsMock, tokens: Tokens
) -> OfficialAccount:
    return OfficialAccount(config, store=store, now=clock.now)


@pytest.fixture
def calls(wechat: responses.RequestsMock) -> Callable[[str], list[Any]]:
    """The requests to an endpoint so far."""
    return lambda part: [call.request for call in wechat.calls if part in call.request.url]
