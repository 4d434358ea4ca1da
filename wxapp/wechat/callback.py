"""What WeChat pushes to our callback: verified, opened, and made into a ``Push``.

Pure but for the nonce store: query string and body in, Push or reply text out. Everything hostile ends in
``CallbackRefused``, whatever it is. Source: wechat.md part 1, reliability.md 2.5 and 3.5.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from wxapp.wechat.config import CallbackMode, OfficialAccountConfig
from wxapp.wechat.interfaces import Now, TokenStore
from wxapp.wechat.pushes import Push, Sealed
from wxapp.wechat.replies import Reply
from wxapp.wechat.sealing import Sealer, Unsealable, is_same, signature, unseal

MAX_BODY = 256 * 1024
"""Bytes. A push has a few kilobytes; in compatible mode three times as much."""
WINDOW = 300
"""Seconds that a push may be old or early. Our own hardening: WeChat does not ask for it."""
_DEEPEST = 12
_SECONDS = re.compile(r"[0-9]{1,12}")
_ECHO = re.compile(r"[0-9A-Za-z]{1,128}")


class Reason(StrEnum):
    """Why a push was refused."""

    TOO_LARGE = "too_large"
    BAD_SIGNATURE = "bad_signature"
    STALE = "stale"
    NOT_ENCRYPTED = "not_encrypted"
    UNREADABLE = "unreadable"
    REPLAYED = "replayed"


class CallbackRefused(Exception):
    """The request is not a push that WeChat sent to us now. Nothing was kept of it.

    REPLAYED was genuine when it first came: answering it with nothing (200) is safe and calms a repeat.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Callback:
    """Verifies and opens pushes, and seals replies, for one account."""

    def __init__(self, config: OfficialAccountConfig, *, store: TokenStore, now: Now) -> None:
        self._config = config
        self._store = store
        self._now = now

    def verify_url(self, query: Mapping[str, str]) -> str:
        """Return the body for WeChat's check of our address (GET): exactly ``echostr``.

        :raises CallbackRefused: the signature is wrong or old.
        """
        self._check_signature(query)
        echo = query.get("echostr", "")
        if not _ECHO.fullmatch(echo):
            raise CallbackRefused(Reason.UNREADABLE)  # it is echoed, so it must not be a page
        return echo

    def receive(self, query: Mapping[str, str], body: bytes) -> Push:
        """Return the push of a POST, each genuine request once.

        An encrypted push is opened whatever the mode; a plain one is taken in plain mode only. If processing
        fails after this, call ``forget`` so that the same request may come again.

        :raises CallbackRefused: not genuine, not readable, or seen before.
        """
        if len(body) > MAX_BODY:
            raise CallbackRefused(Reason.TOO_LARGE)
        self._check_signature(query)
        fields = _parse(body)
        sealed = None
        if query.get("encrypt_type", "raw") == "aes":
            fields, sealed = self._open(query, fields)
        elif self._config.mode is not CallbackMode.PLAIN:
            raise CallbackRefused(Reason.NOT_ENCRYPTED)
        nonce_key = self._nonce_key(query)
        try:
            push = Push.from_fields(fields, sealed=sealed, nonce_key=nonce_key)
        except (ValueError, OverflowError):
            raise CallbackRefused(Reason.UNREADABLE) from None
        if not self._store.add(nonce_key, "seen", ttl=2 * WINDOW):
            raise CallbackRefused(Reason.REPLAYED)
        return push

    def forget(self, push: Push) -> None:
        """Let the same request come again: its processing failed on our side."""
        self._store.delete_if(push.nonce_key, "seen")

    def render(self, push: Push, reply: Reply | None) -> str:
        """Return the body that answers the push, encrypted with the key that opened it; None answers nothing."""
        if reply is None:
            return ""
        moment = int(self._now().timestamp())
        text = reply.render(to=push.openid, sender=push.account, timestamp=moment)
        if push.sealed is None:
            return text
        sealer = Sealer(self._config.token, push.sealed.aes_key, self._config.appid)
        return sealer.seal(text, timestamp=moment)

    def _check_signature(self, query: Mapping[str, str]) -> None:
        timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        expected = signature(self._config.token, timestamp, nonce)
        if not nonce or not is_same(expected, query.get("signature", "")):
            raise CallbackRefused(Reason.BAD_SIGNATURE)
        if not _SECONDS.fullmatch(timestamp) or abs(self._now().timestamp() - int(timestamp)) > WINDOW:
            raise CallbackRefused(Reason.STALE)

    def _open(self, query: Mapping[str, str], outer: Mapping[str, Any]) -> tuple[dict[str, Any], Sealed]:
        cipher_text = outer.get("Encrypt")
        if not isinstance(cipher_text, str):
            raise CallbackRefused(Reason.UNREADABLE)
        expected = signature(self._config.token, query["timestamp"], query["nonce"], cipher_text)
        if not is_same(expected, query.get("msg_signature", "")):
            raise CallbackRefused(Reason.BAD_SIGNATURE)
        for aes_key in self._config.aes_keys:
            try:
                message = unseal(cipher_text, aes_key=aes_key, appid=self._config.appid)
            except Unsealable:
                continue  # the previous key, while the key is being changed
            return _parse(message), Sealed(aes_key)
        raise CallbackRefused(Reason.UNREADABLE)

    def _nonce_key(self, query: Mapping[str, str]) -> str:
        # The signature covers timestamp and nonce and has a fixed length, so a long nonce can't bloat the store.
        once = signature(query["signature"], query.get("msg_signature", ""))
        return f"wechat:nonce:{self._config.appid}:{once}"


def _parse(body: bytes) -> dict[str, Any]:
    """Return the fields of a push, XML or JSON.

    :raises CallbackRefused: neither, or it has a DTD, entities, or no end of nesting.
    """
    try:
        if body.lstrip()[:1] == b"{":
            fields = json.loads(body.decode(), parse_constant=_no_constant)
        else:
            fields = _fields(fromstring(body.decode(), forbid_dtd=True), depth=0)
    except (ValueError, ParseError, DefusedXmlException, RecursionError):
        raise CallbackRefused(Reason.UNREADABLE) from None
    if not isinstance(fields, dict):
        raise CallbackRefused(Reason.UNREADABLE)
    return fields


def _fields(element: Element, *, depth: int) -> dict[str, Any] | str:
    """Return an element as text or, if it has children, as an object; equal names become a list."""
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    if not len(element):
        return element.text or ""
    fields: dict[str, Any] = {}
    for child in element:
        value = _fields(child, depth=depth + 1)
        if child.tag not in fields:
            fields[child.tag] = value
        elif isinstance(fields[child.tag], list):
            fields[child.tag].append(value)
        else:
            fields[child.tag] = [fields[child.tag], value]
    return fields


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")
