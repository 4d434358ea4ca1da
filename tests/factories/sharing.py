"""Goods that pay commission, and visitors who come by a distributor's shares; valid by default."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.factories.distribution import make_distributor
from tests.factories.mall import make_goods, make_order
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
from wxapp.distribution.queries.people import get_distributor
from wxapp.distribution.queries.promoting import seller_fen
from wxapp.distribution.queries.sharing import find_membership
from wxapp.distribution.queries.terms import open_key
from wxapp.distribution.services.membership import move_member
from wxapp.distribution.services.opening import open_link
from wxapp.distribution.services.scenes import link_of
from wxapp.mall.models import Goods
from wxapp.patients.models import WechatUser
from wxapp.patients.queries import signed_in_user


def make_promoted(*, seller_bp: int = 1_000, **over: Any) -> Goods:
    """Return goods that are switched on and pay so much of their price."""
    goods = make_goods(**over)
    with transaction():
        _pay(goods, seller_bp=seller_bp)
    return goods


def _pay(goods: Goods, *, seller_bp: int) -> None:
    """Write the rows as they are, also for goods that the use cases would refuse."""
    now = clock.now()
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


def fill_sharing(distributor_id: int, goods: Goods) -> dict[str, Any]:
    """Add a row to every list of what a distributor shares; return what addresses name."""
    distributor, now = get_distributor(distributor_id), clock.now()
    if not seller_fen(goods.id):
        with transaction():
            _pay(goods, seller_bp=1_000)
    make_promoted(stock=1_000)
    for kind, goods_id in (
        (SceneKind.INVITE_DISTRIBUTOR, 0),
        (SceneKind.INVITE_MEMBER, 0),
        (SceneKind.GOODS, goods.id),
    ):
        make_scene(distributor, kind, goods_id)
    make_distributor(inviter=distributor, first_paid_at=now)
    member = open_as(None, distributor, SceneKind.INVITE_MEMBER)
    with transaction():
        membership = find_membership(member.id)
        assert membership is not None
        membership.first_paid_at = now
    make_order(goods, wechat_user_id=open_as(None, distributor, SceneKind.GOODS, goods.id).id)
    other = make_distributor()
    move_member(member.id, seen_id=distributor.id, new=other, reason="本人申请", by="system:tests")
    move_member(member.id, seen_id=other.id, new=distributor, reason="填错了", by="system:tests")
    with transaction():
        membership.first_paid_at = now
    return {"user_id": member.id, "token": make_scene(other, SceneKind.INVITE_MEMBER).token}
