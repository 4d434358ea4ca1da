"""The gate before all staff doors: default deny, other spellings of paths, and how refusals look."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, request
from flask.sansio.app import App
from flask.wrappers import Response
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.routing import Rule

from wxapp.admin import identity, paths, shell
from wxapp.admin.interface import REGISTERED, Interface, failure, wants_json
from wxapp.core.errors import DomainError, Forbidden, NotFound
from wxapp.core.web import renders_errors

ANY_SPELLING = "admin_any_spelling"


def init_app(app: App) -> None:
    """Close the application's staff door to everything that is no interface."""
    app.jinja_env.globals["staff_shell"] = shell.Shell()
    app.jinja_env.filters["actor"] = identity.actor_name
    app.before_request(refuse_unregistered)
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    for number, prefix in enumerate(paths.SPELLINGS):
        for rule in (prefix, f"{prefix}/<path:rest>"):
            app.add_url_rule(
                rule,
                endpoint=f"{ANY_SPELLING}{number}" if number else ANY_SPELLING,
                view_func=any_spelling,
                methods=methods,
                provide_automatic_options=False,
            )
        renders_errors(prefix)(show_refusal)


def refuse_unregistered() -> None:
    """Refuse a route below ``/pc/`` that nobody registered as an interface (S-18).

    :raises Forbidden: always, whoever asks
    """
    rule = request.url_rule
    if rule is None or not paths.is_staff_path(request.path):
        return
    if rule.endpoint not in REGISTERED and not rule.endpoint.startswith(ANY_SPELLING):
        raise Forbidden


def any_spelling(**_rest: str) -> Any:
    """Serve an interface whose path was written in other letter case or with ``.html``.

    :raises NotFound: no interface has such a path
    """
    path = paths.plain(request.path)
    allowed: list[str] = []
    for spec in REGISTERED.values():
        for method, rule in spec.paths():
            arguments = paths.pattern_of(rule).match(path)
            if arguments is None:
                continue
            if method == ("GET" if request.method == "HEAD" else request.method):
                return _serve(spec, method, rule, arguments)
            allowed.append(method)
    if allowed:
        raise MethodNotAllowed(valid_methods=allowed)
    raise NotFound("没有这个页面，请检查地址")


def _serve(spec: Interface, method: str, rule: str, arguments: dict[str, Any]) -> Any:
    if spec.endpoint not in current_app.view_functions:
        raise NotFound
    request.url_rule = _rule_of(spec, method, rule)
    request.view_args = arguments
    return current_app.ensure_sync(current_app.view_functions[spec.endpoint])(**arguments)


def _rule_of(spec: Interface, method: str, path: str) -> Rule:
    rules = current_app.url_map.iter_rules(spec.endpoint)
    return next(rule for rule in rules if method in (rule.methods or ()) and rule.rule == path)


def show_refusal(error: DomainError) -> Response | tuple[Response, int]:
    """Show a refusal as the staff envelope or as a page that says what to do next."""
    if wants_json():
        told = failure(error)
        return told, told.status_code  # where programs know the contract, not that of the refusal
    g.pop("refusal", None)
    return Response(shell.render("admin/refused.html", {"error": error, "advice": _advice(error.status)}))


def _advice(status: int) -> str:
    if status == 401:
        return "登录已失效或尚未登录，请重新登录后再操作。刚才填写的内容没有提交。"
    if status == 403:
        return "如果工作需要此项权限，请联系管理员在“角色权限”中开通。"
    if status == 404:
        return "内容可能已被删除，或者地址不完整。"
    if status == 419:
        return "请返回上一页并刷新后重新提交；刚才的操作没有生效。"
    if status == 409:
        return "请返回上一页并刷新，查看最新内容后再操作。"
    if status == 429:
        return "操作次数过多，请稍等片刻再试。"
    if status >= 500:
        return "请稍后再试；如果一直这样，请把下面的请求编号告诉管理员。"
    return "请返回上一页检查后重试。"
