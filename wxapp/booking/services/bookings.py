"""Booking a time: a seat is taken, the person has no other appointment then, and hears of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError

from wxapp.booking import queries, rules, settings, timetable
from wxapp.booking.errors import HoldExpired, NotReleased, OnlineBookingOff, SameTime, SlotClosed, SlotFull
from wxapp.booking.models import Booking, BookingStatus, Hold, HoldStatus, Source, Wait, WaitStatus
from wxapp.booking.queries import SlotInfo
from wxapp.booking.services import persons, seats, telling
from wxapp.booking.states import HOLD, WAIT
from wxapp.booking.timetable import Period
from wxapp.core import clock, ids
from wxapp.core.db import db, insert_row
from wxapp.core.errors import DomainError, Invalid, NotFound
from wxapp.core.idempotency import find_answer, fingerprint, once
from wxapp.core.limits import Limit
from wxapp.messages.services import notify
from wxapp.payments import subjects

PER_USER = Limit("booking.book", count=40, seconds=3600, message="预约过于频繁，请稍后再试")
"""Of bookings that need no hold before; holds have a limit of their own."""

_NUMBER_TRIES = 3


@dataclass(frozen=True)
class Contact:
    """Who comes, as filled in. ``order_no`` is the check-up order that was bought before."""

    name: str
    phone: str
    id_number: str = ""
    remark: str = ""
    order_no: str = ""


@dataclass(frozen=True)
class Who:
    """For whom a time is booked, and by whom."""

    contact: Contact
    wechat_user_id: int | None
    patient_id: int | None
    source: Source
    by: str

    @property
    def key(self) -> str:
        return persons.key_of(patient_id=self.patient_id, wechat_user_id=self.wechat_user_id, phone=self.contact.phone)

    @property
    def is_online(self) -> bool:
        return self.source is not Source.PHONE


def book(
    slot_id: int,
    contact: Contact,
    *,
    wechat_user_id: int | None,
    patient_id: int | None,
    source: Source,
    by: str,
    once_key: str,
    hold_id: int | None = None,
) -> str:
    """Book a time and return the booking's number; the same key gives the same booking, however often it comes.

    ``Source.PHONE`` is staff's door: until the end of the slot, before its release, and without the limits that hold
    online. Capacity and overlapping times hold for everybody.

    :param hold_id: a hold of this WeChat user on this slot, whose seat the booking takes over
    :raises NotFound: no such slot, or no such hold of this user
    :raises SlotFull: no seat is left
    :raises SlotClosed: closed by the hospital, or too late
    :raises NotReleased: not yet to be booked online
    :raises OnlineBookingOff: staff have switched online booking off
    :raises SameTime: the person has an appointment that overlaps
    :raises TooManyOpen: the person has too many appointments ahead
    :raises BookerBlocked: the person stayed away too often
    :raises HoldExpired: the hold ran out or was let go
    """
    who = Who(contact, wechat_user_id, patient_id, source, by)
    asked = {
        "slot": slot_id,
        "contact": asdict(contact),
        "user": wechat_user_id,
        "patient": patient_id,
        "hold": hold_id,
    }

    def write() -> str:
        now = clock.now()
        slot = queries.slot_info(slot_id, now=now)
        check_slot(slot, now=now, is_online=who.is_online)
        hold = _own_hold(hold_id, slot, wechat_user_id, now=now) if hold_id is not None else None
        if hold is None and slot.free < 1:  # a courtesy; the guard is in take_seat
            raise SlotFull
        return _once(who, once_key, asked, lambda: _write(slot, who, hold))

    return _answer_or(who, once_key, asked, write)


def book_in_period(
    project_id: int, day: date, period: Period, contact: Contact, *, wechat_user_id: int, patient_id: int | None,
    by: str, once_key: str,
) -> str:  # fmt: skip
    """Book the earliest time of a project that is free in this part of the day; return the booking's number.

    Of times that others take in this moment the next one is tried.

    :raises TooManyRequests: this user books too often
    :raises SlotFull: nothing is free then
    :raises SameTime: all that is free overlaps with appointments of this person
    """
    who = Who(contact, wechat_user_id, patient_id, Source.ONLINE, by)
    asked = {
        "project": project_id, "day": day, "period": period, "contact": asdict(contact), "user": wechat_user_id,
        "patient": patient_id,
    }  # fmt: skip

    def write() -> str:
        PER_USER.hit(str(wechat_user_id))
        now = clock.now()
        found = timetable.free_times(timetable.Whose(project_id=project_id), day, day, now=now)
        wanted = [time.slot_id for time in found if time.period is period and time.can_be_booked]
        if not wanted:
            raise SlotFull("该时段已约满，请选择其他时段")
        return _once(who, once_key, asked, lambda: _write_first(wanted, who))

    return _answer_or(who, once_key, asked, write)


def find_accepted(who: Who, wait_id: int, once_key: str) -> str | None:
    """Return the booking that this press of "accept" has made before."""
    return find_answer(_scope(who), once_key, fingerprint({"wait": wait_id}))


def accept_offer(hold: Hold, who: Who, *, once_key: str) -> str:
    """Turn the seat that is kept for somebody in line into a booking; return its number.

    :raises HoldExpired: too late
    :raises SlotClosed: the hospital has closed the session
    """
    slot = queries.slot_info(hold.slot_id, now=clock.now())
    if not slot.is_open:
        raise SlotClosed
    return _once(who, once_key, {"wait": hold.wait_id}, lambda: _write(slot, who, hold))


def check_slot(slot: SlotInfo, *, now: datetime, is_online: bool) -> None:
    """:raises SlotClosed, NotReleased, OnlineBookingOff: this time is not to be booked now through this door"""
    if not is_online:
        if not slot.is_open or slot.ends_at <= now:
            raise SlotClosed
        return
    if not settings.ONLINE():
        raise OnlineBookingOff
    if not slot.is_open or slot.starts_at < now + timedelta(minutes=settings.NOTICE_MINUTES()) or slot.starts_at <= now:
        raise SlotClosed
    if slot.released_at > now:
        raise NotReleased


def check_order(order_no: str, patient_id: int | None) -> None:
    """Make sure that a check-up order, if one is named, is this patient's and can be used for a booking.

    True for good only while the patient is held as a booker: one order is for one appointment at a time.

    :raises Invalid: beside the field ``order_no``
    """
    if order_no and order_no not in {one.no for one in bookable_orders(patient_id)}:
        raise Invalid({"order_no": "该订单不能用于预约，请重新选择"})


def bookable_orders(patient_id: int | None) -> list[subjects.Bookable]:
    """Return the check-up orders for which a patient may still book."""
    if patient_id is None:
        return []
    found = subjects.bookable_of(patient_id)
    used = queries.order_numbers_in_use(patient_id) if found else set()
    return [one for one in found if one.no not in used]


def _own_hold(hold_id: int, slot: SlotInfo, wechat_user_id: int | None, *, now: datetime) -> Hold:
    hold = db.session.get(Hold, hold_id, populate_existing=True)
    if hold is None or wechat_user_id is None or (hold.wechat_user_id, hold.slot_id) != (wechat_user_id, slot.id):
        raise NotFound
    if hold.wait_id is not None:  # an offer is accepted on its own page
        raise NotFound
    if hold.expires_at <= now or hold.status is not HoldStatus.ACTIVE:
        raise HoldExpired
    return hold


def _scope(who: Who) -> str:
    return f"{who.by}/booking.book"


def _answer_or(who: Who, key: str, asked: Mapping[str, Any], write: Callable[[], str]) -> str:
    # Looked up before anything is refused: a second press gets the first answer, also when the place is full now.
    if (number := find_answer(_scope(who), key, fingerprint(asked))) is not None:
        return number
    return write()


def _once(who: Who, key: str, asked: Mapping[str, Any], work: Callable[[], str]) -> str:
    for attempt in range(1, _NUMBER_TRIES + 1):
        try:
            return once(_scope(who), key, asked, work, was_looked_up=True)
        except IntegrityError:  # a number is six random digits: some day there are two alike
            if attempt == _NUMBER_TRIES:
                raise
    raise AssertionError("unreachable")


def _write_first(slot_ids: list[int], who: Who) -> str:
    """Book the first of these times that works out."""
    persons.hold_booker(who.key)
    check_order(who.contact.order_no, who.patient_id)
    now = clock.now()
    refusal: DomainError = SlotFull("该时段已约满，请选择其他时段")
    for slot_id in slot_ids:
        slot = queries.slot_info(slot_id, now=now)
        try:
            check_slot(slot, now=now, is_online=True)
            persons.check_person(who.key, slot, now=now, is_online=True)
            seats.take_seat(slot.id, slot.session_id)
        except (SlotFull, SlotClosed):
            continue
        except SameTime as same:
            refusal = same
            continue
        return _insert(slot, who, now=now)
    raise refusal


def _write(slot: SlotInfo, who: Who, hold: Hold | None) -> str:
    now = clock.now()
    key = who.key
    persons.hold_booker(key)
    check_order(who.contact.order_no, who.patient_id)
    persons.check_person(key, slot, now=now, is_online=who.is_online)
    if hold is None:
        seats.take_seat(slot.id, slot.session_id)
    else:
        use_hold(hold, by=who.by)
    return _insert(slot, who, now=now)


def use_hold(hold: Hold, *, by: str) -> None:
    """End a hold whose seat somebody takes over; of this, its expiry and its release exactly one happens.

    :raises HoldExpired: it has ended already, or its time is over
    """
    if hold.expires_at <= clock.now() or not HOLD.try_move(
        Hold, hold.id, old=HoldStatus.ACTIVE, new=HoldStatus.USED, by=by
    ):
        raise HoldExpired
    if hold.wait_id is not None:
        WAIT.try_move(Wait, hold.wait_id, old=WaitStatus.OFFERED, new=WaitStatus.ACCEPTED, by=by, active_marker=None)


def _insert(slot: SlotInfo, who: Who, *, now: datetime) -> str:
    number = rules.booking_number(clock.hospital_day(now), ids.digits(6))
    contact = who.contact
    booking_id = insert_row(
        Booking,
        no=number,
        code=ids.digits(12),
        slot_id=slot.id,
        session_id=slot.session_id,
        physician_id=slot.of.physician_id,
        project_id=slot.of.project_id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        booker_key=who.key,
        active_marker=1,
        wechat_user_id=who.wechat_user_id,
        patient_id=who.patient_id,
        contact_name=contact.name,
        contact_phone=contact.phone,
        contact_id_number=contact.id_number,
        contact_name_index=queries.name_index(contact.name),
        contact_phone_index=queries.phone_index(contact.phone),
        order_no=contact.order_no,
        remark=contact.remark,
        source=who.source,
        status=BookingStatus.BOOKED,
        made_at=now,
        made_by=who.by,
    )
    notify(
        telling.BOOKED,
        telling.receiver_of(booking_id=booking_id, patient_id=who.patient_id, wechat_user_id=who.wechat_user_id),
        telling.fields(number, contact.name, slot.of, slot.starts_at),
    )
    return number
