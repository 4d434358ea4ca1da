"""Forwarding what a person's browser asks for to the backend, as the browser inside WeChat would.

It reaches the backend and nothing else: the target is always the configured base URL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3
from flask import Response, request

from sandbox.browser.hosts import as_backend_sees, on_person_host, origin
from sandbox.endpoints import note_answer, recorded
from sandbox.recorder import BROWSER
from sandbox.world import World

USER_AGENT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Mobile/15E148 MicroMessenger/8.0.50(0x1800323d) NetType/WIFI Language/zh_CN"
)
BRIDGE = b'<script src="/__sandbox/bridge.js"></script>'
HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding"}
    | {"upgrade", "proxy-connection"}
)
REPLACED = frozenset(
    {"host", "user-agent", "accept-encoding", "content-length", "x-forwarded-for", "origin", "referer"}
)
DROPPED = HOP_BY_HOP | {"x-frame-options", "content-length", "content-encoding", "server", "date"}
TIMEOUT = (5, 120)


def forward(world: World, person_id: str) -> Response:
    """Answer the current request with the backend's answer."""
    with recorded(BROWSER) as call:
        call.note = f"person {person_id}"
        response = _forward(world, person_id)
        note_answer(call, response)
        return response


def _forward(world: World, person_id: str) -> Response:
    url = world.config.backend.url.rstrip("/") + _raw_path()
    prepared = requests.Request(request.method, url, headers=_request_headers(world, person_id)).prepare()
    # The address as the browser sent it: preparing would quote it again.
    prepared.url = url
    body = request.get_data(cache=True)
    if body or request.method in {"POST", "PUT", "PATCH", "DELETE"}:
        prepared.body = body
        prepared.headers["Content-Length"] = str(len(body))
    session = requests.Session()
    session.trust_env = False
    # Cookies belong to the person's browser, not to the proxy.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    try:
        upstream = session.send(prepared, stream=True, allow_redirects=False, timeout=TIMEOUT)
    except requests.RequestException as error:
        session.close()
        return Response(f"后端没有回应：{type(error).__name__}", status=502, mimetype="text/plain")
    headers = _answer_headers(world, person_id, upstream)
    if _is_page(upstream):
        with session:
            return Response(_page(world, person_id, upstream.content), status=upstream.status_code, headers=headers)
    if "Content-Length" in upstream.headers:
        headers.append(("Content-Length", upstream.headers["Content-Length"]))
    return Response(_stream(upstream, session), status=upstream.status_code, headers=headers)


def _raw_path() -> str:
    raw = request.environ.get("REQUEST_URI") or request.full_path.removesuffix("?")
    # An absolute request line would name another target.
    return re.sub(r"^[a-z]+://[^/]*", "", raw) or "/"


def _request_headers(world: World, person_id: str) -> dict[str, str]:
    headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP | REPLACED}
    headers |= {
        "User-Agent": USER_AGENT,
        "X-Forwarded-For": request.remote_addr or "127.0.0.1",
        "Accept-Encoding": "identity",
    }
    for name in ("Origin", "Referer"):
        if name in request.headers:
            headers[name] = as_backend_sees(world, person_id, request.headers[name])
    return headers


def _answer_headers(world: World, person_id: str, upstream: requests.Response) -> list[tuple[str, str]]:
    raw: Any = upstream.raw.headers
    return [
        (name, _fitted(world, person_id, name.lower(), value))
        for name, value in raw.iteritems()
        if name.lower() not in DROPPED
    ]


def _fitted(world: World, person_id: str, name: str, value: str) -> str:
    if name == "location":
        return on_person_host(world, person_id, value)
    if name == "set-cookie":
        return _cookie(value)
    return _policy(value) if name.startswith("content-security-policy") else value


def _cookie(value: str) -> str:
    """Make a cookie fit the person's host: no domain, and no Secure, for some browsers refuse it on plain HTTP."""
    drop = r";\s*domain=[^;]*"
    if not value.startswith(("__Host-", "__Secure-")):
        drop += r"|;\s*secure(?=;|$)"
    return re.sub(drop, "", value, flags=re.IGNORECASE)


def _policy(value: str) -> str:
    """Let the page stand in the phone's frame and load the bridge."""
    parts = [part.strip() for part in value.split(";") if part.strip()]
    kept = [part for part in parts if part.split()[0].lower() not in {"frame-ancestors", "upgrade-insecure-requests"}]
    for index, part in enumerate(kept):
        if part.split()[0].lower() in {"script-src", "script-src-elem", "connect-src"} and "'self'" not in part:
            kept[index] = f"{part.replace(chr(39) + 'none' + chr(39), '').strip()} 'self'"
    return "; ".join(kept)


def _is_page(upstream: requests.Response) -> bool:
    html = upstream.headers.get("Content-Type", "").startswith("text/html")
    return html and request.method != "HEAD" and upstream.status_code not in {204, 304}


def _page(world: World, person_id: str, html: bytes) -> bytes:
    """Put the bridge in front of every other script, and keep absolute links on the person's host.

    A piece of HTML without a head, fetched by a script, gets no bridge.
    """
    base = re.escape(world.config.backend.url.rstrip("/").encode())
    own = origin(world, person_id).encode()
    html = re.sub(rb"((?:href|action|src)=[\"'])" + base + rb"(?=[/?#\"'])", lambda match: match.group(1) + own, html)
    return re.sub(rb"(<head(?:\s[^>]*)?>)", lambda match: match.group(1) + BRIDGE, html, count=1, flags=re.IGNORECASE)


def _stream(upstream: requests.Response, session: requests.Session) -> Iterator[bytes]:
    """Pass on what comes as it comes, without waiting for a full buffer."""
    raw: urllib3.HTTPResponse = upstream.raw
    try:
        while piece := raw.read1(65536, decode_content=False):
            yield piece
    finally:
        session.close()
