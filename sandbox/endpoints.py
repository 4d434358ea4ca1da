"""The one wrapper around every endpoint that the backend calls: recording and faults."""

from __future__ import annotations

import contextlib
import functools
import json
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from flask import Response, current_app, g, make_response, request

from sandbox.faults import AFTER, BEFORE, Fault, Kind
from sandbox.recorder import Call, readable
from sandbox.world import World

ErrorAnswer = Callable[[str, str], Response]
"""Makes the answer of a family for an error (code, message)."""
Finish = Callable[[Response, Sequence[Fault]], Response]
"""Last touch on an answer, e.g. signing it; sees the faults that hit the call (``wrong_signature``)."""
View = Callable[..., Any]

ORDERED_ERRORS = {
    Kind.ERROR: ("", ""),
    Kind.EXPIRED_TOKEN: ("42001", "access_token expired"),
    Kind.QUOTA: ("45009", "reach max api daily quota limit"),
}
"""Faults that answer with an error, and which; empty: as ordered."""

NAMES: set[str] = {"callback/*"}
"""Names of all endpoints, for the control page; those that push add theirs."""


def world() -> World:
    """Return the world of the running application."""
    return cast("World", current_app.extensions["world"])


def account_error(code: str, message: str) -> Response:
    """Answer as ``api.weixin.qq.com`` does: HTTP 200, ``errcode``, and ``errmsg`` with the number of the request."""
    rid = "-".join(secrets.token_hex(4) for _ in range(3))
    body = {"errcode": int(code or -1), "errmsg": f"{message or 'system error'} rid: {rid}"}
    return Response(json.dumps(body, ensure_ascii=False), mimetype="application/json")


def endpoint(
    name: str, *, error: ErrorAnswer = account_error, finish: Finish | None = None
) -> Callable[[View], Callable[..., Response]]:
    """Wrap a view: the call is recorded and the faults ordered for ``name`` are applied.

    ``finish`` runs on every answer that the endpoint itself gives, errors ordered by a fault included, but not on
    a bare HTTP status (that one comes from a gateway in front).
    """
    NAMES.add(name)

    def decorate(view: View) -> Callable[..., Response]:
        @functools.wraps(view)
        def wrapped(*args: Any, **kwargs: Any) -> Response:
            with recorded(name) as call:
                response = _play(name, view, args, kwargs, error=error, finish=finish, call=call)
                note_answer(call, response)
                return response

        return wrapped

    return decorate


@contextlib.contextmanager
def recorded(name: str) -> Iterator[Call]:
    """Record the current request under a name."""
    here = world()
    started = time.monotonic()
    call = here.recorder.begin(
        at=here.now(),
        direction="in",
        endpoint=name,
        method=request.method,
        path=request.path,
        query=request.args,
        headers=dict(request.headers),
        body=request.get_data(cache=True) if "multipart/" not in (request.mimetype or "") else b"(multipart)",
    )
    g.call = call
    try:
        yield call
    finally:
        call.took_ms = round((time.monotonic() - started) * 1000)


def note_answer(call: Call, response: Response) -> None:
    """Keep what was answered; a streamed answer is not read."""
    call.status = response.status_code
    call.answer_headers = dict(response.headers)
    if not response.is_streamed and not response.direct_passthrough and not call.answer:
        call.answer = readable(response.get_data())


def _play(
    name: str,
    view: View,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    error: ErrorAnswer,
    finish: Finish | None,
    call: Call,
) -> Response:
    hit = world().faults.take(name, BEFORE | AFTER)
    call.note = ", ".join(fault.kind for fault in hit)
    answer, final = _before(hit, error)
    if final is not None:
        return final
    response = answer or make_response(view(*args, **kwargs))
    if finish is not None:
        response = finish(response, hit)
    return _after(hit, response, call)


def _before(hit: Sequence[Fault], error: ErrorAnswer) -> tuple[Response | None, Response | None]:
    """Apply the faults that keep the call from taking effect.

    Return an answer that takes the place of the view's, or one that ends the call as it is.
    """
    answer: Response | None = None
    for fault in hit:
        if fault.kind is Kind.DELAY:
            world().pause(fault.seconds)
        elif fault.kind is Kind.HANG:
            return None, hang(fault.seconds)
        elif fault.kind is Kind.STATUS:
            return None, gateway_answer(fault.status)
        elif fault.kind in ORDERED_ERRORS and answer is None:
            code, message = ORDERED_ERRORS[fault.kind]
            answer = error(code or fault.code, message or fault.message)
    return answer, None


def _after(hit: Sequence[Fault], response: Response, call: Call) -> Response:
    """Apply the faults that spoil the answer of a call that has taken effect."""
    for fault in hit:
        if fault.kind is Kind.ACT_THEN_STATUS:
            return gateway_answer(fault.status)
        if fault.kind is Kind.ACT_THEN_HANG:
            return hang(fault.seconds)
        if fault.kind in {Kind.CUT_BODY, Kind.SLOW_BODY}:
            call.answer = readable(response.get_data())
            response = _cut(response) if fault.kind is Kind.CUT_BODY else _slow(response, fault.seconds)
    return response


def gateway_answer(status: int) -> Response:
    """Answer as a broken gateway would, in HTML."""
    return Response(f"<html><body><h1>{status}</h1></body></html>", status=status, mimetype="text/html")


def hang(seconds: float) -> Response:
    """Keep the caller waiting, then cut the connection without an answer.

    Without a socket (Flask's test client) the answer is 504.
    """
    here = world()
    wait = seconds or here.config.timing.hang_seconds
    # ``released`` is replaced by each clear(), so take the one of now.
    released = here.faults.released
    end = time.monotonic() + wait
    while time.monotonic() < end and not released.is_set() and not here.stopping.is_set():
        released.wait(min(0.2, max(0.0, end - time.monotonic())))
    connection = request.environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    return Response("", status=504)


def _cut(response: Response) -> Response:
    whole = response.get_data()

    def half() -> Iterator[bytes]:
        yield whole[: max(1, len(whole) // 2)]

    cut = Response(half(), status=response.status_code, headers=response.headers)
    cut.headers["Content-Length"] = str(len(whole))
    return cut


def _slow(response: Response, seconds: float) -> Response:
    whole = response.get_data()
    here = world()
    pieces = 10
    step = max(1, -(-len(whole) // pieces))

    def drip() -> Iterator[bytes]:
        for start in range(0, len(whole), step):
            here.pause(seconds / pieces)
            yield whole[start : start + step]

    slow = Response(drip(), status=response.status_code, headers=response.headers)
    slow.headers["Content-Length"] = str(len(whole))
    return slow
