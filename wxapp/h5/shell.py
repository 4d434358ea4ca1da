"""How a page is declared, and what its template can ask for.

``Pages`` is the blueprint of a package's patient pages::

    pages = Pages("wallet", __name__)

    @pages.page("/me/balance")
    def balance() -> ResponseReturnValue: ...

    @pages.action("/me/balance/alias", shown_again_by=balance)
    def rename() -> ResponseReturnValue: ...
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, TypeVar

from flask import Blueprint, g, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError

from wxapp.core import ids, sessions
from wxapp.core.forms import Refusal, shown_again_by
from wxapp.h5 import registry
from wxapp.h5.identity import User, in_wechat, signed_in, visitor_user
from wxapp.h5.kept import keep
from wxapp.h5.notices import take_notice
from wxapp.h5.qr import qr_svg
from wxapp.h5.settings import HOSPITAL_ADDRESS, HOSPITAL_NAME, HOSPITAL_PHONE

V = TypeVar("V", bound=Callable[..., ResponseReturnValue])

STATIC = Path(__file__).parent.parent / "static"


class Pages(Blueprint):
    """The patient pages of one package. Templates lie in its folder ``templates``."""

    def __init__(self, name: str, import_name: str) -> None:
        super().__init__(name, import_name, template_folder="templates")

    def page(self, rule: str, *, is_public: bool = False, max_age: int = 0) -> Callable[[V], V]:
        """Declare a page (GET). Needs a signed-in WeChat user unless it is public.

        :param max_age: seconds for which browsers, proxies and this process may keep the answer. Only for public
            pages that are the same for everybody: no form with POST, nothing of the visitor.
        """
        if max_age and not is_public:
            raise ValueError("only a public page may be kept by others")

        def declare(view: V) -> V:
            shown: Callable[..., ResponseReturnValue] = view if is_public else signed_in(view)
            if max_age:
                shown = _kept(shown, max_age)
            self.add_url_rule(rule, view.__name__, shown, methods=["GET"])
            return view

        return declare

    def action(
        self,
        rule: str,
        *,
        shown_again_by: Callable[..., ResponseReturnValue] | None = None,
        is_public: bool = False,
    ) -> Callable[[V], V]:
        """Declare what a form does (POST). Its CSRF token is checked, then that somebody is signed in.

        :param shown_again_by: the page that shows the form; when the action is refused it is shown again, with
            what was typed and the sentence beside its field. It gets the same arguments from the path.
        """

        def declare(view: V) -> V:
            done: Callable[..., ResponseReturnValue] = view
            if shown_again_by is not None:
                done = _shown_again_by(shown_again_by)(done)
            if not is_public:
                done = signed_in(done)
            self.add_url_rule(rule, view.__name__, _own_form(done), methods=["POST"])
            return view

        return declare


_shown_again_by = shown_again_by  # the parameter of ``action`` has the same good name


def _own_form(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    @wraps(view)
    def guarded(**arguments: Any) -> ResponseReturnValue:
        sessions.check_origin()
        sessions.check_csrf(sessions.WECHAT)
        return view(**arguments)

    return guarded


# --- public pages ----------------------------------------------------------------------------------------------------


def _kept(view: Callable[..., ResponseReturnValue], max_age: int) -> Callable[..., ResponseReturnValue]:
    """Let browsers and this process keep the page for a moment, see :mod:`wxapp.h5.kept`."""

    @wraps(view)
    def shown(**arguments: Any) -> ResponseReturnValue:
        response = make_response(view(**arguments))
        if response.status_code != 200 or g.get("cookies"):
            return response  # whatever it is, it is not the same for everybody
        response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:32])
        response.headers["Cache-Control"] = f"public, max-age={max_age}"
        response.headers["Vary"] = "Accept-Encoding"
        keep(max_age)
        return response

    return shown


def keep_typed() -> None:
    """Show the form again with what was typed, though nothing was wrong: e.g. its button sent an SMS code."""
    g.h5_typed = request.form


def piece(template: str, **variables: Any) -> Markup:
    """Render a floor or a panel, to be put into another package's page."""
    return Markup(render_template(template, **variables))  # noqa: S704 - our own template has escaped its values


# --- what templates ask for ------------------------------------------------------------------------------------------


class Shell:
    """The name ``h5`` in every template."""

    @property
    def user(self) -> User | None:
        return visitor_user()

    @property
    def in_wechat(self) -> bool:
        return in_wechat()

    @property
    def hospital(self) -> str:
        try:
            return HOSPITAL_NAME()
        except SQLAlchemyError:  # the page that says so is shown also when the database is away
            return HOSPITAL_NAME.default

    @property
    def phone(self) -> str:
        return HOSPITAL_PHONE()

    @property
    def address(self) -> str:
        return HOSPITAL_ADDRESS()

    def tabs(self) -> list[registry.Tab]:
        return registry.tabs()

    def badge(self, entry: registry.Tab | registry.MeEntry) -> str:
        """Return the count beside an entry, ``""`` for none; no page shows more than 99."""
        user = visitor_user()
        count = entry.badge(user) if entry.badge is not None and user is not None else 0
        return "" if count <= 0 else str(count) if count < 100 else "99+"

    def csrf(self) -> str:
        return sessions.csrf_token(sessions.WECHAT)

    def notice(self) -> str | None:
        return take_notice()

    @property
    def refusal(self) -> Refusal | None:
        refusal: Refusal | None = g.get("refusal")
        return refusal

    def typed(self, name: str, default: Any = "") -> Any:
        """Return what was typed into a field when the form comes back, else its first value."""
        typed = self.refusal.typed if self.refusal is not None else g.get("h5_typed")
        return typed.get(name, "") if typed is not None else default

    def error(self, name: str) -> str | None:
        refusal = self.refusal
        return refusal.errors.get(name) if refusal is not None else None

    def once(self) -> str:
        """Return the key by which a form takes effect once, however often it is sent."""
        return str(self.typed("once") or ids.new_token(18))

    def asset(self, name: str) -> str:
        """Return the address of a static file with its version, so that browsers may keep it for ever."""
        return url_for("static", filename=name, v=_version(name, (STATIC / name).stat().st_mtime_ns))

    def qr(self, text: str, label: str) -> Markup:
        return qr_svg(text, label=label)


@lru_cache(maxsize=500)
def _version(name: str, _changed: int) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
