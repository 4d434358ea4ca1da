"""Who looks at a page: the WeChat user of this browser's session.

The package patients says how a user is loaded; everybody else asks here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

from flask import current_app, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wxapp.core import sessions
from wxapp.core.errors import SignInRequired
from wxapp.core.forms import wants_json

LOGIN_PATH = "/wechat/login"
HOME = "/"


class User(Protocol):
    """What every page may know of the person who looks at it."""

    @property
    def id(self) -> int: ...
    @property
    def openid(self) -> str: ...
    @property
    def current_patient_id(self) -> int | None:
        """Whose orders, bookings, reports and balance are shown; None when no patient is bound."""
        ...


_load: list[Callable[[int], User | None]] = []


def use_identity(load: Callable[[int], User | None]) -> None:
    """Set how the user of a session is found; called once by the package that keeps them."""
    _load[:] = [load]


def visitor_user() -> User | None:
    """Return the signed-in WeChat user of this request, or None."""
    if "h5_user" not in g:
        session = sessions.current(sessions.WECHAT)
        g.h5_user = _load[0](session.subject_id) if session is not None and _load else None
    user: User | None = g.h5_user
    return user


def current_user() -> User:
    """Return the signed-in WeChat user.

    :raises SignInRequired: nobody is signed in
    """
    user = visitor_user()
    if user is None:
        raise SignInRequired("请先在微信中登录")
    return user


def forget_user() -> None:
    """Load the user anew at the next question: a log-in, a log-out or a change has happened in this request."""
    g.pop("h5_user", None)


def in_wechat() -> bool:
    return "MicroMessenger" in request.headers.get("User-Agent", "")


def signed_in(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """Decorate a view that needs a signed-in user.

    WeChat's browser is sent through the log-in and comes back; another browser gets the code to scan with
    WeChat. What is no page view (POST, JSON) is refused with 401.
    """

    @wraps(view)
    def guarded(**arguments: Any) -> ResponseReturnValue:
        if visitor_user() is not None:
            return view(**arguments)
        if request.method not in {"GET", "HEAD"} or wants_json():
            raise SignInRequired("请先在微信中登录")
        if in_wechat():
            return redirect(f"{LOGIN_PATH}?{urlencode({'next': here()})}")
        return open_in_wechat()

    return guarded


def open_in_wechat() -> ResponseReturnValue:
    """Answer with the code by which a phone opens this page in WeChat."""
    address = current_app.config["WXAPP"].app.base_url + here()
    return make_response(render_template("h5/open_in_wechat.html", address=address))


def here() -> str:
    """Return this page's path with its query."""
    query = request.query_string.decode("utf-8", "replace")
    return f"{request.path}?{query}" if query else request.path


def own_path(address: str | None, *, default: str = HOME) -> str:
    """Return the address if it is a path of ours, else the default: nobody is led to a foreign page."""
    if not address or len(address) > 500 or not address.startswith("/") or address.startswith(("//", "/\\")):
        return default
    if any(char in address for char in "\\\r\n\t\0") or not address.isprintable():
        return default
    try:
        parts = urlsplit(address)
    except ValueError:
        return default
    if parts.scheme or parts.netloc or parts.path.startswith(("//", "/wechat/")):
        return default
    return address
