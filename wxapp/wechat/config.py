"""What the clients must be told. Built by the application from config.toml; secrets never show in a repr."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from wxapp.core.outgoing import Limits


class CallbackMode(StrEnum):
    """How pushes arrive, as set in the account's console. Source: wechat.md 1.2."""

    PLAIN = "plain"
    COMPATIBLE = "compatible"
    SAFE = "safe"


@dataclass(frozen=True)
class OfficialAccountConfig:
    """One official account.

    ``aes_keys`` are the present EncodingAESKey and, while it is being changed, the previous one.
    """

    appid: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    original_id: str = ""
    aes_keys: tuple[str, ...] = field(default=(), repr=False)
    mode: CallbackMode = CallbackMode.SAFE
    api_url: str = "https://api.weixin.qq.com"
    open_url: str = "https://open.weixin.qq.com"
    mp_url: str = "https://mp.weixin.qq.com"
    limits: Limits = field(default_factory=Limits)
    proxy: str = ""

    def __post_init__(self) -> None:
        _demand(bool(self.appid and self.secret), "appid and secret must be set")
        # An empty token would let anybody sign.
        _demand(3 <= len(self.token) <= 32, "the callback token has 3 to 32 characters")
        _demand(len(self.aes_keys) <= 2, "there are at most two EncodingAESKeys, the present and the previous one")
        _demand(self.mode is CallbackMode.PLAIN or bool(self.aes_keys), "this mode needs an EncodingAESKey")
        for key in self.aes_keys:
            _demand(_is_aes_key(key), "an EncodingAESKey has 43 letters and digits")
        for url in (self.api_url, self.open_url, self.mp_url):
            _check_base_url(url)


@dataclass(frozen=True)
class MiniProgramConfig:
    """One mini-program."""

    appid: str
    secret: str = field(repr=False)
    api_url: str = "https://api.weixin.qq.com"
    limits: Limits = field(default_factory=Limits)
    proxy: str = ""

    def __post_init__(self) -> None:
        _demand(bool(self.appid and self.secret), "appid and secret must be set")
        _check_base_url(self.api_url)


@dataclass(frozen=True)
class PayConfig:
    """One WeChat Pay merchant in public-key mode.

    Keys are PEM text or the path of a PEM file. ``public_keys`` maps the serial (``PUB_KEY_ID_…``) to the key;
    the first is the one asked for, all of them are accepted, so that a change of key loses nothing.
    """

    appid: str
    mchid: str
    merchant_serial: str
    private_key: str | Path = field(repr=False)
    apiv3_key: str = field(repr=False)
    public_keys: Mapping[str, str | Path] = field(repr=False)
    pay_url: str = "https://api.mch.weixin.qq.com"
    limits: Limits = field(default_factory=Limits)
    max_bill_bytes: int = 64 * 1024 * 1024
    proxy: str = ""

    def __post_init__(self) -> None:
        _demand(bool(self.appid and self.mchid and self.merchant_serial), "appid, mchid and serial must be set")
        _demand(len(self.apiv3_key.encode()) == 32, "an APIv3 key has 32 bytes")
        _demand(bool(self.public_keys) and all(self.public_keys), "at least one WeChat Pay public key is needed")
        _check_base_url(self.pay_url)


def _is_aes_key(key: str) -> bool:
    try:
        return len(key) == 43 and len(base64.b64decode(key + "=", validate=True)) == 32
    except (binascii.Error, ValueError):
        return False


def _check_base_url(url: str) -> None:
    _demand(
        url.startswith(("https://", "http://")) and not url.endswith("/"), "a base URL has a scheme and no last slash"
    )


def _demand(condition: bool, text: str) -> None:
    if not condition:
        raise ValueError(text)
