"""A person's bookings pass one at a time: each counts those before it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.booking import queries, rules, settings
from wxapp.booking.errors import BookerBlocked, SameTime, TooManyOpen
from wxapp.booking.models import Booker
from wxapp.booking.queries import SlotInfo
from wxapp.core import clock
from wxapp.core.db import db, in_transaction, run

_STEP = sa.update(Booker).where(Booker.key == sa.bindparam("wanted")).values(turns=Booker.turns + 1)


def key_of(*, patient_id: int | None, wechat_user_id: int | None, phone: str) -> str:
    """Return under which key somebody books."""
    index = "" if patient_id is not None or wechat_user_id is not None else queries.phone_index(phone)
    return rules.booker_key(patient_id=patient_id, wechat_user_id=wechat_user_id, phone_index=index)


def hold_booker(key: str) -> None:
    """Let nobody else pass here with this person before the transaction ends."""
    if not in_transaction():
        raise RuntimeError("a row is held by a transaction only")
    if run(_STEP, wanted=key).rowcount:
        return
    try:
        with db.session.begin_nested():
            run(sa.insert(Booker).values(key=key, turns=1))
    except IntegrityError:  # somebody else came first in this moment
        run(_STEP, wanted=key)


def check_person(key: str, slot: SlotInfo, *, now: datetime, is_online: bool, except_id: int = 0) -> None:
    """Make sure that a person may have this time. True for good only while the booker is held.

    :param except_id: a booking that is to be moved here, and so does not count
    :raises BookerBlocked: stayed away too often, and asks online
    :raises SameTime: has an appointment that overlaps
    :raises TooManyOpen: has as many appointments as are allowed, and asks online
    """
    standing = queries.standing_of(key, starts_at=slot.starts_at, ends_at=slot.ends_at, now=now, except_id=except_id)
    if is_online and standing.blocked_until is not None and standing.blocked_until > now:
        raise BookerBlocked(blocked_text(standing.blocked_until))
    if standing.overlapping:
        raise SameTime
    if is_online and standing.open >= settings.MOST_OPEN():
        raise TooManyOpen(f"您已有{standing.open}个未就诊的预约，请先就诊或取消其中一个")


def blocked_text(until: datetime) -> str:
    return f"因多次未按时就诊，{clock.local(until):%Y-%m-%d %H:%M} 前不能在线预约，如有疑问请联系医院"
