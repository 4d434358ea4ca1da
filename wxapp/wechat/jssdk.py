"""Signatures for pages that use WeChat's script (JS-SDK). Source: wechat.md 3.2."""

from __future__ import annotations

import hashlib
import secrets

from wxapp.wechat.interfaces import Now, OfficialAccountApi, TokenStore
from wxapp.wechat.leases import Fetched, Lease
from wxapp.wechat.values import JsConfig


def sign(*, ticket: str, nonce: str, timestamp: int, url: str) -> str:
    """Return the signature of a page, ``url`` being its address; what follows a ``#`` does not count."""
    page = url.partition("#")[0]
    text = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={page}"
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


class JsSdk:
    """Signs pages with the account's ticket, which all processes share."""

    def __init__(self, appid: str, account: OfficialAccountApi, *, store: TokenStore, now: Now) -> None:
        self._appid = appid
        self._account = account
        self._now = now
        self._lease = Lease(store, f"wechat:jsapi-ticket:{appid}", self._fetch)

    def config_for(self, url: str) -> JsConfig:
        """Return what ``wx.config`` needs on the page at this address.

        :raises WechatError: there is no ticket and none can be fetched.
        """
        nonce, timestamp = secrets.token_hex(8), int(self._now().timestamp())
        signature = sign(ticket=self._lease.get(), nonce=nonce, timestamp=timestamp, url=url)
        return JsConfig(appid=self._appid, timestamp=timestamp, nonce=nonce, signature=signature)

    def _fetch(self) -> Fetched:
        ticket, expires_in = self._account.jsapi_ticket()
        return Fetched(ticket, expires_in)
