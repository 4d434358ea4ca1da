"""What belongs to no feature: refusals as pages, page signatures for WeChat's script."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from wxapp.core.errors import DomainError, Invalid, Unavailable
from wxapp.core.forms import wants_json
from wxapp.core.limits import Limit
from wxapp.core.web import renders_errors
from wxapp.h5.identity import HOME, own_path
from wxapp.h5.kept import KeptPages
from wxapp.h5.shell import Pages, Shell, allow_script
from wxapp.wechat import connected
from wxapp.wechat.errors import WechatError

pages = Pages("h5", __name__)

_SIGNATURES = Limit("h5.jssdk", count=60, seconds=60)


def init_app(app: Flask) -> None:
    """Give every template the name ``h5``, and put the kept pages in front of the application."""
    app.jinja_env.globals["h5"] = Shell()
    app.after_request(allow_script)
    app.wsgi_app = KeptPages(app)  # type: ignore[method-assign]


@pages.page("/h5/jssdk", is_public=True)
def jssdk_config() -> ResponseReturnValue:
    """Sign one of our own pages for WeChat's script (``wx.config``).

    ``url`` is the page's whole address or its path with query: a page behind a proxy may not know its public host.
    """
    url = request.args.get("url", "").partition("#")[0]
    if url.startswith("/") and not url.startswith("//"):
        url = current_app.config["WXAPP"].app.base_url + url
    if len(url) > 1000 or not _is_own(url):
        raise Invalid({"url": "只能为本站页面签名"})
    _SIGNATURES.hit(request.remote_addr or "")
    try:
        config = connected.jssdk().config_for(url)
    except WechatError as error:
        raise Unavailable from error
    return jsonify(appId=config.appid, timestamp=config.timestamp, nonceStr=config.nonce, signature=config.signature)


def _is_own(url: str) -> bool:
    own = urlsplit(current_app.config["WXAPP"].app.base_url)
    try:
        asked = urlsplit(url)
    except ValueError:
        return False
    return (asked.scheme, asked.netloc) == (own.scheme, own.netloc)


_NEXT_STEPS: dict[int, tuple[str, str]] = {
    401: ("需要登录", "重新进入"),
    403: ("没有权限", "返回首页"),
    404: ("页面不存在", "返回首页"),
    419: ("页面已过期", "刷新后重试"),
    429: ("操作太频繁", "稍后再试"),
    503: ("服务繁忙", "重新加载"),
}


@renders_errors(HOME)
def show_refusal(error: DomainError) -> Any:
    """Answer a refusal with a page that says what to do next, or with JSON when that was asked for."""
    if wants_json() or request.path.startswith("/wechat/callback"):
        answer = jsonify(
            type="about:blank",
            title=error.message,
            status=error.status,
            code=error.code,
            errors=getattr(error, "errors", {}),
            request=g.get("request_no", ""),
        )
        answer.content_type = "application/problem+json"
        return answer
    title, label = _NEXT_STEPS.get(error.status, ("操作未完成", "返回首页"))
    if error.status >= 500 and error.status != 503:
        title = "出了点问题"
    return render_template(
        "h5/refusal.html",
        title=title,
        message=error.message,
        step=label,
        address=_next_address(error),
        number=g.get("request_no", "") if error.status >= 500 else "",
    )


def _next_address(error: DomainError) -> str:
    here = own_path(request.full_path.rstrip("?"))
    if error.status in {401, 419, 429, 503}:
        # A form's page usually has the form's own path; where it has not, the browser's "back" is named too.
        return here if request.method == "GET" else _came_from()
    return HOME


def _came_from() -> str:
    try:
        parts = urlsplit(request.referrer or "")
    except ValueError:
        return HOME
    return own_path(parts.path) if parts.netloc == request.host else HOME
