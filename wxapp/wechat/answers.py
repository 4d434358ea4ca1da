"""Reading the answers of api.weixin.qq.com: HTTP 200 with an ``errcode``, which reads leave out on success."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

import requests

from wxapp.core.outgoing import CallFailed, Outgoing
from wxapp.wechat.errors import Unavailable, WechatError, error_for


class ErrorFor(Protocol):
    def __call__(self, errcode: int, errmsg: str, *, now: datetime) -> WechatError: ...


def post_json(http: Outgoing, url: str, body: bytes) -> requests.Response:
    """Post a JSON body.

    :raises Unavailable: no answer.
    """
    return reached(lambda: http.request("POST", url, data=body, headers={"Content-Type": "application/json"}))


def get(http: Outgoing, url: str, params: Mapping[str, str]) -> requests.Response:
    """Fetch an address.

    :raises Unavailable: no answer.
    """
    return reached(lambda: http.request("GET", url, params=params))


def reached(call: Callable[[], requests.Response]) -> requests.Response:
    """Return the answer of the call; a failure of the network becomes Unavailable."""
    try:
        return call()
    except CallFailed as error:
        failure = Unavailable(error.reason, sent=error.sent)
    raise failure


def object_of(response: requests.Response, *, now: datetime, error: ErrorFor = error_for) -> dict[str, Any]:
    """Return the JSON object of a successful answer.

    :raises WechatError: the answer carries an errcode.
    :raises Unavailable: it is not 200, or no JSON object.
    """
    if response.status_code != 200:
        raise Unavailable(f"HTTP {response.status_code}", sent=True)
    try:
        answer = json.loads(response.content.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise Unavailable("the answer is no JSON object", sent=True)
    raise_errcode(answer, now=now, error=error)
    return answer


def raise_errcode(answer: Mapping[str, Any], *, now: datetime, error: ErrorFor = error_for) -> None:
    """Raise the typed error if the answer carries one."""
    code = answer.get("errcode", 0)
    if code in (0, "0"):
        return
    try:
        number = int(code)
    except (TypeError, ValueError):
        raise Unavailable("errcode is no number", sent=True) from None
    raise error(number, str(answer.get("errmsg", "")), now=now)
