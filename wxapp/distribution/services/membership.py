"""Whose member somebody is, as staff change it. Orders placed before keep what they were placed with."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core import clock
from wxapp.core.db import change, db, insert_row, transaction
from wxapp.core.errors import Invalid, NotFound, Stale
from wxapp.distribution.models import Distributor, DistributorStatus, Membership, Move, MoveKind
from wxapp.distribution.queries.sharing import find_membership
from wxapp.patients.models import WechatUser


def move_member(wechat_user_id: int, *, seen_id: int | None, new: Distributor | None, reason: str, by: str) -> None:
    """Give a WeChat user to another distributor, or to nobody; what was and why is kept.

    Who belongs to nobody may be bound by an invitation again while he has paid no order.

    :param seen_id: the distributor that the page showed
    :raises NotFound: no such WeChat user
    :raises Stale: it is another distributor by now
    :raises Invalid: the new one is the same, is not active, or is the member himself
    """
    if db.session.get(WechatUser, wechat_user_id) is None:
        raise NotFound
    if new is not None and new.status is not DistributorStatus.ACTIVE:
        raise Invalid({"code": f"该分销员{new.status.label}，不能接收会员"})
    if new is not None and new.wechat_user_id == wechat_user_id:
        raise Invalid({"code": "不能归属于本人"})
    new_id = new.id if new is not None else None
    with transaction():
        membership = find_membership(wechat_user_id)
        if (membership.distributor_id if membership is not None else None) != seen_id:
            raise Stale
        if new_id == seen_id:
            raise Invalid({"code": "归属没有变化"})
        if not _replace(wechat_user_id, seen_id, new_id):
            raise Stale
        insert_row(
            Move,
            kind=MoveKind.MEMBER,
            subject_id=wechat_user_id,
            old_id=seen_id,
            new_id=new_id,
            reason=reason,
            by=by,
            at=clock.now(),
        )


def _replace(wechat_user_id: int, old_id: int | None, new_id: int | None) -> bool:
    """Change the row if it still is what was seen; say whether it was."""
    if old_id is None:
        return _insert(wechat_user_id, new_id)
    as_seen = (Membership.wechat_user_id == wechat_user_id, Membership.distributor_id == old_id)
    if new_id is None:
        return change(sa.delete(Membership).where(*as_seen)) == 1
    given = {"distributor_id": new_id, "bound_at": clock.now(), "first_paid_at": None, "scene_id": None}
    return change(sa.update(Membership).where(*as_seen).values(**given)) == 1


def _insert(wechat_user_id: int, new_id: int | None) -> bool:
    try:
        with db.session.begin_nested():
            insert_row(Membership, wechat_user_id=wechat_user_id, distributor_id=new_id, bound_at=clock.now())
    except IntegrityError:  # bound in this moment
        return False
    return True
