"""WeChat's two doors: the log-in by its browser, and the pushes of the official account."""

from __future__ import annotations

import json
import logging
import secrets
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from wxapp.core import sessions
from wxapp.core.errors import Unavailable
from wxapp.core.limits import Limit
from wxapp.core.store import store
from wxapp.h5 import identity
from wxapp.patients import services
from wxapp.patients.replies import reply_to
from wxapp.wechat import connected
from wxapp.wechat.callback import CallbackRefused, Reason
from wxapp.wechat.errors import Advice, WechatError
from wxapp.wechat.oauth import BASE, USERINFO

log = logging.getLogger(__name__)

door = Blueprint("wechat", __name__, template_folder="templates")

# --- log-in ----------------------------------------------------------------------------------------------------------

_STATE_SECONDS = 600
_LOGINS = Limit("wechat.login", count=120, seconds=300)


@dataclass(frozen=True)
class _Attempt:
    """A log-in on its way: who began it, where it leads, and whether it is the second try."""

    visitor: str
    next: str
    scope: str
    tries: int = 1


@door.get("/wechat/login")
def login() -> ResponseReturnValue:
    """Send WeChat's browser to the authorize page (wechat.md 3.1)."""
    where = identity.own_path(request.args.get("next"))
    if not identity.in_wechat():
        return redirect(where)  # the page itself shows what to do
    scope = USERINFO if request.args.get("profile") else BASE
    return _begin(_Attempt(sessions.visitor(), where, scope))


def _begin(attempt: _Attempt) -> ResponseReturnValue:
    _LOGINS.hit(attempt.visitor)
    state = secrets.token_hex(16)
    store().set(f"oauth:{state}", json.dumps(asdict(attempt)), ttl=_STATE_SECONDS)
    back = f"{current_app.config['WXAPP'].app.base_url}/wechat/login/return"
    return redirect(connected.oauth().authorize_url(return_url=back, state=state, scope=attempt.scope))


@door.get("/wechat/login/return")
def login_return() -> ResponseReturnValue:
    """Take the code that WeChat's browser brings, and sign its person in.

    The state must be one that this very browser was given, and is good once. A code that is used or old is asked
    for again, once.
    """
    attempt = _take_attempt(request.args.get("state", ""))
    if attempt is None:
        return _failed("登录已过期", "/me" if identity.visitor_user() is not None else "/")
    code = request.args.get("code", "")
    if not code:
        return _failed("您取消了授权", attempt.next)
    try:
        who = connected.oauth().exchange(code)
        profile = connected.oauth().profile(who) if attempt.scope == USERINFO and who.scope == USERINFO else None
    except WechatError as error:
        if error.advice is not Advice.LOG_IN:
            log.warning("log-in: WeChat: %s", error)
            raise Unavailable("微信登录暂时不可用，请稍后再试") from error
        if attempt.tries < 2:
            return _begin(_Attempt(sessions.visitor(), attempt.next, attempt.scope, attempt.tries + 1))
        return _failed("登录未成功", attempt.next)
    user_id = services.enter(connected.clients().appid, who, profile)
    sessions.sign_in(sessions.WECHAT, user_id)
    identity.forget_user()
    return redirect(attempt.next)


def _take_attempt(state: str) -> _Attempt | None:
    """Return the attempt that this browser began under this state, and use the state up."""
    if not (state.isalnum() and state.isascii() and len(state) <= 64):
        return None
    kept = store().get(f"oauth:{state}")
    if kept is None or not store().delete_if(f"oauth:{state}", kept):
        return None
    attempt = _Attempt(**json.loads(kept))
    return attempt if secrets.compare_digest(attempt.visitor, sessions.visitor()) else None


def _failed(title: str, where: str) -> ResponseReturnValue:
    again = f"{identity.LOGIN_PATH}?{urlencode({'next': identity.own_path(where)})}"
    return render_template("patients/login_failed.html", title=title, again=again), 400


# --- pushes ----------------------------------------------------------------------------------------------------------

MAX_PUSH = 64 * 1024
"""Bytes; a push has a few kilobytes, in compatible mode three times as much."""

_STATUS = {Reason.TOO_LARGE: 413, Reason.REPLAYED: 200, Reason.BAD_SIGNATURE: 403, Reason.STALE: 403}


@door.get("/wechat/callback")
def verify_callback() -> Response:
    """Answer WeChat's check of our address with exactly what it sent."""
    try:
        return _text(connected.callback().verify_url(request.args))
    except CallbackRefused as refusal:
        return _refused(refusal)


@door.post("/wechat/callback")
def receive_push() -> Response:
    """Take a push: check, keep once, tell, answer. The work is done by who hears of it, not here.

    A repeat gets the same answer, in case the first was lost.
    """
    request.max_content_length = MAX_PUSH
    try:
        body = request.get_data()  # kept: after a conflict the door is passed once more with the same body
    except RequestEntityTooLarge:
        return _refused(CallbackRefused(Reason.TOO_LARGE))
    callback = connected.callback()
    try:
        push = callback.receive(request.args, body)
    except CallbackRefused as refusal:
        return _refused(refusal)
    try:
        services.take_push(push)
        answer = callback.render(push, reply_to(push))
    except Exception:
        callback.forget(push)  # WeChat sends it again, and then it must be taken
        raise
    return _text(answer, kind="application/xml" if answer else "text/plain")


def _refused(refusal: CallbackRefused) -> Response:
    if refusal.reason is not Reason.REPLAYED:
        log.warning("push refused: %s", refusal.reason.value)
    return _text("", status=_STATUS.get(refusal.reason, 400))


def _text(body: str, *, status: int = 200, kind: str = "text/plain") -> Response:
    return Response(body, status=status, content_type=f"{kind}; charset=utf-8")
