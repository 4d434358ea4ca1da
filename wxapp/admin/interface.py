"""The doors of staff: what stands behind every address under ``/pc/``.

One decorator puts id, path, permission, CSRF check, audit line and the form of the answer in one place::

    blueprint = Interfaces("mall", __name__)
    interface = blueprint.interface

    @interface("mall.close_order", POST="/pc/mall/orders/<order_no>/close",
               permission=Permission.ORDER_CLOSE, audit="关闭订单", form_page=order_detail)
    def close_order(order_no: str) -> Done: ...

What is not registered here is refused, even if somebody adds a route under ``/pc/`` by other means.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from flask import Blueprint, g, jsonify, make_response, redirect, request, url_for
from flask.wrappers import Response
from werkzeug.datastructures import ImmutableMultiDict, MultiDict

from wxapp.admin import answers, audit, export, flashes, identity, paths, shell, tables
from wxapp.admin.answers import Done, Page
from wxapp.core import forms, sessions
from wxapp.core.errors import (
    DomainError,
    Forbidden,
    Invalid,
    NotFound,
    PageExpired,
    SignInRequired,
    Unavailable,
)
from wxapp.core.permissions import Permission

V = TypeVar("V", bound=Callable[..., Any])

ANY_STAFF: Final = None
"""Permission of an interface that every signed-in member of staff may use."""


_AROUND_A_FILE = 256 * 1024
"""Other fields of a form with a file, and what stands between them."""


class _Public:
    """Permission of the few interfaces before the log-in."""


PUBLIC: Final = _Public()

ELSEWHERE = (SignInRequired, Forbidden, NotFound, PageExpired, Unavailable)
"""Refusals that are no matter of the form: the page of errors shows them, not the form again."""

_TOLD_BY_STATUS = {401, 403, 405, 419, 429}
"""Refusals that are no matter of what was sent: programs know these, and faults of ours, by their status."""


@dataclass(frozen=True)
class Interface:
    """One registered door."""

    id: str
    endpoint: str
    get: str | None
    post: str | None
    permission: Permission | _Public | None
    audit: str = ""
    checks_csrf: bool = True
    before_all_else: bool = False
    form_page: Callable[..., Any] | None = field(default=None, compare=False)
    also: tuple[str, ...] = ()
    is_wire: bool = False
    takes_devices: bool = False
    largest_upload: int = 0

    @property
    def is_public(self) -> bool:
        return isinstance(self.permission, _Public)

    def paths(self) -> list[tuple[str, str]]:
        """Return method and path of each way to call it."""
        own = [(method, path) for method, path in (("GET", self.get), ("POST", self.post)) if path is not None]
        return own + [(method, path) for method, _ in own for path in self.also]

    def admits(self, staff: identity.Staff) -> bool:
        return isinstance(self.permission, _Public) or staff.may(self.permission)


REGISTERED: dict[str, Interface] = {}
"""Every interface by its endpoint."""


class Interfaces(Blueprint):
    """The staff interfaces of a package. The endpoint of a function is ``<package>_admin.<function>``."""

    def __init__(self, package: str, import_name: str) -> None:
        super().__init__(f"{package}_admin", import_name, template_folder="templates")

    def interface(  # noqa: PLR0913 - a declaration, read as a table
        self,
        id: str,  # noqa: A002 - the contract's word
        *,
        permission: Permission | _Public | None,
        GET: str | None = None,  # noqa: N803 - as HTTP writes them
        POST: str | None = None,  # noqa: N803
        audit: str = "",
        form_page: Callable[..., Any] | None = None,
        checks_csrf: bool = True,
        before_all_else: bool = False,
        also: tuple[str, ...] = (),
        is_wire: bool = False,
        takes_devices: bool = False,
        largest_upload: int = 0,
    ) -> Callable[[V], V]:
        """Register a function as the interface ``id``; the function itself stays as it is.

        :param permission: the right it needs; ``ANY_STAFF`` or ``PUBLIC`` otherwise
        :param audit: what the POST does, in Chinese, for the audit log
        :param form_page: the function of the page on which the form stands: when the POST is refused, that page is
            shown again with what was typed and the errors beside their fields
        :param checks_csrf: False only for the log-in itself, whose origin is checked
        :param before_all_else: reachable while the first password or the second factor is still to be set up
        :param also: further paths under which it is known, for each of its methods
        :param is_wire: stands in ``contract/admin.yaml`` and is called by other programs: whoever does not ask for a
            page gets JSON, and refusals have the status that these programs know, see :mod:`wxapp.admin.wire`
        :param takes_devices: a workstation may call it with its own token instead of a session
        :param largest_upload: it takes files of so many bytes, more than other bodies may have; its refusals have the
            shape of uploads (``success`` and ``message``) besides
        """
        if POST and not audit:
            raise ValueError(f"{id}: a POST needs a line for the audit log")
        for path in (GET, POST, *also):
            if path is not None and not path.startswith(paths.ROOTS):
                raise ValueError(f"{id}: {path} is not below /pc/")

        def register(view: V) -> V:
            endpoint = f"{self.name}.{view.__name__}"
            spec = Interface(
                id, endpoint, GET, POST, permission, audit, checks_csrf, before_all_else, form_page, also, is_wire,
                takes_devices, largest_upload,
            )  # fmt: skip
            _enter(spec)
            door = _door(spec, view)
            rules: dict[str, list[str]] = {}
            for method, path in spec.paths():
                rules.setdefault(path, []).append(method)
            for path, methods in rules.items():
                self.add_url_rule(
                    path,
                    endpoint=view.__name__,
                    view_func=door,
                    methods=methods,
                    strict_slashes=False,
                    provide_automatic_options=False,
                )
            return view

        return register


def _enter(spec: Interface) -> None:
    others = [other.id for endpoint, other in REGISTERED.items() if endpoint != spec.endpoint]
    if spec.id in others:
        raise ValueError(f"two interfaces with the id {spec.id}")
    REGISTERED[spec.endpoint] = spec
    if spec.audit:
        audit.label(spec.id, spec.audit)


# --- the door --------------------------------------------------------------------------------------------------------


def _door(spec: Interface, view: Callable[..., Any]) -> Callable[..., Response]:
    @wraps(view)
    def door(**arguments: Any) -> Response:
        g.interface = spec
        if request.headers.get("X-Background") == "yes":
            sessions.in_background()
        arguments = paths.without_html(arguments)
        if (elsewhere := _first_elsewhere(spec)) is not None:
            return elsewhere
        _admit(spec)
        if spec.largest_upload:  # only now: who is not let in sends no more than others
            request.max_content_length = spec.largest_upload + _AROUND_A_FILE
        if request.method != "POST":
            return answer(view(**arguments))
        unreadable = _read_json_as_form()
        g.audit_rows = 0
        try:
            _check_sender(spec)  # first of all: who may not send it learns nothing of how it is read
            if unreadable is not None:
                raise unreadable
            answered = view(**arguments)
        except DomainError as error:
            _audit(spec, arguments, result=audit.REFUSED, detail=error.message)
            if spec.form_page is None or isinstance(error, ELSEWHERE) or wants_json():
                raise
            return _form_again(spec.form_page, arguments, error)
        if not g.audit_rows or "audit_about" in g:
            _audit(spec, arguments)
        return answer(answered)

    return door


def _first_elsewhere(spec: Interface) -> Response | None:
    """Lead a browser to the log-in, or to what has to be done before anything else."""
    if spec.is_public or request.method == "POST" or wants_json() or _is_device(spec):
        return None
    staff = identity.find_staff()
    if staff is None:
        return make_response(redirect(url_for("staff_admin.login", next=paths.own_path(request.full_path))))
    if staff.must_visit and not spec.before_all_else:
        return make_response(redirect(url_for(staff.must_visit)))
    return None


def _admit(spec: Interface) -> None:
    """:raises DomainError: nobody is signed in, something has to be done first, or the right is missing"""
    if spec.is_public:
        return
    if _is_device(spec):
        identity.current_device()
        return
    staff = identity.find_staff()
    if staff is None:
        raise SignInRequired
    if staff.must_visit and not spec.before_all_else:
        raise Forbidden("请先修改初始密码或完成两步验证设置")
    if not spec.admits(staff):
        audit.record(spec.id, _subject(request.view_args or {}), request.method, result=audit.DENIED)
        raise Forbidden


def _is_device(spec: Interface) -> bool:
    return spec.takes_devices and identity.shows_device_token()


def _check_sender(spec: Interface) -> None:
    """:raises PageExpired: another site made the browser send this, or the form is from another session"""
    if _is_device(spec):
        return  # its token is sent by a program on purpose, never by a browser on its own
    sessions.check_origin()
    if spec.checks_csrf:
        sessions.check_csrf(sessions.STAFF)
    elif request.headers.get("Origin") == "null":  # what a foreign page's sandboxed frame sends
        raise PageExpired


def _read_json_as_form() -> Invalid | None:
    """Let views read a JSON object as they read a form: lists become repeated keys. Return why it can't be read."""
    if not request.is_json:
        return None
    try:
        body = request.get_json(silent=True)
    except RecursionError:  # thousands of lists in each other
        body = None
    if not isinstance(body, dict):
        return Invalid({}, "请求内容应为JSON对象")
    pairs: list[tuple[str, str]] = []
    for key, value in body.items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict | list):
                return Invalid({str(key): "此项内容格式不正确"})
            if item is not None:
                pairs.append((str(key), "" if item is False else "1" if item is True else str(item)))
    if any(_is_broken(key) or _is_broken(text) for key, text in pairs):
        return Invalid({}, "请求内容含有无法识别的字符")
    request.__dict__["form"] = ImmutableMultiDict(pairs)
    return None


def _is_broken(text: str) -> bool:
    """Whether a text holds half a character, which JSON can write and no table can keep."""
    return any("\ud800" <= char <= "\udfff" for char in text)


def _audit(spec: Interface, arguments: dict[str, Any], *, result: str = audit.OK, detail: str = "") -> None:
    subject, told = g.pop("audit_about", ("", ""))
    by = identity.current_device().actor if _is_device(spec) else None
    audit.record(spec.id, subject or _subject(arguments), detail or told, result=result, by=by)


def _subject(arguments: dict[str, Any]) -> str:
    return " ".join(f"{name}:{value}" for name, value in arguments.items())


def _form_again(page: Callable[..., Any], arguments: dict[str, Any], error: DomainError) -> Response:
    g.refusal = forms.Refusal(error, request.form)
    shown = page(**arguments)
    if isinstance(shown, Page):
        shown.status = error.status
    response = answer(shown)
    if error.status == 429:
        response.headers["Retry-After"] = str(error.details.get("retry_after", 60))
    return response


# --- answers ---------------------------------------------------------------------------------------------------------


def wants_json() -> bool:
    """Whether the client asked for JSON; one that sends JSON and names no page gets JSON back.

    What stands in the contract answers JSON to everybody who does not ask for a page.
    """
    if _is_wire():
        return "text/html" not in request.headers.get("Accept", "")
    return forms.wants_json() or (request.is_json and "text/html" not in request.headers.get("Accept", ""))


def _is_wire() -> bool:
    spec: Interface | None = g.get("interface")
    return spec is not None and spec.is_wire


def answer(value: Any) -> Response:
    """Turn what an interface returned into a response."""
    if isinstance(value, Done):
        return _done(value)
    if isinstance(value, Page):
        return _page(value)
    return make_response(value)


def _done(done: Done) -> Response:
    if wants_json():
        message = answers.DONE if _is_wire() else done.message  # programs compare it with the contract's
        return jsonify(code=1, msg=message, **answers.wire_dict(done.extra))
    flashes.add(done.message)
    back = done.location or paths.own_path(_came_from()) or url_for("admin_admin.start")
    return make_response(redirect(back, 303))


def _came_from() -> str:
    try:
        parts = urlsplit(request.referrer or "")
    except ValueError:
        return ""
    return f"{parts.path}?{parts.query}" if parts.netloc == request.host else ""


def _page(page: Page) -> Response:
    views = [value for value in page.variables.values() if isinstance(value, tables.TableView)]
    if any(view.errors for view in views) and page.status == 200:
        page.status = 422
    if "export" in request.args and views and request.method == "GET":
        return export.exported(views[0], request.args["export"])
    if wants_json():
        return _json_page(page, views)
    response = make_response(shell.render(page.template, page.variables))
    response.status_code = page.status
    return response


def _json_page(page: Page, views: list[tables.TableView]) -> Response:
    errors = {name: text for view in views for name, text in view.errors.items()}
    if errors:
        return failure(Invalid(errors))
    response = jsonify(code=1, msg="ok", **_data(page, views))
    response.status_code = page.status
    return response


def _data(page: Page, views: list[tables.TableView]) -> dict[str, Any]:
    """Return the page's variables; of a page with one table its rows are the ``list`` of the envelope."""
    variables = dict(page.variables)
    if len(views) != 1:
        return answers.wire_dict(variables)
    rest = {name: value for name, value in variables.items() if value is not views[0]}
    return {**answers.wire_dict(rest), **views[0].to_wire()}


def failure(error: DomainError) -> Response:
    """Return the staff envelope of a refusal; of an upload with its own shape besides, which its programs read."""
    spec: Interface | None = g.get("interface")
    is_upload = spec is not None and spec.largest_upload > 0
    response = jsonify(
        code=0,
        msg=f"操作失败：{error.message}",
        # What was typed is not read: a body that is too large can't be, and that may be the refusal.
        errors=forms.Refusal(error, MultiDict()).errors if not is_upload else {},
        error=error.code,
        request=g.get("request_no", ""),
        **({"success": 0, "message": error.message} if is_upload else {}),
    )
    # Programs that know the contract take 200 and code 0 for a refusal (contract/admin.yaml, response_envelope).
    keeps_status = error.status in _TOLD_BY_STATUS or error.status >= 500
    response.status_code = error.status if keeps_status or not _is_wire() else 200
    return response
