"""WeChat users: who they are, whether they follow."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core import clock, sessions
from wxapp.core.db import change, db, in_transaction, run, transaction
from wxapp.patients import queries
from wxapp.patients.models import Binding, BindingStatus, WechatUser
from wxapp.patients.services.bindings import end_binding
from wxapp.wechat.values import OAuthIdentity, OAuthProfile


def enter(appid: str, identity: OAuthIdentity, profile: OAuthProfile | None = None) -> int:
    """Note that somebody has come in by WeChat's log-in; return the user's id."""
    with transaction():
        user = _user(appid, identity.openid)
        user.seen_at = clock.now()
        user.is_snapshot = identity.is_snapshot_user
        if identity.unionid:
            user.unionid = identity.unionid
        if profile is not None:
            _keep(user, profile)
        return user.id


def hold(user_id: int) -> None:
    """Let nobody else pass here with this user before the transaction ends, e.g. between a count and what it allows."""
    if not in_transaction():
        raise RuntimeError("a row is held by a transaction only")
    run(_HOLD, user_id=user_id)


_HOLD = sa.update(WechatUser).where(WechatUser.id == sa.bindparam("user_id")).values(is_snapshot=WechatUser.is_snapshot)
"""Changes nothing: FOR UPDATE does not exist on SQLite, where whoever writes is alone anyway."""


def keep_profile(user_id: int, profile: OAuthProfile) -> None:
    """Keep the name and picture that a person agreed to show."""
    with transaction():
        _keep(db.session.get_one(WechatUser, user_id), profile)


def follow(appid: str, openid: str, *, at: datetime, scene: str = "") -> int:
    """Note that somebody follows since the given moment; older news than what is known changes nothing."""
    with transaction():
        user = _user(appid, openid)
        if user.follow_changed_at is None or user.follow_changed_at <= at:
            user.is_follower, user.follow_changed_at = True, at
        if scene:
            user.scene = scene[:64]
        return user.id


def unfollow(appid: str, openid: str, *, at: datetime) -> None:
    """Forget what WeChat told us of somebody who leaves, and end the bindings (WeChat's rule for this event).

    The patients' records stay: they are the hospital's.
    """
    with transaction():
        user = _user(appid, openid)
        if user.follow_changed_at is not None and user.follow_changed_at > at:
            return  # old news that came late
        user.is_follower, user.follow_changed_at = False, at
        user.nickname, user.avatar_url, user.unionid, user.scene = "", "", None, ""
        active = sa.select(Binding).where(Binding.wechat_user_id == user.id, Binding.status == BindingStatus.ACTIVE)
        for binding in db.session.scalars(active).all():
            end_binding(binding, by=f"wechat:{user.id}", why="取消关注公众号")
        sessions.end_sessions(sessions.WECHAT, user.id)


def note_scene(appid: str, openid: str, scene: str) -> None:
    """Remember the code that somebody has scanned last."""
    with transaction():
        _user(appid, openid).scene = scene[:64]


def user_of(appid: str, openid: str) -> int:
    """Return the id of the WeChat user with this openid, known or new."""
    with transaction():
        return _user(appid, openid).id


def stop_sending(openid: str, *, is_gone: bool) -> None:
    """Note that WeChat does not carry messages to somebody: he no longer follows."""
    if is_gone:
        with transaction():
            change(sa.update(WechatUser).where(WechatUser.openid == openid).values(is_follower=False))


def _user(appid: str, openid: str) -> WechatUser:
    """Return the user, made in this moment if need be; of two makers at once one succeeds and both go on."""
    user = queries.find_user(appid, openid)
    if user is not None:
        return user
    try:
        with db.session.begin_nested():
            user = WechatUser(appid=appid, openid=openid, created_at=clock.now())
            db.session.add(user)
        return user
    except IntegrityError:
        found = queries.find_user(appid, openid)
        assert found is not None  # the unique key said so
        return found


def _keep(user: WechatUser, profile: OAuthProfile) -> None:
    user.nickname = profile.nickname[:100]
    user.avatar_url = profile.avatar_url[:500] if profile.avatar_url.startswith(("https://", "http://")) else ""
    if profile.unionid:
        user.unionid = profile.unionid
