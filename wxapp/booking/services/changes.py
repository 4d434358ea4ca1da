"""What becomes of a booking: moved, cancelled, arrived, done, missed, or closed by the hospital."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.booking import queries, rules, settings
from wxapp.booking.errors import (
    NotToday,
    OtherSubject,
    SameSlot,
    SameTime,
    TooEarly,
    TooLateToCancel,
    TooLateToMove,
)
from wxapp.booking.models import Booking, BookingStatus, Hold, HoldStatus, Slot, Wait, WaitStatus
from wxapp.booking.queries import Place, SlotInfo
from wxapp.booking.services import absences, bookings, persons, seats, telling
from wxapp.booking.states import BOOKING, HOLD, WAIT
from wxapp.core import clock
from wxapp.core.db import change, db, insert_row, transaction
from wxapp.core.errors import IllegalTransition, NotFound, Stale
from wxapp.core.states import StatusChange

B = BookingStatus


def _held(booking_no: str) -> Booking:
    """Return a booking whose person nobody else changes anything of before the transaction ends.

    :raises NotFound: there is none with this number
    """
    booking = queries.get_booking(booking_no)
    key = booking.booker_key
    persons.hold_booker(key)
    db.session.refresh(booking)
    if booking.booker_key != key:  # the binding has joined it to a patient in this moment
        persons.hold_booker(booking.booker_key)
    return booking


def cancel(booking_no: str, *, by: str, reason: str, is_staff: bool = False) -> None:
    """Cancel a booking; its seat goes to the first in line. Cancelling again changes nothing.

    Patients may until the beginning, but after the set number of hours before it counts as an absence; staff always
    may, it never counts then, and the patient is told.

    :raises NotFound: there is none with this number
    :raises TooLateToCancel: begun, or the hours have passed and late cancelling is switched off
    :raises IllegalTransition: arrived, done or missed
    """
    with transaction():
        booking = _held(booking_no)
        if booking.status is B.CANCELLED:
            return
        now, had_seat = clock.now(), booking.status is B.BOOKED
        is_late = had_seat and not is_staff and _check_cancel(booking)
        values: dict[str, Any] = {
            "active_marker": None,
            "ended_at": now,
            "end_reason": reason[:100],
            "is_late_cancel": is_late,
            "version": booking.version + 1,
        }
        BOOKING.move(booking, B.CANCELLED, by=by, why=reason[:200], **values)
        if had_seat:
            seats.pass_on(booking.slot_id, booking.session_id)
        if is_late:
            absences.count_absence(booking.booker_key)
        if is_staff:
            telling.tell(
                telling.CHANGED, booking, queries.place_of(booking.session_id), reason=f"医院已取消：{reason}"[:60]
            )


def _check_cancel(booking: Booking) -> bool:
    """Say whether cancelling now counts as an absence.

    :raises TooLateToCancel: it is not possible any more
    """
    now = clock.now()
    is_late = rules.is_late(booking.starts_at, now=now, hours=settings.CHANGE_HOURS())
    if booking.starts_at <= now or (is_late and not settings.LATE_CANCEL()):
        raise TooLateToCancel
    return is_late


def move(
    booking_no: str,
    slot_id: int,
    *,
    by: str,
    is_staff: bool = False,
    seen_version: int | None = None,
) -> None:
    """Move a booking to another time. It keeps its number; the old seat goes to the first in line.

    Patients may until the set number of hours before, and to another time of the same physician or project; what
    the hospital has closed they may move at any time. Staff may always and anywhere, and the patient is told.

    :param seen_version: the booking's version on the page from which it is moved
    :raises NotFound: no such booking or slot
    :raises Stale: the booking has changed since the page was shown
    :raises TooLateToMove, OtherSubject, SameSlot: see above
    :raises SlotFull, SlotClosed, NotReleased, SameTime: as when booking
    :raises IllegalTransition: the booking is over
    """
    with transaction():
        booking = _held(booking_no)
        if seen_version is not None and booking.version != seen_version:
            raise Stale("预约已有变动，请刷新后重试")
        if booking.status not in (B.BOOKED, B.TO_MOVE):
            raise IllegalTransition
        now = clock.now()
        slot = queries.slot_info(slot_id, now=now)
        _check_move(booking, slot, is_staff=is_staff)
        persons.check_person(booking.booker_key, slot, now=now, is_online=False, except_id=booking.id)
        seats.take_seat(slot.id, slot.session_id)
        _put(booking, slot, by=by)
        if is_staff:
            telling.tell(telling.CHANGED, booking, slot.of, reason="医院已为您改到此时间")
        else:
            telling.tell(telling.BOOKED, booking, slot.of)


def _check_move(booking: Booking, slot: SlotInfo, *, is_staff: bool) -> None:
    now = clock.now()
    bookings.check_slot(slot, now=now, is_online=not is_staff)
    if booking.status is B.BOOKED and booking.slot_id == slot.id:
        raise SameSlot
    if is_staff:
        return
    if (slot.of.physician_id, slot.of.project_id) != (booking.physician_id, booking.project_id):
        raise OtherSubject
    if booking.status is B.BOOKED and rules.is_late(booking.starts_at, now=now, hours=settings.CHANGE_HOURS()):
        raise TooLateToMove


def _put(booking: Booking, slot: SlotInfo, *, by: str) -> None:
    """Set a booking onto a slot whose seat was taken for it, if it still is where it was read."""
    old_slot_id, old_session_id, old_status = booking.slot_id, booking.session_id, booking.status
    why = f"{clock.local(booking.starts_at):%Y-%m-%d %H:%M} 改到 {clock.local(slot.starts_at):%Y-%m-%d %H:%M}"
    values: dict[str, Any] = {
        "slot_id": slot.id,
        "session_id": slot.session_id,
        "physician_id": slot.of.physician_id,
        "project_id": slot.of.project_id,
        "starts_at": slot.starts_at,
        "ends_at": slot.ends_at,
        "active_marker": 1,
        "day_reminded_at": None,
        "hours_reminded_at": None,
        "version": booking.version + 1,
    }
    moved = (
        sa.update(Booking)
        .where(Booking.id == booking.id, Booking.status == old_status, Booking.version == booking.version)
        .values(status=B.BOOKED, **values)
    )
    try:
        if not change(moved):
            raise Stale("预约已有变动，请刷新后重试")
    except IntegrityError:  # the same person sits in this slot already
        raise SameTime from None
    insert_row(
        StatusChange,
        entity=Booking.__tablename__,
        entity_id=booking.id,
        old=old_status,
        new=B.BOOKED,
        actor=by,
        reason=why,
        at=clock.now(),
    )
    if old_status is B.BOOKED:
        seats.pass_on(old_slot_id, old_session_id)
    db.session.refresh(booking)


# --- at the hospital -------------------------------------------------------------------------------------------------


def check_in(code_or_no: str, *, by: str) -> str:
    """Note that somebody has come, by number or check-in code; return the booking's number. Twice changes nothing.

    Who was noted as missed and comes late after all is let in, and the absence counts no more.

    :raises NotFound: no such number or code
    :raises NotToday: booked for another day
    :raises IllegalTransition: cancelled, to be moved, or done
    """
    found = queries.find_booking(code_or_no)
    if found is None:
        raise NotFound("没有找到这个预约，请核对二维码或预约号")
    number = found.no
    with transaction():
        booking = _held(number)
        if booking.status is B.ARRIVED:
            return number
        now = clock.now()
        if clock.hospital_day(booking.starts_at) != clock.hospital_day(now):
            raise NotToday(f"预约日期是 {clock.local(booking.starts_at):%Y-%m-%d %H:%M}，不是今天")
        was_missed = booking.status is B.MISSED
        _step(booking, B.ARRIVED, by=by, why="到院签到", arrived_at=now, ended_at=None)
        if was_missed:
            absences.take_back_absence(booking.booker_key)
    return number


def undo_check_in(booking_no: str, *, by: str) -> None:
    """Take back a check-in that was a mistake.

    :raises NotFound: there is none with this number
    :raises IllegalTransition: not checked in
    """
    with transaction():
        booking = _held(booking_no)
        if booking.status is not B.BOOKED:
            _step(booking, B.BOOKED, by=by, why="撤销签到", arrived_at=None)


def finish(booking_no: str, *, by: str) -> None:
    """Note that the appointment has taken place.

    :raises NotFound: there is none with this number
    :raises IllegalTransition: cancelled, missed, or to be moved
    """
    with transaction():
        booking = _held(booking_no)
        if booking.status is not B.DONE:
            _step(booking, B.DONE, by=by, why="就诊完成", ended_at=clock.now())


def mark_missed(booking_no: str, *, by: str) -> None:
    """Note that somebody did not come (爽约). It counts; after the set number online booking is blocked for a while.

    :raises NotFound: there is none with this number
    :raises TooEarly: the appointment has not begun
    :raises IllegalTransition: arrived, done, cancelled, or to be moved
    """
    with transaction():
        booking = _held(booking_no)
        if booking.status is B.MISSED:
            return
        if booking.starts_at > clock.now():
            raise TooEarly
        _step(booking, B.MISSED, by=by, why="未到", ended_at=clock.now())
        absences.count_absence(booking.booker_key)


def _step(booking: Booking, new: BookingStatus, *, by: str, why: str, **values: Any) -> None:
    BOOKING.move(booking, new, by=by, why=why, version=booking.version + 1, **values)


# --- the hospital closes ---------------------------------------------------------------------------------------------


def suspend(session_id: int, *, by: str, reason: str) -> list[str]:
    """Free everybody from a session that the hospital closes, and tell them; return the bookings to be moved.

    Runs in the transaction that closes the session. Its slots take nobody any more, holds and the line end, and each
    BOOKED one becomes TO_MOVE: the patient chooses another time or cancels, which never counts.

    :raises NotFound: no such session
    """
    with transaction():
        of = queries.place_of(session_id)
        # First, so that whoever takes a seat in this moment either is done or finds the slot closed.
        change(sa.update(Slot).where(Slot.session_id == session_id).values(is_open=False))
        _end_holds(session_id, by=by)
        _end_waits(session_id, of, by=by, reason=reason)
        moved = _free_booked(session_id, of, by=by, reason=reason)
        seated = (
            sa.select(sa.func.count())
            .select_from(Booking)
            .where(Booking.slot_id == Slot.id, Booking.active_marker == 1)
            .correlate(Slot)
            .scalar_subquery()
        )
        change(sa.update(Slot).where(Slot.session_id == session_id).values(taken=seated))
    return moved


def _end_holds(session_id: int, *, by: str) -> None:
    held = (
        sa.select(Hold.id)
        .join(Slot, Slot.id == Hold.slot_id)
        .where(Slot.session_id == session_id, Hold.status == HoldStatus.ACTIVE)
    )
    for hold_id in db.session.scalars(held).all():
        # One that is being confirmed in this moment is waited for; its booking is among those that follow.
        HOLD.try_move(Hold, hold_id, old=HoldStatus.ACTIVE, new=HoldStatus.RELEASED, by=by, why="停诊")


def _end_waits(session_id: int, of: Place, *, by: str, reason: str) -> None:
    first = db.session.scalar(sa.select(sa.func.min(Slot.starts_at)).where(Slot.session_id == session_id))
    in_line = sa.select(Wait).where(
        Wait.session_id == session_id, Wait.status.in_([WaitStatus.WAITING, WaitStatus.OFFERED])
    )
    for wait in db.session.scalars(in_line).all():
        ended = WAIT.try_move(
            Wait, wait.id, old=wait.status, new=WaitStatus.CLOSED, by=by, why=reason[:200], active_marker=None
        )
        if ended and first is not None:
            telling.tell_wait_closed(wait, of, starts_at=first, reason=f"停诊，候补已结束：{reason}"[:60])


def _free_booked(session_id: int, of: Place, *, by: str, reason: str) -> list[str]:
    moved: list[str] = []
    booked = sa.select(Booking).where(Booking.session_id == session_id, Booking.status == B.BOOKED).order_by(Booking.id)
    for booking in db.session.scalars(booked.execution_options(populate_existing=True)).all():
        freed = BOOKING.try_move(
            Booking,
            booking.id,
            old=B.BOOKED,
            new=B.TO_MOVE,
            by=by,
            why=reason[:200],
            active_marker=None,
            version=Booking.version + 1,
        )
        if freed:
            moved.append(booking.no)
            telling.tell(telling.CHANGED, booking, of, reason=f"停诊：{reason}。请改约其他时间"[:60])
    return moved
