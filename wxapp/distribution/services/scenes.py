"""What a distributor shows to others: a link that stays, and behind a poster WeChat's ticket, which is renewed."""

from __future__ import annotations

import logging
import secrets
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core import clock
from wxapp.core.db import change, db, in_transaction, transaction
from wxapp.core.errors import Unavailable
from wxapp.distribution.models import Distributor, Scene, SceneKind
from wxapp.distribution.queries.sharing import find_scene
from wxapp.distribution.rules import sharing
from wxapp.wechat import connected
from wxapp.wechat.errors import WechatError

log = logging.getLogger(__name__)


def link_of(distributor: Distributor, kind: SceneKind, goods_id: int = 0) -> Scene:
    """Return the scene whose token is the end of a link; made in this moment if need be, by nobody twice."""
    found = find_scene(distributor.id, kind, goods_id)
    if found is not None:
        return found
    with transaction():
        try:
            with db.session.begin_nested():
                scene = Scene(
                    token=secrets.token_hex(16),
                    kind=kind,
                    distributor_id=distributor.id,
                    goods_id=goods_id,
                    created_at=clock.now(),
                )
                db.session.add(scene)
        except IntegrityError:  # another press was first
            found = find_scene(distributor.id, kind, goods_id)
            assert found is not None  # the unique key said so
            return found
    return scene


def scene_of(distributor: Distributor, kind: SceneKind, goods_id: int = 0) -> Scene:
    """Return the scene with a QR code of WeChat's that works for some days more.

    Asks WeChat when there is none or it ends soon, so it is called outside transactions. While WeChat is away a code
    that still works will do.

    :raises Unavailable: WeChat is away, and there is no code that works
    """
    if in_transaction():
        raise RuntimeError("WeChat is not asked inside a transaction")
    scene = link_of(distributor, kind, goods_id)
    now = clock.now()
    if scene.qr_url and not sharing.needs_renewal(scene.expires_at, now=now):
        return scene
    seconds = int(sharing.TICKET_LIFE.total_seconds())
    try:
        code = connected.official_account().create_qrcode(scene.token, expires_in=seconds)
    except WechatError as error:
        log.warning("distribution: no code for scene %s: %s", scene.id, error)
        if scene.qr_url and not sharing.has_expired(scene.expires_at, at=now):
            return scene
        raise Unavailable("微信暂时没有回应，二维码还未生成，请稍后重试") from error
    expires_at = now + timedelta(seconds=code.expires_in or seconds)
    with transaction():
        change(sa.update(Scene).where(Scene.id == scene.id).values(qr_url=code.url, expires_at=expires_at))
    db.session.refresh(scene)
    return scene
