"""Seats of a slot: taken, passed on to who waits in line, given back. Each is counted once in ``Slot.taken``."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from wxapp.booking import queries, rules, settings
from wxapp.booking.errors import SlotClosed, SlotFull
from wxapp.booking.models import Hold, HoldStatus, Slot, Wait, WaitStatus
from wxapp.booking.services import telling
from wxapp.booking.states import HOLD, WAIT
from wxapp.core import actors, clock
from wxapp.core.db import db, insert_row, run

SYSTEM = actors.system("booking")

_TAKE = (
    sa.update(Slot)
    .where(Slot.id == sa.bindparam("slot_id"), Slot.is_open, Slot.taken < Slot.capacity)
    .values(taken=Slot.taken + 1)
)
_KEEP_OPEN = sa.update(Slot).where(Slot.id == sa.bindparam("slot_id"), Slot.is_open).values(taken=Slot.taken)
"""Changes nothing; nobody closes the slot before the transaction ends."""


def take_seat(slot_id: int, session_id: int) -> None:
    """Take a seat, at most as many as there are.

    A hold that ran out frees its seat here, so nothing depends on the job that sweeps; while somebody waits in line
    such seats are for the line.

    :raises SlotFull: there is none
    :raises SlotClosed: the hospital has closed the session
    """
    if try_take(slot_id):
        return
    if queries.first_in_line(session_id) is None and _expire_overdue(slot_id) and try_take(slot_id):
        return
    is_open = db.session.execute(sa.select(Slot.is_open).where(Slot.id == slot_id)).scalar()
    raise SlotFull if is_open else SlotClosed


def try_take(slot_id: int) -> bool:
    """Take a seat of an open slot if one is left; say whether it worked."""
    return run(_TAKE, slot_id=slot_id).rowcount == 1


def _expire_overdue(slot_id: int) -> int:
    overdue = sa.select(Hold.id, Hold.wait_id).where(
        Hold.slot_id == slot_id, Hold.status == HoldStatus.ACTIVE, Hold.expires_at <= clock.now()
    )
    ended = sum(_end(row.id, row.wait_id, HoldStatus.EXPIRED, by=SYSTEM) for row in db.session.execute(overdue).all())
    if ended:
        give_back_seats(slot_id, ended)
    return ended


def give_back_seats(slot_id: int, count: int) -> None:
    """Give seats back, whoever may want them. The caller sees to it that each is given back once."""
    if run(_GIVE_BACK, slot_id=slot_id, count=count).rowcount != 1:
        raise ValueError("no such slot")


_GIVE_BACK = sa.update(Slot).where(Slot.id == sa.bindparam("slot_id")).values(taken=Slot.taken - sa.bindparam("count"))


def pass_on(slot_id: int, session_id: int) -> None:
    """Let a seat that was freed go to the first in line for a short while, else give it back.

    The offer stands in the same transaction that frees the seat: nobody comes between.
    """
    now = clock.now()
    while (wait_id := queries.first_in_line(session_id)) is not None:
        slot = queries.slot_info(slot_id, now=now)
        expires_at = rules.offer_ends_at(
            slot.starts_at, now=now, minutes=settings.OFFER_MINUTES(), notice_minutes=settings.NOTICE_MINUTES()
        )
        if expires_at is None or not run(_KEEP_OPEN, slot_id=slot_id).rowcount:
            break
        if _offer(wait_id, slot, now=now, expires_at=expires_at):
            return
    give_back_seats(slot_id, 1)


def _offer(wait_id: int, slot: queries.SlotInfo, *, now: datetime, expires_at: datetime) -> bool:
    """Keep the seat for somebody in line; False when he has left the line in this moment."""
    if not WAIT.try_move(
        Wait,
        wait_id,
        old=WaitStatus.WAITING,
        new=WaitStatus.OFFERED,
        by=SYSTEM,
        offered_slot_id=slot.id,
        offer_expires_at=expires_at,
    ):
        return False
    wait = db.session.get_one(Wait, wait_id, populate_existing=True)
    insert_row(
        Hold,
        slot_id=slot.id,
        wechat_user_id=wait.wechat_user_id,
        wait_id=wait_id,
        status=HoldStatus.ACTIVE,
        made_at=now,
        expires_at=expires_at,
    )
    telling.tell_offer(wait, slot.of, starts_at=slot.starts_at, expires_at=expires_at)
    return True


def end_hold(hold: Hold, new: HoldStatus, *, by: str) -> bool:
    """End a hold that did not become a booking, and pass its seat on; False when it has ended already."""
    if not _end(hold.id, hold.wait_id, new, by=by):
        return False
    pass_on(hold.slot_id, session_of(hold.slot_id))
    return True


def _end(hold_id: int, wait_id: int | None, new: HoldStatus, *, by: str) -> bool:
    """End a hold, and with it the offer that it was; the seat is still counted."""
    if not HOLD.try_move(Hold, hold_id, old=HoldStatus.ACTIVE, new=new, by=by):
        return False
    if wait_id is not None:
        ended = WaitStatus.LAPSED if new is HoldStatus.EXPIRED else WaitStatus.WITHDRAWN
        WAIT.try_move(Wait, wait_id, old=WaitStatus.OFFERED, new=ended, by=by, active_marker=None)
    return True


def session_of(slot_id: int) -> int:
    return int(db.session.execute(sa.select(Slot.session_id).where(Slot.id == slot_id)).scalar_one())
