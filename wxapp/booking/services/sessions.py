"""Closing a session (停诊), and finding another one for those who are booked in it."""

from __future__ import annotations

from dataclasses import dataclass

from wxapp.booking import listings, openings
from wxapp.booking.models import SessionStatus
from wxapp.booking.roster_errors import NotToMoveThere
from wxapp.booking.services import changes
from wxapp.booking.services.settling import close_open_session
from wxapp.core.db import in_transaction
from wxapp.core.errors import DomainError, IllegalTransition


@dataclass(frozen=True)
class Closed:
    """What came of a closing: so many have another time, so many have to find one themselves."""

    moved: int
    to_move: int


def close_session(session_id: int, *, reason: str, by: str, move_to: int | None = None) -> Closed:
    """Close a session for good; with ``move_to`` whoever fits is moved to that session first.

    Each move is a transaction of its own, as each takes a seat of its own, and tells its patient. Those who don't fit,
    and everybody who comes in meanwhile, are told by the closing itself: nobody is told twice. When it is broken off,
    the session is still open with those who were not moved, and closing it again goes on from there.

    :raises IllegalTransition: it is closed already
    :raises NotToMoveThere: the other session can't be booked
    """
    session = listings.get_session(session_id)
    if session.status is not SessionStatus.OPEN:
        raise IllegalTransition("该班次已经停诊，请刷新页面查看")
    moved = 0
    if move_to is not None:
        if move_to == session_id or move_to not in {one.id for one in openings.sessions_to_move_to(session)}:
            raise NotToMoveThere(field="move_to")
        moved = _move_all(session_id, move_to, by=by)
    return Closed(moved, len(close_open_session(session_id, by=by, reason=reason)))


def _move_all(session_id: int, target_id: int, *, by: str) -> int:
    if in_transaction():
        raise RuntimeError("each move is a transaction of its own")
    moved = 0
    for booking in listings.booked_in(session_id):
        for slot in openings.free_slots_of(target_id, near_minute=booking.minute):
            try:
                changes.move(booking.no, slot.id, by=by, is_staff=True, seen_version=booking.version)
            except DomainError:
                # The seat was taken in this moment, or he has another booking then: another time may do.
                continue
            moved += 1
            break
    return moved
