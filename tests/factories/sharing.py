"""Goods that pay commission, and visitors who come by a distributor's shares; valid by default."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.factories.mall import make_goods
from tests.factories.patients import make_wechat_user
from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.distribution.models import (
    Distributor,
    PromotedGoods,
    Scene,
    SceneKind,
    Scope,
    Terms,
    TermsStatus,
    TermsWay,
)
from wxapp.distribution.queries.terms import open_key
from wxapp.distribution.services.opening import open_link
from wxapp.distribution.services.scenes import link_of
from wxapp.mall.models import Goods
from wxapp.patients.models import WechatUser
from wxapp.patients.queries import signed_in_user


def make_promoted(*, seller_bp: int = 1_000, **over: Any) -> Goods:
    """Return goods that are switched on and pay so much of their price."""
    goods, now = make_goods(**over), clock.now()
    with transaction():
        db.session.add(PromotedGoods(goods_id=goods.id, changed_by="staff:1", changed_at=now))
        db.session.add(
            Terms(
                scope=Scope.GOODS,
                scope_id=goods.id,
                way=TermsWay.PERCENT,
                seller=seller_bp,
                inviter=0,
                status=TermsStatus.IN_FORCE,
                open_key=open_key(TermsStatus.IN_FORCE, Scope.GOODS, goods.id),
                proposed_by="staff:1",
                proposed_at=now,
                decided_by="staff:2",
                valid_from=now,
            )
        )
    return goods


def make_scene(distributor: Distributor, kind: SceneKind, goods_id: int = 0) -> Scene:
    """Return a scene with a code of WeChat's that was just made, without asking WeChat."""
    scene = link_of(distributor, kind, goods_id)
    with transaction():
        scene.qr_url = f"http://weixin.example/q/{scene.token}"
        scene.expires_at = clock.now() + timedelta(days=30)
    return scene


def open_as(user: WechatUser | None, distributor: Distributor, kind: SceneKind, goods_id: int = 0) -> WechatUser:
    """Let somebody, or a new visitor, open a distributor's link; return who that is."""
    user = user or make_wechat_user()
    signed_in = signed_in_user(user.id)
    assert signed_in is not None
    open_link(link_of(distributor, kind, goods_id).token, signed_in)
    return user
