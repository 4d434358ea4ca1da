"""Reads of scenes, and of who came by them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from wxapp.core.db import db, run
from wxapp.core.errors import NotFound
from wxapp.distribution.models import (
    Distributor,
    DistributorStatus,
    Membership,
    Scan,
    ScanOutcome,
    Scene,
    SceneKind,
)
from wxapp.distribution.rules.sharing import is_token
from wxapp.patients.models import WechatUser


@dataclass(frozen=True)
class Shared:
    """What stands behind a token: the scene, and whose it is."""

    scene_id: int
    token: str
    kind: SceneKind
    goods_id: int
    expires_at: datetime | None
    distributor_id: int
    is_active: bool
    name: str
    """Of the distributor, whole: whoever shows it masks it."""
    owner_id: int
    """The distributor's own WeChat user."""
    owner_openid: str


def find_shared(token: str) -> Shared | None:
    """Return what a token stands for, with one question; without any when it can't be one."""
    if not is_token(token):
        return None
    row = run(_SHARED, token=token).mappings().one_or_none()
    return Shared(**row) if row is not None else None


def get_shared(token: str) -> Shared:
    """:raises NotFound: there is no such token"""
    shared = find_shared(token)
    if shared is None:
        raise NotFound("这个链接不存在或已失效")
    return shared


_SHARED = (
    sa.select(
        Scene.id.label("scene_id"),
        Scene.token,
        Scene.kind,
        Scene.goods_id,
        Scene.expires_at,
        Scene.distributor_id,
        (Distributor.status == DistributorStatus.ACTIVE).label("is_active"),
        Distributor.name,
        Distributor.wechat_user_id.label("owner_id"),
        WechatUser.openid.label("owner_openid"),
    )
    .join(Distributor, Distributor.id == Scene.distributor_id)
    .join(WechatUser, WechatUser.id == Distributor.wechat_user_id)
    .where(Scene.token == sa.bindparam("token"))
)


def find_scene(distributor_id: int, kind: SceneKind, goods_id: int) -> Scene | None:
    return db.session.scalars(
        sa.select(Scene).where(Scene.kind == kind, Scene.distributor_id == distributor_id, Scene.goods_id == goods_id)
    ).one_or_none()


def invited_by(wechat_user_id: int) -> Distributor | None:
    """Return by whose invitation (邀请分销) somebody came last, if that distributor is active now."""
    statement = (
        sa.select(Distributor)
        .join(Scene, Scene.distributor_id == Distributor.id)
        .join(Scan, Scan.scene_id == Scene.id)
        .where(
            Scan.wechat_user_id == wechat_user_id,
            Scan.outcome == ScanOutcome.NOTED,
            Scene.kind == SceneKind.INVITE_DISTRIBUTOR,
            Distributor.status == DistributorStatus.ACTIVE,
        )
        .order_by(Scan.id.desc())
        .limit(1)
    )
    return db.session.scalars(statement).one_or_none()


def find_membership(wechat_user_id: int) -> Membership | None:
    return db.session.scalars(sa.select(Membership).where(Membership.wechat_user_id == wechat_user_id)).one_or_none()
