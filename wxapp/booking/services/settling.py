"""What becomes of sessions that a changed roster or a leave no longer has room for.

A session in which nobody is booked, holds a seat or stands in line goes without a word. For the others staff decide,
having seen them: it is kept as it is, or closed, and everybody in it is told once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wxapp.booking import listings
from wxapp.booking.models import Booking, Hold, Session, SessionStatus, Slot, Wait, WaitStatus
from wxapp.booking.roster_errors import BookingsAffected
from wxapp.booking.services import changes
from wxapp.booking.states import SESSION
from wxapp.core import clock, ids
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import IllegalTransition, Invalid

REASON = "排班调整"
IN_LINE = (WaitStatus.WAITING, WaitStatus.OFFERED)


@dataclass(frozen=True)
class Decision:
    """What staff decided about the sessions they were shown.

    :ivar seen: the sessions they were shown; others need a decision first
    :ivar closed: those of them that are to be closed; the rest is kept
    :ivar reason: told to everybody who is booked there
    """

    seen: frozenset[int] = frozenset()
    closed: frozenset[int] = frozenset()
    reason: str = ""


UNDECIDED = Decision()


def one_roster_at_a_time() -> None:
    """Wait until nobody else changes the roster, and keep others waiting until this transaction ends.

    Sessions that overlap, leaves and plans are looked at and then written; nothing a key could say keeps two apart.
    """
    ids.next_number("booking.roster")


def settle(session_ids: Sequence[int], decision: Decision, *, by: str) -> int:
    """Take these sessions off the roster as decided, inside the caller's transaction; return how many are gone.

    :raises BookingsAffected: there is somebody in a session that was not decided on
    :raises Invalid: sessions are to be closed without a reason
    """
    with_people = listings.sessions_with_people(session_ids)
    empty = [session_id for session_id in session_ids if session_id not in with_people]
    with_people += [session_id for session_id in empty if not _withdraw(session_id, by=by)]
    if not decision.seen.issuperset(with_people):
        raise BookingsAffected(sorted(with_people), listings.told_of_sessions(with_people))
    to_close = [session_id for session_id in with_people if session_id in decision.closed]
    if to_close and not decision.reason:
        raise Invalid({"reason": "停诊的班次需要填写告知患者的原因"})
    for session_id in to_close:
        # Parted from its plan, so that the plan may make another one for that day.
        close_open_session(session_id, by=by, reason=decision.reason, plan_id=None)
    return len(session_ids) - len(with_people) + len(to_close)


def close_open_session(session_id: int, *, by: str, reason: str, **values: object) -> list[str]:
    """Close a session for good and tell everybody in it; return the bookings that have lost their time.

    :raises IllegalTransition: it is closed already
    """
    with transaction():
        if not SESSION.try_move(
            Session, session_id, old=SessionStatus.OPEN, new=SessionStatus.CLOSED, by=by, why=reason,
            closed_reason=reason, closed_at=clock.now(), closed_by=by, **values,
        ):  # fmt: skip
            raise IllegalTransition("该班次已经停诊，请刷新页面查看")
        return changes.suspend(session_id, by=by, reason=reason)


def _withdraw(session_id: int, *, by: str) -> bool:
    """Take a session off the roster in which nobody is; False when there is somebody after all.

    Closing its empty slots first keeps everybody else out of them until the transaction ends.
    """
    shut = change(sa.update(Slot).where(Slot.session_id == session_id, Slot.taken == 0).values(is_open=False))
    slots = db.session.scalar(sa.select(sa.func.count()).select_from(Slot).where(Slot.session_id == session_id)) or 0
    if shut < slots or _exists(Wait.session_id == session_id, Wait.status.in_(IN_LINE)):
        change(sa.update(Slot).where(Slot.session_id == session_id).values(is_open=True))
        return False
    its_slots = sa.select(Slot.id).where(Slot.session_id == session_id)
    left_traces = (Booking.session_id == session_id, Wait.session_id == session_id, Hold.slot_id.in_(its_slots))
    if any(_exists(trace) for trace in left_traces):
        return SESSION.try_move(
            Session, session_id, old=SessionStatus.OPEN, new=SessionStatus.CLOSED, by=by, why=REASON,
            closed_reason=REASON, closed_at=clock.now(), closed_by=by, plan_id=None,
        )  # fmt: skip
    change(sa.delete(Slot).where(Slot.session_id == session_id))
    return change(sa.delete(Session).where(Session.id == session_id)) == 1


def _exists(*where: sa.ColumnElement[bool]) -> bool:
    return bool(db.session.scalar(sa.select(sa.exists().where(*where))))
