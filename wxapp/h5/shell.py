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
from dataclasses import dataclass
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Blueprint, current_app, g, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError

from wxapp.core import generation, ids, sessions
from wxapp.core.forms import Refusal, shown_again_by
from wxapp.core.web import CONTENT_POLICY
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

        :param max_age: seconds for which the processes may keep the answer, see :mod:`wxapp.h5.kept`. Only for public
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
    """Let this process keep the page for a moment, see :mod:`wxapp.h5.kept`.

    Browsers keep it too but ask each time whether it is still the same: the answer to that has no body and comes out
    of the kept pages. With an age they would go on showing a price or a notice that staff have just corrected.
    """

    @wraps(view)
    def shown(**arguments: Any) -> ResponseReturnValue:
        number = generation.current(current_app)
        response = make_response(view(**arguments))
        if response.status_code != 200 or g.get("cookies"):
            return response  # whatever it is, it is not the same for everybody
        response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:32])
        response.headers["Cache-Control"] = "public, no-cache"
        response.headers["Vary"] = "Accept-Encoding"
        keep(max_age, number=number)
        return response

    return shown


def keep_typed() -> None:
    """Show the form again with what was typed, though nothing was wrong: e.g. its button sent an SMS code."""
    g.h5_typed = request.form


def piece(template: str, **variables: Any) -> Markup:
    """Render a floor or a panel, to be put into another package's page."""
    return Markup(render_template(template, **variables))  # noqa: S704 - our own template has escaped its values


# --- what templates ask for ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Card:
    """A page as it is shared: absolute addresses, as WeChat opens them from anywhere."""

    title: str
    description: str
    link: str
    picture: str
    script: str


def allow_script(response: Response) -> Response:
    """Let the page load WeChat's script if it has a card: exactly this origin is added to its policy."""
    if origin := g.get("script_origin"):
        policy = CONTENT_POLICY.replace("script-src 'self'", f"script-src 'self' {origin}")
        response.headers["Content-Security-Policy"] = policy
    return response


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

    def physician_tabs(self, physician_id: int) -> list[registry.PhysicianTab]:
        return registry.physician_tabs(physician_id)

    def card(self, title: str, description: str, path: str, picture: str) -> Card:
        """Return what the macro ``share`` needs, and let this page load WeChat's script."""
        config = current_app.config["WXAPP"]
        g.script_origin = "{0.scheme}://{0.netloc}".format(urlsplit(config.wechat.script_url))
        shown = url_for("media", token=picture) if picture else url_for("static", filename="img/share.png")
        base = config.app.base_url
        return Card(title, description, base + path, base + shown, config.wechat.script_url)

    def qr(self, text: str, label: str) -> Markup:
        return qr_svg(text, label=label)


@lru_cache(maxsize=500)
def _version(name: str, _changed: int) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
