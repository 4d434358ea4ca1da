"""A sentence for the next page: what a form has done. Carried by a signed cookie, shown once."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app, g, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

_SECONDS = 120


def notice(text: str) -> None:
    """Show this sentence at the top of the next page. No personal data: the browser keeps it for a moment."""
    g.setdefault("cookies", {})[_name()] = (_signer().dumps(text), timedelta(seconds=_SECONDS))


def say(text: str) -> None:
    """Show this sentence at the top of the page that is rendered in this very request."""
    g.h5_notice = text


def take_notice() -> str | None:
    """Return the sentence for this page and forget it."""
    if "h5_notice" not in g:
        sealed = request.cookies.get(_name())
        g.h5_notice = None
        if sealed:
            try:
                g.h5_notice = str(_signer().loads(sealed, max_age=_SECONDS))
            except BadSignature:
                g.h5_notice = None
            g.setdefault("cookies", {}).setdefault(_name(), None)
    text: str | None = g.h5_notice
    return text


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="h5-notice")


def _name() -> str:
    is_secure = current_app.config["WXAPP"].app.base_url.startswith("https://")
    return "__Host-wxapp-notice" if is_secure else "wxapp-notice"
