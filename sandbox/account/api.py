"""The frame of every call under ``/cgi-bin``: method, token, quota, body, and the form of its errors."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from sandbox.account import quotas, tokens
from sandbox.account.errors import ApiError
from sandbox.endpoints import account_error, endpoint, world

blueprint = Blueprint("account", __name__)

Body = dict[str, Any]


def answer(body: Body) -> Response:
    """Answer 200 with JSON."""
    return Response(json.dumps(body, ensure_ascii=False), mimetype="application/json")


def done(**more: Any) -> Body:
    """Return the body of a write call that succeeded."""
    return {"errcode": 0, "errmsg": "ok", **more}


def interface(
    path: str, *, method: str = "GET", token: bool = True, of_mini_program: bool = False
) -> Callable[[Callable[[], Body | Response]], Callable[..., Response]]:
    """Publish a call of the API under its path; the endpoint's name is the path without the first slash.

    Every attempt counts against the quota of the day, also a failing one. A POST-only call by GET is 43002. A call
    of the mini-program takes the mini-program's token only, all others the official account's.
    """

    def decorate(view: Callable[[], Body | Response]) -> Callable[..., Response]:
        @functools.wraps(view)
        def framed() -> Response:
            try:
                if method == "POST" and request.method != "POST":
                    raise ApiError(43002)
                if token:
                    appid = world().config.mini_program.appid if of_mini_program else ""
                    tokens.check(world(), request.args.get("access_token", ""), appid=appid)
                quotas.count(world(), path)
                body = view()
            except ApiError as refusal:
                return account_error(str(refusal.code), refusal.message)
            return body if isinstance(body, Response) else answer(body)

        return blueprint.route(path, methods=["GET", "POST"], endpoint=path[1:].replace("/", "_"))(
            endpoint(path[1:])(framed)
        )

    return decorate


def json_body() -> Body:
    """Return the JSON object that was posted.

    :raises ApiError: nothing was posted (44002), or no JSON object (47001).
    """
    raw = request.get_data()
    if not raw.strip():
        raise ApiError(44002)
    try:
        body = json.loads(raw)
    except ValueError:
        raise ApiError(47001) from None
    if not isinstance(body, dict):
        raise ApiError(47001)
    return body
