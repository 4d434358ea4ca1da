"""Somebody scans a distributor's code or opens the link: written down, and what it binds is bound."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core import clock
from wxapp.core.db import change, db, insert_row, transaction
from wxapp.distribution import settings
from wxapp.distribution.models import Membership, Opening, Scan, ScanOutcome, ScanWay, SceneKind
from wxapp.distribution.queries import sharing
from wxapp.distribution.queries.sharing import Shared
from wxapp.distribution.rules.sharing import Bar, bar_of, has_expired
from wxapp.mall import queries as mall
from wxapp.patients import services as patients
from wxapp.patients.queries import SignedInUser
from wxapp.wechat import connected


def open_link(token: str, user: SignedInUser) -> tuple[Shared, ScanOutcome]:
    """Note that somebody has opened a link; say what it stands for, and what came of it.

    Links do not run out as WeChat's codes do. A snapshot user (a virtual account of WeChat's) leaves a trace and
    nothing else: nobody knows who that is.

    :raises NotFound: there is no such link
    """
    shared = sharing.get_shared(token)
    bar = bar_of(is_own=shared.owner_id == user.id, is_active=is_open(shared), has_expired=False)
    now = clock.now()
    with transaction():
        outcome = _outcome(shared, user.id, bar, is_snapshot=user.is_snapshot, at=now)
        if shared.kind is SceneKind.GOODS and bar is not Bar.INACTIVE and not user.is_snapshot:
            _note_opening(shared, user.id, at=now)
        _write(shared, user.id, ScanWay.LINK, outcome, at=now)
    return shared, outcome


def take_scan(openid: str, scene: str, *, at: datetime) -> ScanOutcome | None:
    """Note that somebody has scanned a poster; None for a code that is none of ours.

    Goods count as opened only once their link is: a scan does no more than bring the card.
    """
    shared = sharing.find_shared(scene)
    if shared is None:
        return None
    bar = bar_of(
        is_own=shared.owner_openid == openid,
        is_active=is_open(shared),
        has_expired=has_expired(shared.expires_at, at=at),
    )
    with transaction():
        user_id = patients.user_of(connected.clients().appid, openid)
        outcome = _outcome(shared, user_id, bar, is_snapshot=False, at=at)
        _write(shared, user_id, ScanWay.SCAN, outcome, at=at)
    return outcome


def is_open(shared: Shared) -> bool:
    """Whether a scene may have an effect now: its distributor is active and the hospital goes on with it."""
    return shared.is_active and settings.IS_OPEN()


def _outcome(shared: Shared, user_id: int, bar: Bar | None, *, is_snapshot: bool, at: datetime) -> ScanOutcome:
    if bar is not None:
        return ScanOutcome(bar.value)
    if shared.kind is not SceneKind.INVITE_MEMBER or is_snapshot:
        return ScanOutcome.NOTED
    return _bind(shared, user_id, at=at)


def _bind(shared: Shared, user_id: int, *, at: datetime) -> ScanOutcome:
    """Make a new visitor the distributor's member; the first invitation binds, whoever comes at the same moment."""
    if sharing.find_membership(user_id) is not None:
        return ScanOutcome.ALREADY
    if mall.has_paid_order(user_id):
        return ScanOutcome.NOT_NEW
    member = {
        "wechat_user_id": user_id,
        "distributor_id": shared.distributor_id,
        "scene_id": shared.scene_id,
        "bound_at": at,
    }
    try:
        with db.session.begin_nested():
            insert_row(Membership, **member)
    except IntegrityError:  # the unique key decides between two at once
        return ScanOutcome.ALREADY
    return ScanOutcome.BOUND


def _note_opening(shared: Shared, user_id: int, *, at: datetime) -> None:
    """Keep one row for each visitor, goods and distributor, with the last time."""
    mine = {"wechat_user_id": user_id, "goods_id": shared.goods_id, "distributor_id": shared.distributor_id}
    again = sa.update(Opening).filter_by(**mine).values(opened_at=at, times=Opening.times + 1)
    if change(again):
        return
    try:
        with db.session.begin_nested():
            insert_row(Opening, **mine, opened_at=at)
    except IntegrityError:  # opened twice at once
        change(again)


def _write(shared: Shared, user_id: int, way: ScanWay, outcome: ScanOutcome, *, at: datetime) -> None:
    insert_row(Scan, scene_id=shared.scene_id, wechat_user_id=user_id, way=way, outcome=outcome, at=at)
