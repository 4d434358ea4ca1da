"""Tokens, tickets, quotas and users: the calls everything else stands on."""

from __future__ import annotations

from flask import request

from sandbox.account import jssdk, quotas, tokens
from sandbox.account.api import Body, done, interface, json_body
from sandbox.account.errors import ApiError
from sandbox.endpoints import world
from sandbox.people import Person
from sandbox.world import UnknownPerson


@interface("/cgi-bin/token", token=False)
def token() -> Body:
    """Issue a token; each call kills the one before."""
    if request.args.get("grant_type") != "client_credential":
        raise ApiError(40002, "invalid grant_type")
    appid = _check_caller(request.args.get("appid", ""), request.args.get("secret", ""))
    value, left = tokens.issue(world(), appid=appid)
    return {"access_token": value, "expires_in": left}


@interface("/cgi-bin/stable_token", method="POST", token=False)
def stable_token() -> Body:
    """Return the stable token."""
    body = json_body()
    if body.get("grant_type") != "client_credential":
        raise ApiError(40002, "invalid grant_type")
    appid = _check_caller(str(body.get("appid", "")), str(body.get("secret", "")))
    value, left = tokens.issue_stable(world(), force=body.get("force_refresh") is True, appid=appid)
    return {"access_token": value, "expires_in": left}


@interface("/cgi-bin/ticket/getticket")
def getticket() -> Body:
    """Return the JS-SDK ticket."""
    if request.args.get("type") != "jsapi":
        raise ApiError(40035, "invalid parameter: type")
    ticket, left = jssdk.ticket(world())
    return done(ticket=ticket, expires_in=left)


@interface("/cgi-bin/openapi/quota/get", method="POST")
def quota_get() -> Body:
    """Tell a quota and what is left of it."""
    path = str(json_body().get("cgi_path", ""))
    if not path.startswith("/cgi-bin/"):
        raise ApiError(76022)
    limit, used = quotas.limit(world(), path), quotas.used(world(), path)
    return done(quota={"daily_limit": limit, "used": used, "remain": max(0, limit - used)})


@interface("/cgi-bin/clear_quota", method="POST")
def clear_quota() -> Body:
    """Start all counters of the day anew."""
    if json_body().get("appid") != world().config.official_account.appid:
        raise ApiError(40013)
    quotas.reset(world())
    return done()


@interface("/cgi-bin/user/info")
def user_info() -> Body:
    """Tell about a user; of somebody who does not follow only the ids."""
    openid = request.args.get("openid", "")
    if not openid:
        raise ApiError(41009)
    person = known(openid)
    ids = {"openid": openid} | ({"unionid": person.unionid} if world().config.official_account.union else {})
    if not person.follows:
        return {"subscribe": 0, **ids}
    return {
        "subscribe": 1,
        **ids,
        "language": "zh_CN",
        "subscribe_time": person.followed_at,
        "remark": "",
        "groupid": 0,
        "tagid_list": [],
        "subscribe_scene": person.follow_scene or "ADD_SCENE_SEARCH",
        "qr_scene": int(person.qr_scene) if person.qr_scene.isdecimal() else 0,
        "qr_scene_str": "" if person.qr_scene.isdecimal() else person.qr_scene,
    }


@interface("/cgi-bin/user/get")
def user_get() -> Body:
    """List the followers, all in one page."""
    here = world()
    with here.lock:
        openids = [here.openid(person) for person in here.people.values() if person.follows]
    start = openids.index(request.args["next_openid"]) + 1 if request.args.get("next_openid") in openids else 0
    page = openids[start : start + 10_000]
    listed = {"data": {"openid": page}} if page else {}
    return {"total": len(openids), "count": len(page), **listed, "next_openid": page[-1] if page else ""}


def known(openid: object) -> Person:
    """Return whose openid this is.

    :raises ApiError: 40003, unknown or of another AppID.
    """
    try:
        return world().person_by_openid(str(openid or ""))
    except UnknownPerson:
        raise ApiError(40003) from None


def _check_caller(appid: str, secret: str) -> str:
    return tokens.check_caller(world(), appid=appid, secret=secret, address=request.remote_addr or "")
