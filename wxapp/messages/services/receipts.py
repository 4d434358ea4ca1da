"""What WeChat tells afterwards (TEMPLATESENDJOBFINISH), also when it comes before our own record of the sending."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core import clock
from wxapp.core.db import change, db, repeat_on_conflict, transaction
from wxapp.messages.entry import Channel
from wxapp.messages.models import Delivery, DeliveryState, Receipt
from wxapp.messages.services.notifying import open_next_way

_UNMATCHED_FOR = timedelta(days=2)
"""So long a receipt looks for its delivery; then it was not one of ours."""


def template_result(msgid: str, status: str) -> None:
    """Keep what became of a template message. Hearing it twice changes nothing.

    It may come before our own record of the sending: then it is kept, and ``apply_receipts`` finds its delivery.
    """
    with transaction():
        try:
            with db.session.begin_nested():
                db.session.execute(
                    sa.insert(Receipt).values(platform_id=msgid, status=status[:60], received_at=clock.now())
                )
        except IntegrityError:  # told before
            return
    _apply(msgid, status)


def apply_receipts(*, limit: int = 500) -> int:
    """Apply receipts that came before their delivery was written down as sent; return how many."""
    statement = (
        sa.select(Receipt.platform_id, Receipt.status)
        .where(Receipt.applied_at.is_(None), Receipt.received_at > clock.now() - _UNMATCHED_FOR)
        .order_by(Receipt.received_at)
        .limit(limit)
    )
    waiting = db.session.execute(statement).all()
    return sum(repeat_on_conflict(partial(_apply, msgid, status)) for msgid, status in waiting)


def _apply(msgid: str, status: str) -> bool:
    now = clock.now()
    with transaction():
        row = db.session.execute(
            sa.select(Delivery.id, Delivery.message_id).where(
                Delivery.platform_id == msgid, Delivery.channel == Channel.OA_TEMPLATE
            )
        ).first()
        if row is None:
            return False
        _write_result(row.id, row.message_id, status, now=now)
        change(sa.update(Receipt).where(Receipt.platform_id == msgid).values(applied_at=now))
        return True


def _write_result(delivery_id: int, message_id: int, status: str, *, now: datetime) -> None:
    sent = sa.update(Delivery).where(Delivery.id == delivery_id, Delivery.state == DeliveryState.SENT)
    if status.replace(" ", "").lower() == "success":
        change(sent.values(state=DeliveryState.DELIVERED))
        return
    reason = _WORDS.get(status.replace(" ", "").lower(), f"微信回执：{status}")
    if change(sent.values(state=DeliveryState.UNREACHABLE, reason_code="receipt", reason=reason[:300])):
        open_next_way(message_id, Channel.OA_TEMPLATE, now=now)


_WORDS = {
    "failed:userblock": "用户屏蔽了公众号消息",
    "failed:systemfailed": "微信系统投递失败",
    "failed:freqlimit": "微信限制了向此人发送的频率",
}
