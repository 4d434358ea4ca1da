"""Server-side sessions of every door, and the CSRF tokens that belong to them.

The cookie is a random name without meaning; the row says whose it is and can be ended at once on every worker. Only
a hash of the cookie is stored. A visitor who has not signed in has a cookie of his own, without a row, so that forms
before the log-in and the OAuth state are bound to this browser too.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import Flask, current_app, g, request
from flask.wrappers import Response
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core import clock, ids
from wxapp.core.db import BigId, Model, UTCDateTime, change, db, transaction
from wxapp.core.errors import PageExpired

_VISITOR = re.compile(r"[A-Za-z0-9_-]{30,64}")

_SEEN_EVERY = timedelta(minutes=1)
"""A session's last use is written at most this often."""


@dataclass(frozen=True)
class Door:
    """How sessions of one kind behave. Values are those of the security checklist (S-12)."""

    kind: str
    idle: timedelta
    absolute: timedelta


STAFF = Door("staff", idle=timedelta(minutes=30), absolute=timedelta(hours=12))
WECHAT = Door("wechat", idle=timedelta(days=7), absolute=timedelta(days=30))


class SessionRow(Model):
    """One signed-in browser."""

    __tablename__ = "core_session"
    __table_args__ = (sa.Index(None, "kind", "subject_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    subject_id: Mapped[int] = mapped_column(sa.BigInteger, comment="staff or WeChat user")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True, comment="absolute end")
    address: Mapped[str] = mapped_column(sa.String(45))
    browser: Mapped[str] = mapped_column(sa.String(200))


def sign_in(door: Door, subject_id: int) -> None:
    """Open a new session for this browser; an old one of the same door ends (no fixation)."""
    old = request.cookies.get(_cookie_name(door.kind))
    token = ids.new_token(32)
    now = clock.now()
    row = SessionRow(
        token_hash=_hash(token),
        kind=door.kind,
        subject_id=subject_id,
        created_at=now,
        seen_at=now,
        expires_at=now + door.absolute,
        address=(request.remote_addr or "")[:45],
        browser=request.headers.get("User-Agent", "")[:200],
    )
    with transaction():
        if old:
            change(sa.delete(SessionRow).where(SessionRow.token_hash == _hash(old)))
        db.session.add(row)
    db.session.refresh(row)
    db.session.expunge(row)
    _remember(door, token, row)


def current(door: Door) -> SessionRow | None:
    """Return this browser's session at this door, or None when there is none, it ended or was not used too long."""
    sessions: dict[str, SessionRow | None] = g.setdefault("sessions", {})
    if door.kind not in sessions:
        token = request.cookies.get(_cookie_name(door.kind))
        sessions[door.kind] = _find(door, token) if token else None
    return sessions[door.kind]


def in_background() -> None:
    """Say that this request comes from a page by itself, not from somebody at it: it is no use of the session.

    Else a list that looks for news would keep a browser signed in that everybody has left. Call it before the session
    is asked for.
    """
    g.is_background = True


def is_background() -> bool:
    return "is_background" in g


def _find(door: Door, token: str) -> SessionRow | None:
    now = clock.now()
    row = db.session.scalars(
        _LIVE, {"token_hash": _hash(token), "kind": door.kind, "now": now, "used_since": now - door.idle}
    ).one_or_none()
    if row is None:
        return None
    db.session.expunge(row)  # it stays readable for the rest of the request, also when somebody ends the session
    if row.seen_at < now - _SEEN_EVERY and not is_background():
        with transaction():
            change(sa.update(SessionRow).where(SessionRow.id == row.id).values(seen_at=now))
    return row


_LIVE = sa.select(SessionRow).where(
    SessionRow.token_hash == sa.bindparam("token_hash"),
    SessionRow.kind == sa.bindparam("kind"),
    SessionRow.expires_at > sa.bindparam("now"),
    SessionRow.seen_at > sa.bindparam("used_since"),
)
"""Built once: every request of somebody who is signed in begins with it."""


def sign_out(door: Door) -> None:
    """End this browser's session."""
    row = current(door)
    if row is not None:
        with transaction():
            change(sa.delete(SessionRow).where(SessionRow.id == row.id))
    g.sessions[door.kind] = None
    g.setdefault("cookies", {})[_cookie_name(door.kind)] = None


def end_sessions(door: Door, subject_id: int, *, except_id: int | None = None) -> int:
    """End the sessions of a person at once, on every worker; return how many there were."""
    statement = sa.delete(SessionRow).where(SessionRow.kind == door.kind, SessionRow.subject_id == subject_id)
    if except_id is not None:
        statement = statement.where(SessionRow.id != except_id)
    with transaction():
        return change(statement)


def end_session(door: Door, session_id: int) -> None:
    with transaction():
        change(sa.delete(SessionRow).where(SessionRow.kind == door.kind, SessionRow.id == session_id))


def sessions_of(door: Door, subject_id: int) -> list[SessionRow]:
    statement = sa.select(SessionRow).where(
        SessionRow.kind == door.kind, SessionRow.subject_id == subject_id, SessionRow.expires_at > clock.now()
    )
    return list(db.session.scalars(statement.order_by(SessionRow.seen_at.desc())))


def remove_ended(*, limit: int = 5000) -> int:
    """Remove rows of sessions that ended by time; return how many."""
    now = clock.now()
    ended = sa.or_(
        SessionRow.expires_at < now, sa.and_(SessionRow.kind == "staff", SessionRow.seen_at < now - STAFF.idle)
    )
    found = db.session.scalars(sa.select(SessionRow.id).where(ended).limit(limit)).all()
    with transaction():
        return change(sa.delete(SessionRow).where(SessionRow.id.in_(found))) if found else 0


# --- CSRF ------------------------------------------------------------------------------------------------------------


def visitor() -> str:
    """Return the name of this browser before and beside any log-in; sets its cookie when it has none."""
    name = _cookie_name("visitor")
    if "visitor" not in g:
        g.visitor = request.cookies.get(name, "")
        if not _VISITOR.fullmatch(g.visitor):  # none yet, or not one of ours: it becomes part of keys
            g.visitor = ids.new_token(24)
            g.setdefault("cookies", {})[name] = (g.visitor, WECHAT.absolute)
    return str(g.visitor)


def csrf_token(door: Door) -> str:
    """Return the token for forms of this door: bound to the session, or to the visitor before the log-in."""
    bound_to = _current_token(door) or visitor()
    key = str(current_app.secret_key).encode()
    return hmac.new(key, f"csrf:{door.kind}:{bound_to}".encode(), hashlib.sha256).hexdigest()


def check_csrf(door: Door) -> None:
    """:raises PageExpired: the form's or header's token is not this session's"""
    sent = request.form.get("csrf_token") or request.headers.get("X-CSRF-Token", "")
    if not hmac.compare_digest(sent.encode(), csrf_token(door).encode()):
        raise PageExpired


def check_origin() -> None:
    """Refuse a request that a page of another site made the browser send.

    :raises PageExpired: the browser named a foreign origin
    """
    origin = request.headers.get("Origin")
    if origin and origin != "null" and _host_of(origin) not in _own_hosts():
        raise PageExpired


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def _own_hosts() -> set[str]:
    config = current_app.config["WXAPP"].app
    return {request.host, urlsplit(config.base_url).netloc, *config.extra_hosts}


def _current_token(door: Door) -> str:
    fresh = g.get("fresh_tokens", {}).get(door.kind)
    if fresh:
        return str(fresh)
    return request.cookies.get(_cookie_name(door.kind), "") if current(door) is not None else ""


# --- cookies ---------------------------------------------------------------------------------------------------------


def _remember(door: Door, token: str, row: SessionRow) -> None:
    g.setdefault("sessions", {})[door.kind] = row
    g.setdefault("fresh_tokens", {})[door.kind] = token
    g.setdefault("cookies", {})[_cookie_name(door.kind)] = (token, door.absolute)


def _is_secure() -> bool:
    return bool(current_app.config["WXAPP"].app.base_url.startswith("https://"))


def _cookie_name(kind: str) -> str:
    # The prefix makes browsers insist on Secure, path "/" and no domain; it can't be had over plain http.
    return f"__Host-wxapp-{kind}" if _is_secure() else f"wxapp-{kind}"


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def init_app(app: Flask) -> None:
    @app.after_request
    def set_cookies(response: Response) -> Response:
        for name, kept in g.get("cookies", {}).items():
            if kept is None:
                response.delete_cookie(name, secure=_is_secure(), httponly=True, samesite="Lax")
            else:
                value, age = kept
                response.set_cookie(
                    name, value, max_age=int(age.total_seconds()), secure=_is_secure(), httponly=True, samesite="Lax"
                )
        return response
