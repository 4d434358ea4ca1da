"""Standing in line (候补) for a full session: first come, first offered."""

from __future__ import annotations

import sqlalchemy as sa

from wxapp.booking import queries, rules, settings, timetable
from wxapp.booking.errors import (
    BookedAlready,
    BookerBlocked,
    OfferOver,
    OnlineBookingOff,
    SlotClosed,
    StillFree,
    TooManyWaits,
)
from wxapp.booking.models import Booking, Hold, HoldStatus, Session, SessionStatus, Slot, Source, Wait, WaitStatus
from wxapp.booking.services import bookings, persons, seats
from wxapp.booking.services.bookings import Contact, Who
from wxapp.booking.states import WAIT
from wxapp.core import clock
from wxapp.core.apart import each_apart
from wxapp.core.db import db, insert_row, transaction
from wxapp.core.errors import NotFound

IN_LINE = (WaitStatus.WAITING, WaitStatus.OFFERED)


def join_line(session_id: int, contact: Contact, *, wechat_user_id: int, patient_id: int | None) -> int:
    """Stand in line for a full session and return the place's id; who stands there already keeps it.

    :raises NotFound: no such session, or not to be booked yet
    :raises SlotClosed: closed, or nothing of it lies far enough ahead
    :raises StillFree: there is a free time
    :raises BookedAlready: the person has a time of this session
    :raises TooManyWaits: the person stands in too many lines
    :raises BookerBlocked, OnlineBookingOff: no booking online for this person, or for anybody
    """
    key = persons.key_of(patient_id=patient_id, wechat_user_id=wechat_user_id, phone=contact.phone)
    now = clock.now()
    with transaction():
        persons.hold_booker(key)
        if (standing := _place_of(session_id, key)) is not None:
            return standing
        _check_session(session_id)
        until = queries.blocked_until(key, now=now)
        if until is not None:
            raise BookerBlocked(persons.blocked_text(until))
        has_booked = sa.exists().where(
            Booking.session_id == session_id, Booking.booker_key == key, Booking.active_marker == 1
        )
        if db.session.scalar(sa.select(has_booked)):
            raise BookedAlready
        lines = sa.select(sa.func.count()).where(Wait.booker_key == key, Wait.status.in_(IN_LINE))
        if (db.session.scalar(lines) or 0) >= settings.MOST_WAITS():
            raise TooManyWaits
        return insert_row(
            Wait,
            session_id=session_id,
            booker_key=key,
            active_marker=1,
            wechat_user_id=wechat_user_id,
            patient_id=patient_id,
            contact_name=contact.name,
            contact_phone=contact.phone,
            status=WaitStatus.WAITING,
            made_at=now,
        )


def _place_of(session_id: int, key: str) -> int | None:
    return db.session.scalar(
        sa.select(Wait.id).where(Wait.session_id == session_id, Wait.booker_key == key, Wait.active_marker == 1)
    )


def _check_session(session_id: int) -> None:
    if not settings.ONLINE():
        raise OnlineBookingOff
    session = queries.get_session(session_id)
    now = clock.now()
    if session.released_at > now:
        raise NotFound
    whose = timetable.Whose(session.physician_id, session.project_id)
    times = [
        time
        for time in timetable.free_times(whose, session.day, session.day, now=now)
        if time.session_id == session_id and time.in_time
    ]
    if session.status is not SessionStatus.OPEN or not times:
        raise SlotClosed
    if any(time.can_be_booked for time in times):
        raise StillFree


def leave_line(wait_id: int, *, by: str) -> None:
    """Leave the line; a seat that was kept for it goes to the next. Leaving again changes nothing."""
    with transaction():
        if WAIT.try_move(Wait, wait_id, old=WaitStatus.WAITING, new=WaitStatus.WITHDRAWN, by=by, active_marker=None):
            return
        hold = _offer_of(wait_id)
        if hold is not None:
            seats.end_hold(hold, HoldStatus.RELEASED, by=by)


def accept(wait: Wait, *, by: str, once_key: str) -> str:
    """Book the time that is kept for somebody in line; return the booking's number.

    :raises OfferOver: nothing is kept any more
    :raises SameTime, TooManyOpen, BookerBlocked, SlotClosed: the person can't have this time
    """
    who = Who(Contact(wait.contact_name, wait.contact_phone), wait.wechat_user_id, wait.patient_id, Source.WAITLIST, by)
    if (number := bookings.find_accepted(who, wait.id, once_key)) is not None:
        return number
    hold = _offer_of(wait.id)
    if hold is None or hold.expires_at <= clock.now():
        raise OfferOver
    return bookings.accept_offer(hold, who, once_key=once_key)


def _offer_of(wait_id: int) -> Hold | None:
    return db.session.scalars(
        sa.select(Hold).where(Hold.wait_id == wait_id, Hold.status == HoldStatus.ACTIVE)
    ).one_or_none()


def offer_free_seats(*, limit: int) -> int:
    """Offer what is free in sessions for which somebody waits, e.g. because staff added seats; return how many.

    A freed seat is offered with what frees it. This finds what became free in another way.
    """
    now = clock.now()
    wanted = (
        sa.select(Slot.id, Slot.session_id)
        .join(Session, Session.id == Slot.session_id)
        .where(
            Session.status == SessionStatus.OPEN,
            Slot.is_open,
            Slot.taken < Slot.capacity,
            Slot.starts_at > now,
            sa.exists().where(Wait.session_id == Session.id, Wait.status == WaitStatus.WAITING),
        )
        .order_by(Slot.starts_at)
        .limit(limit)
    )
    slots = [(row.id, row.session_id) for row in db.session.execute(wanted)]
    db.session.commit()  # ends the read; each is a transaction of its own
    return each_apart(lambda slot: _offer_free_seat(*slot), slots, what="booking: slot with a line")


def _offer_free_seat(slot_id: int, session_id: int) -> bool:
    with transaction():
        slot = queries.slot_info(slot_id, now=clock.now())
        if queries.first_in_line(session_id) is None or not seats.try_take(slot_id):
            return False
        is_worth_it = rules.offer_ends_at(
            slot.starts_at,
            now=clock.now(),
            minutes=settings.OFFER_MINUTES(),
            notice_minutes=settings.NOTICE_MINUTES(),
        )
        seats.pass_on(slot_id, session_id)
        return is_worth_it is not None


def close_past(*, limit: int) -> int:
    """End the lines of sessions that are over; return how many places were ended."""
    past = (
        sa.select(Wait.id, Wait.status)
        .join(Session, Session.id == Wait.session_id)
        .where(Wait.status.in_(IN_LINE), Session.day < clock.today())
        .limit(limit)
    )
    rows = [(row.id, row.status) for row in db.session.execute(past)]
    db.session.commit()  # ends the read; each is a transaction of its own
    return each_apart(lambda row: _close(*row), rows, what="booking: place in a past line")


def _close(wait_id: int, old: WaitStatus) -> bool:
    with transaction():
        return WAIT.try_move(
            Wait, wait_id, old=old, new=WaitStatus.CLOSED, by=seats.SYSTEM, why="已过期", active_marker=None
        )
