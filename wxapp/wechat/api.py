"""wechatpy's client, tamed: our base URL, our time-outs, our token, our errors.

What it does by itself and we don't want (wechat-sdk.md, traps 1 to 8): it retries a refused token without end,
fetches tokens without lock or time-out, keeps real host names in many of its classes, and hands out errors of
three libraries, or the raw response where an error page was no JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests
from wechatpy.client import WeChatClient
from wechatpy.exceptions import WeChatClientException

from wxapp.core.outgoing import Outgoing
from wxapp.wechat.answers import reached
from wxapp.wechat.config import OfficialAccountConfig
from wxapp.wechat.errors import TokenInvalid, Unavailable, WechatError, error_for
from wxapp.wechat.interfaces import Now
from wxapp.wechat.tokens import AccessTokens


class Api(WeChatClient):  # type: ignore[misc]  # wechatpy has no types
    """Calls endpoints of the account. Every error is one of ``wechat.errors``."""

    def __init__(self, config: OfficialAccountConfig, tokens: AccessTokens, http: Outgoing, now: Now) -> None:
        super().__init__(config.appid, config.secret, auto_retry=False)
        self._http = http
        self._tokens = tokens
        self._now = now
        self._base_url = config.api_url + "/"
        self.API_BASE_URL = f"{config.api_url}/cgi-bin/"
        # Some of wechatpy's classes carry the real host; those that we use get ours, the others are stopped below.
        self.template.API_BASE_URL = self._base_url

    def fetch_access_token(self) -> None:
        """Leave the token to AccessTokens; wechatpy must never fetch one itself."""
        raise RuntimeError("the access token is fetched by AccessTokens only")

    def _request(self, method: str, url_or_endpoint: str, **kwargs: Any) -> Any:
        """Call with the shared token; if it is refused, replace it once and call once more.

        :raises WechatError: the typed error of the answer, TokenInvalid if the second token is refused as well.
        """
        base_url = kwargs.pop("api_base_url", self.API_BASE_URL)
        url = url_or_endpoint if url_or_endpoint.startswith("http") else base_url + url_or_endpoint
        if not url.startswith(self._base_url):
            raise RuntimeError("this endpoint of wechatpy has another host; give its class our base URL first")
        params = kwargs.pop("params", None) or {}
        token = self._tokens.get()
        try:
            return self._call_once(method, url, {**params, "access_token": token}, kwargs)
        except TokenInvalid:
            token = self._tokens.renew(token)
        return self._call_once(method, url, {**params, "access_token": token}, kwargs)

    def _call_once(self, method: str, url: str, params: Mapping[str, Any], kwargs: Mapping[str, Any]) -> Any:
        try:
            return reached(lambda: super(Api, self)._request(method, url, params=dict(params), **kwargs))
        except WeChatClientException as error:
            failure = self._typed(error)
        except (ValueError, TypeError, KeyError, RecursionError):  # what wechatpy does not expect in an answer
            failure = Unavailable("the answer can't be read", sent=True)
        # Outside the handler: wechatpy's error carries the request with its token in the address.
        raise failure

    def _typed(self, error: WeChatClientException) -> WechatError:
        if error.errcode is None:
            status = error.response.status_code if error.response is not None else "?"
            return Unavailable(f"HTTP {status}", sent=True)
        return error_for(int(error.errcode), str(error.errmsg), now=self._now())

    def json(self, method: str, endpoint: str, **kwargs: Any) -> dict[str, Any]:
        """Call an endpoint that wechatpy lacks."""
        return answered(self._request(method, endpoint, **kwargs))

    def binary(self, endpoint: str, params: Mapping[str, str]) -> requests.Response | dict[str, Any]:
        """Fetch a file. A JSON answer without error (the address of a video) is returned as an object."""
        answer = self._request("get", endpoint, params=dict(params))
        if isinstance(answer, dict | requests.Response):
            return answer
        raise Unavailable("the answer is neither a file nor an object", sent=True)


def answered(answer: object) -> dict[str, Any]:
    """Return the answer if it is a JSON object.

    :raises Unavailable: wechatpy could not read the answer, so it is an error page or was cut off.
    """
    if isinstance(answer, dict):
        return answer
    raise Unavailable("the answer is no JSON object", sent=True)
