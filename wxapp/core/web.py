"""What every request has in common: its number, the headers of its answer, and how refusals become answers."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Flask, g, jsonify, make_response, request
from flask.sessions import SessionInterface, SessionMixin
from flask.wrappers import Request, Response
from jinja2 import StrictUndefined
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

from wxapp.core import clock, masking, sessions
from wxapp.core.config import Config
from wxapp.core.db import db, is_conflict, is_outage, repeat_on_conflict
from wxapp.core.errors import DomainError, Forbidden, NotFound, SignInRequired, TooManyRequests, Unavailable
from wxapp.core.money import yuan

log = logging.getLogger(__name__)

MAX_BODY = 12 * 1024 * 1024

Renderer = Callable[[DomainError], Any]
_renderers: dict[str, Renderer] = {}

CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)


class Application(Flask):
    """Flask that repeats a view from the door when its transaction lost against another one."""

    def dispatch_request(self) -> Any:
        return repeat_on_conflict(self._dispatch)

    def _dispatch(self) -> Any:
        _rewind_uploads()
        return super().dispatch_request()


def _rewind_uploads() -> None:
    """Let a view that is repeated read the uploaded files as the first time; a body is kept by who reads it whole."""
    if "files" in request.__dict__:  # parsed before: this is a repetition
        for _name, uploads in request.files.lists():
            for upload in uploads:
                upload.stream.seek(0)


def renders_errors(prefix: str) -> Callable[[Renderer], Renderer]:
    """Register how the door below this path shows refusals; the longest prefix wins.

    The status is the refusal's, unless the renderer returns a pair of its answer and another status.
    """

    def register(renderer: Renderer) -> Renderer:
        _renderers[prefix] = renderer
        return renderer

    return register


def init_app(app: Flask, config: Config) -> None:
    """Install numbers, headers, limits and the last-resort handlers."""
    app.config.update(
        WXAPP=config,
        SECRET_KEY=config.app.secret_key.read(),
        MAX_CONTENT_LENGTH=MAX_BODY,
        MAX_FORM_MEMORY_SIZE=1_000_000,
        TRUSTED_HOSTS=None,
        DEBUG=config.app.debug,
    )
    if config.app.trusted_proxies:
        count = config.app.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]
    app.session_interface = _NoFlaskSession()
    app.url_map.converters["int"] = _Number
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        yuan=yuan,
        when=when,
        day=day,
        masked_name=masking.masked_name,
        masked_id_number=masking.masked_id_number,
        masked_phone=masking.masked_phone,
    )
    app.before_request(_number_request)
    app.after_request(_set_headers)
    sessions.init_app(app)
    app.register_error_handler(DomainError, render_error)
    app.register_error_handler(HTTPException, _render_http_error)
    for kind in (DBAPIError, InterfaceError, PoolTimeout):
        app.register_error_handler(kind, _render_database_error)
    app.register_error_handler(Exception, _render_fault)


def when(moment: datetime | None, *, seconds: bool = False) -> str:
    """Show a moment as the hospital's clocks do, e.g. ``2026-01-31 09:05``; a missing one as a dash."""
    if moment is None:
        return "—"
    return clock.local(moment).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def day(moment: datetime | None) -> str:
    return "—" if moment is None else clock.local(moment).strftime("%Y-%m-%d")


def _number_request() -> None:
    g.request_no = secrets.token_hex(8)


_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Content-Security-Policy", CONTENT_POLICY),
    ("Cache-Control", "no-store"),
)


def _set_headers(response: Response) -> Response:
    headers = response.headers
    # Every answer passes here: looking once is a tenth of a small page's time cheaper than a setdefault each.
    present = {name.lower() for name, _value in headers}
    for name, value in _HEADERS:
        if name.lower() not in present:
            headers.add(name, value)
    headers.setdefault("X-Request-Id", g.get("request_no", "-"))
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    return response


class _Number(IntegerConverter):
    """A whole number in a path: no more digits than a column holds, so that a longer one is no page of ours."""

    regex = "[0-9]{1,18}"


class _NoFlaskSession(SessionInterface):
    """Sessions are rows (``core.sessions``); Flask's own would prepare a signature in every request."""

    def open_session(self, app: Flask, request: Request) -> SessionMixin | None:  # noqa: ARG002
        return None

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Do nothing: the null session that Flask makes can't be written to."""


# --- refusals --------------------------------------------------------------------------------------------------------


def render_error(error: DomainError) -> Response:
    """Turn a refusal into the answer of the door it happened at."""
    prefix = max((p for p in _renderers if request.path.startswith(p)), key=len, default=None)
    rendered = _renderers[prefix](error) if prefix is not None else _plain(error)
    response = make_response(rendered)
    if not isinstance(rendered, tuple):
        response.status_code = error.status
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    elif error.status == 503:
        response.headers.setdefault("Retry-After", "5")
    return response


def _plain(error: DomainError) -> Response:
    answer = jsonify(
        type="about:blank", title=error.message, status=error.status, code=error.code, request=g.get("request_no", "")
    )
    answer.content_type = "application/problem+json"
    return answer


class _Http(DomainError):
    code = "http_error"


_HTTP_MESSAGES = {400: "请求内容有误", 405: "不支持这种访问方式", 413: "上传内容过大", 415: "不支持这种内容类型"}


def _render_http_error(error: HTTPException) -> Response:
    if error.code is not None and error.code < 400 and error.response is not None:
        return make_response(error.response)
    if error.code == 404:
        return render_error(NotFound())
    if error.code == 403:
        return render_error(Forbidden())
    if error.code == 401:
        return render_error(SignInRequired())
    if 300 <= (error.code or 500) < 400:
        return make_response(error.get_response())
    refusal = _Http(_HTTP_MESSAGES.get(error.code or 500, "请求未能完成"))
    refusal.status = error.code or 500  # type: ignore[misc]
    if isinstance(error, SecurityError):  # a foreign host: there are no addresses of ours to put on a page
        return make_response(_plain(refusal), refusal.status)
    response = render_error(refusal)
    if isinstance(error, RequestEntityTooLarge):
        response.headers["Connection"] = "close"
    for name, value in error.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


def _render_database_error(error: Exception) -> Response:
    db.session.rollback()
    if is_outage(error) or is_conflict(error):
        log.warning("request %s: database: %s", g.get("request_no"), error)
        return render_error(Unavailable("系统繁忙，请稍后再试；如已提交，请先刷新确认结果"))
    return _render_fault(error)


class Fault(DomainError):
    """Something unexpected: the page names the request's number, the log has the rest."""

    code, status, message = "fault", 500, "系统出现异常，请稍后再试"


def _render_fault(error: Exception) -> Response:
    log.error("request %s failed: %s %s", g.get("request_no"), request.method, request.path, exc_info=error)
    db.session.rollback()
    return render_error(Fault(request=g.get("request_no", "")))
