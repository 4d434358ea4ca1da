"""What WeChat pushes: kept once, then told to whoever listens."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core import clock
from wxapp.core.db import change, db, transaction
from wxapp.core.events import publish
from wxapp.messages.events import PushReceived
from wxapp.patients.models import Push
from wxapp.wechat import pushes


def take_push(push: pushes.Push) -> bool:
    """Keep a push and tell of it, in one transaction; False when it was kept before.

    What people wrote is not kept: it may be about their health, and nobody here reads it.
    """
    try:
        with transaction():
            row = Push(
                dedupe_key=push.dedupe_key, kind=push.kind.value, openid=push.openid[:64], received_at=clock.now()
            )
            db.session.add(row)
            db.session.flush()  # the unique key knows a repeat
            publish(
                PushReceived(
                    kind=push.kind.value,
                    openid=push.openid,
                    created_at=push.created_at.isoformat(),
                    event_key=push.event_key,
                    scene=push.scene,
                    msg_id=push.msg_id,
                    status=push.status,
                )
            )
        return True
    except IntegrityError:
        return False


def remove_old_pushes(*, older_than: timedelta = timedelta(days=7), limit: int = 5000) -> int:
    """Remove pushes that WeChat no longer repeats; return how many."""
    old = sa.select(Push.id).where(Push.received_at < clock.now() - older_than).limit(limit)
    found = db.session.scalars(old).all()
    with transaction():
        return change(sa.delete(Push).where(Push.id.in_(found))) if found else 0
