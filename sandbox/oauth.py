"""Web log-in: the authorize page (``open.weixin.qq.com``) and ``/sns`` on the API host.

A page on a person's host (``p-3.localhost``) knows whose phone it is; on the sandbox's own host the visitor
chooses a person first.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Blueprint, Response, redirect, render_template, request

from sandbox.account.api import Body, answer
from sandbox.account.errors import ApiError
from sandbox.account.state import OAuthCode, WebGrant
from sandbox.browser.hosts import current_person, on_person_host
from sandbox.endpoints import account_error, endpoint, world
from sandbox.people import Person
from sandbox.world import World

blueprint = Blueprint("oauth", __name__, template_folder="browser/templates")

CODE_LIFE = 300
ACCESS_LIFE = 7200
REFRESH_LIFE = 30 * 86_400
SCOPES = ("snsapi_base", "snsapi_userinfo")


# -- the page ------------------------------------------------------------------------------------------------


@blueprint.get("/connect/oauth2/authorize")
@endpoint("connect/oauth2/authorize")
def authorize() -> Response | str | Any:
    """Send the browser back with a code: at once for snsapi_base, after a question for snsapi_userinfo."""
    here = world()
    if (problem := _problem(here)) is not None:
        return _page("oauth_error.html", code=problem[0], text=problem[1])
    person = current_person(here)
    if person is None:
        with here.lock:
            people = list(here.people.values())
        return _page("oauth_people.html", people=people, link=_on_person_host)
    if request.args["scope"] == "snsapi_userinfo" and not person.granted:
        return _page("oauth_ask.html", person=person, account=here.config.official_account.name)
    return _back_with_code(here, person)


@blueprint.post("/connect/oauth2/authorize")
@endpoint("connect/oauth2/authorize")
def decide() -> Response | str | Any:
    """Take the answer of the question: a code, or nothing at all."""
    here = world()
    person = current_person(here)
    if (problem := _problem(here)) is not None or person is None:
        code, text = problem or (10_000, "未知用户")
        return _page("oauth_error.html", code=code, text=text)
    if request.form.get("answer") != "allow":
        return _page("oauth_denied.html")
    with here.change():
        person.granted = True
    return _back_with_code(here, person)


def _problem(world: World) -> tuple[int, str] | None:
    """Return what is wrong with the request, by the number that the real page shows."""
    asked = request.args
    if asked.get("appid") != world.config.official_account.appid:
        return 10013, "AppID 参数错误"
    target = urlsplit(asked.get("redirect_uri", ""))
    own = urlsplit(world.config.backend.url)
    if target.scheme not in {"http", "https"} or target.netloc not in {own.netloc, *world.config.backend.domains}:
        return 10003, "redirect_uri 域名与后台配置不一致"
    if asked.get("response_type") != "code":
        return 10004, "response_type 参数错误"
    if asked.get("scope") not in SCOPES:
        return 10005, "scope 参数错误或没有 scope 权限"
    if not re.fullmatch(r"[a-zA-Z0-9]{0,128}", asked.get("state", "")):
        return 10006, "state 参数错误：最多 128 个字母或数字"
    return None


def _back_with_code(world: World, person: Person) -> Any:
    code = "0" + secrets.token_hex(15)[:31]
    with world.change():
        now = world.now()
        codes = world.account.oauth_codes
        world.account.oauth_codes = {key: kept for key, kept in codes.items() if kept.made_at > now - 86_400}
        world.account.oauth_codes[code] = OAuthCode(
            appid=request.args["appid"], person_id=person.id, scope=request.args["scope"], made_at=now
        )
    target = urlsplit(request.args["redirect_uri"])
    added = [("code", code), ("state", request.args.get("state", ""))]
    query = urlencode(parse_qsl(target.query, keep_blank_values=True) + added)
    return redirect(on_person_host(world, person.id, urlunsplit(target._replace(query=query, fragment=""))))


def _on_person_host(person_id: str) -> str:
    here = world()
    return on_person_host(here, person_id, here.config.server.public_url + request.full_path)


def _page(template: str, **values: Any) -> str:
    return render_template(template, **values)


# -- the API -------------------------------------------------------------------------------------------------


def _interface(path: str) -> Callable[[Callable[[World], Body]], Callable[..., Response]]:
    def decorate(view: Callable[[World], Body]) -> Callable[..., Response]:
        def framed() -> Response:
            try:
                body: Body = view(world())
            except ApiError as refusal:
                return account_error(str(refusal.code), refusal.message)
            return answer(body)

        return blueprint.route(path, methods=["GET", "POST"], endpoint=view.__name__)(endpoint(path[1:])(framed))

    return decorate


@_interface("/sns/oauth2/access_token")
def access_token(world: World) -> Body:
    """Exchange a code, once, within five minutes."""
    account = world.config.official_account
    asked = request.values
    if asked.get("appid") != account.appid:
        raise ApiError(40013)
    if not secrets.compare_digest(asked.get("secret", "").encode(), account.secret.encode()):
        raise ApiError(40125)
    if asked.get("grant_type") != "authorization_code":
        raise ApiError(40002, "invalid grant_type")
    if not asked.get("code"):
        raise ApiError(41008)
    with world.change():
        code = world.account.oauth_codes.get(asked["code"])
        if code is None or code.appid != asked["appid"]:
            raise ApiError(40029)
        if code.used:
            raise ApiError(40163)
        if code.made_at + CODE_LIFE < world.now():
            raise ApiError(world.config.limits.expired_oauth_code, "invalid code")
        code.used = True
        person = world.person(code.person_id)
        refresh = secrets.token_urlsafe(64)
        grant = WebGrant(
            appid=code.appid,
            person_id=person.id,
            scope=code.scope,
            access_token=secrets.token_urlsafe(64),
            access_expires_at=world.now() + ACCESS_LIFE,
            made_at=world.now(),
        )
        world.account.grants[refresh] = grant
    return _granted(world, refresh, grant)


@_interface("/sns/oauth2/refresh_token")
def refresh_token(world: World) -> Body:
    """Lengthen a living access token or give a new one; the refresh token itself is not extended."""
    if request.values.get("appid") != world.config.official_account.appid:
        raise ApiError(40013)
    refresh = request.values.get("refresh_token", "")
    with world.change():
        grant, now = world.account.grants.get(refresh), world.now()
        if grant is None:
            raise ApiError(40030)
        if world.person(grant.person_id).password_changed_at > grant.made_at:
            raise ApiError(42007)
        if grant.made_at + REFRESH_LIFE <= now:
            raise ApiError(42002)
        if grant.access_expires_at <= now:
            grant.access_token = secrets.token_urlsafe(64)
        grant.access_expires_at = now + ACCESS_LIFE
    return _granted(world, refresh, grant, snapshot=False)


@_interface("/sns/userinfo")
def userinfo(world: World) -> Body:
    """Tell nickname and picture; only with snsapi_userinfo."""
    grant = _grant(world)
    if grant.scope != "snsapi_userinfo":
        raise ApiError(48001)
    person = world.person(grant.person_id)
    return {
        "openid": _openid(world, person),
        "nickname": person.nickname,
        "sex": 0,
        "language": "",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": f"{world.config.server.public_url}/phone/avatar/{person.id}.svg",
        "privilege": [],
        **_unionid(world, person, grant.scope),
    }


@_interface("/sns/auth")
def auth(world: World) -> Body:
    """Tell whether a web access token is alive and belongs to the openid."""
    _grant(world)
    return {"errcode": 0, "errmsg": "ok"}


def _grant(world: World) -> WebGrant:
    token, openid = request.values.get("access_token", ""), request.values.get("openid", "")
    if not token:
        raise ApiError(41001)
    with world.lock:
        grant = next((one for one in world.account.grants.values() if one.access_token == token), None)
        if grant is None:
            raise ApiError(40001)
        person = world.person(grant.person_id)
        if person.password_changed_at > grant.made_at:
            raise ApiError(42007)
        if grant.access_expires_at <= world.now():
            raise ApiError(42001)
        if _openid(world, person) != openid:
            raise ApiError(40003)
        return grant


def _granted(world: World, refresh: str, grant: WebGrant, *, snapshot: bool = True) -> Body:
    person = world.person(grant.person_id)
    body: Body = {
        "access_token": grant.access_token,
        "expires_in": ACCESS_LIFE,
        "refresh_token": refresh,
        "openid": _openid(world, person),
        "scope": grant.scope,
    }
    if snapshot and person.snapshot:
        body["is_snapshotuser"] = 1
    return body | _unionid(world, person, grant.scope)


def _openid(world: World, person: Person) -> str:
    """Return the openid; a snapshot page gives that of a virtual account, which is nobody's."""
    return person.openid_for(world.config.official_account.appid + (" virtual" if person.snapshot else ""))


def _unionid(world: World, person: Person, scope: str) -> Body:
    tied = world.config.official_account.union and scope == "snsapi_userinfo" and not person.snapshot
    return {"unionid": person.unionid} if tied else {}
