"""Booking, changing and closing: every rule, refusal, retry and double press."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from tests.booking.conftest import count_bookings, is_counted_right, taken_of
from tests.booking.steps import get, hold, setting, told
from tests.factories.booking import CONTACT, make_booking, make_physician, make_session, slots_of
from tests.factories.patients import make_patient
from wxapp.booking import errors, queries, settings
from wxapp.booking.models import BookingStatus, HoldStatus, Source
from wxapp.booking.services import absences, bookings, changes, holds, persons
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.errors import IllegalTransition, Invalid, NotFound
from wxapp.core.idempotency import KeyReused
from wxapp.payments.subjects import Bookable

Move = Callable[[str | timedelta], None]
pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture(autouse=True)
def _counted(app: Flask, database: None) -> object:
    yield
    assert is_counted_right()


# --- booking ---------------------------------------------------------------------------------------------------------


def test_a_booking_takes_a_seat_and_is_told() -> None:
    patient = make_patient(name="林小满")
    slot = slots_of(make_session(physician_id=make_physician().id))[0]
    number = make_booking(slot, patient_id=patient.id)
    booking = get(number)
    assert (booking.status, booking.starts_at, booking.booker_key) == (
        BookingStatus.BOOKED,
        slot.starts_at,
        f"patient:{patient.id}",
    )
    assert number.startswith("B260302")
    assert len(booking.code) == 12
    assert taken_of(slot) == 1
    message = told("pt_booking_0000001")[0]
    assert (message.receiver_kind, message.receiver_id) == ("patient", patient.id)
    assert "林*" in message.body
    assert "心内科 林秀英" in message.body
    assert message.path == f"/bookings/{number}"


def test_a_slot_is_booked_no_further_than_its_seats() -> None:
    slot = slots_of(make_session(capacity=2))[0]
    make_booking(slot)
    make_booking(slot)
    with pytest.raises(errors.SlotFull):
        make_booking(slot)
    assert taken_of(slot) == 2


def test_the_same_key_books_once_also_when_the_slot_is_full_now() -> None:
    slot = slots_of(make_session(capacity=1))[0]
    first = make_booking(slot, wechat_user_id=1, once_key="the-same-key")
    assert make_booking(slot, wechat_user_id=1, once_key="the-same-key") == first
    assert count_bookings() == 1
    with pytest.raises(KeyReused):
        make_booking(slot, wechat_user_id=2, once_key="the-same-key")


def test_a_person_has_one_appointment_at_a_time() -> None:
    day = clock.today() + timedelta(days=1)
    one = make_session(day=day, starts="09:00", ends="10:00", capacity=2)
    other = make_session(day=day, starts="09:15", ends="09:45")
    patient = make_patient()
    make_booking(slots_of(one)[0], patient_id=patient.id)
    with pytest.raises(errors.SameTime):
        make_booking(slots_of(other)[0], patient_id=patient.id)
    with pytest.raises(errors.SameTime):
        make_booking(slots_of(one)[0], patient_id=patient.id, source=Source.PHONE)
    # The end of one may be the beginning of the next.
    make_booking(slots_of(one)[1], patient_id=patient.id)


@pytest.mark.parametrize(
    ("starts", "ends", "is_free"),
    [
        ("09:40", "09:50", False),  # inside
        ("09:00", "11:00", False),  # around
        ("09:15", "09:31", False),  # over the beginning
        ("09:59", "10:30", False),  # over the end
        ("09:00", "09:30", True),  # ends when the other begins
        ("10:00", "10:30", True),  # begins when the other ends
    ],
)  # fmt: skip
def test_half_open_stretches_overlap(starts: str, ends: str, is_free: bool) -> None:
    day, patient = clock.today() + timedelta(days=1), make_patient()
    make_booking(slots_of(make_session(day=day, starts="09:30", ends="10:00"))[0], patient_id=patient.id)
    length = {"09:40": 10, "09:00": 120 if ends == "11:00" else 30, "09:15": 16, "09:59": 31, "10:00": 30}[starts]
    other = slots_of(make_session(day=day, starts=starts, ends=ends, slot_minutes=length))[0]
    if is_free:
        make_booking(other, patient_id=patient.id)
    else:
        with pytest.raises(errors.SameTime):
            make_booking(other, patient_id=patient.id)


def test_a_person_has_no_more_appointments_ahead_than_allowed() -> None:
    patient = make_patient()
    slots = slots_of(make_session())
    numbers = [make_booking(slot, patient_id=patient.id) for slot in slots[:3]]
    with pytest.raises(errors.TooManyOpen, match="3个"):
        make_booking(slots[3], patient_id=patient.id)
    changes.cancel(numbers[0], by="wechat:1", reason="患者取消")
    make_booking(slots[3], patient_id=patient.id)


def test_staff_book_beyond_the_limit_of_online_booking() -> None:
    patient = make_patient()
    for slot in slots_of(make_session()):
        make_booking(slot, patient_id=patient.id, wechat_user_id=None, source=Source.PHONE)
    assert count_bookings() == 4


@pytest.mark.parametrize(
    ("over", "refusal"),
    [
        ({"starts": "09:00", "ends": "09:30", "days": 0}, errors.SlotClosed),  # begun an hour ago
        ({"starts": "10:00", "ends": "10:30", "days": 0}, errors.SlotClosed),  # begins now
        ({"starts": "10:20", "ends": "10:50", "days": 0}, errors.SlotClosed),  # nearer than the notice
        ({"released_in": timedelta(minutes=1)}, errors.NotReleased),
    ],
)  # fmt: skip
def test_times_that_are_not_to_be_booked_online(over: dict[str, object], refusal: type[Exception]) -> None:
    day = clock.today() + timedelta(days=over.pop("days", 1))
    released_at = clock.now() + over.pop("released_in", timedelta(days=-1))
    slot = slots_of(make_session(day=day, released_at=released_at, **over))[0]
    with pytest.raises(refusal):
        make_booking(slot)
    with pytest.raises(refusal):
        hold(slot, 1)
    assert taken_of(slot) == 0


def test_staff_book_until_the_end_of_a_slot_and_before_its_release() -> None:
    now = make_session(day=clock.today(), starts="09:45", ends="10:15")
    make_booking(slots_of(now)[0], source=Source.PHONE)
    later = make_session(released_at=clock.now() + timedelta(days=1))
    make_booking(slots_of(later)[0], source=Source.PHONE)
    over = make_session(day=clock.today(), starts="09:00", ends="10:00")
    with pytest.raises(errors.SlotClosed):
        make_booking(slots_of(over)[0], source=Source.PHONE)


def test_online_booking_can_be_switched_off() -> None:
    slot = slots_of(make_session())[0]
    setting(settings.ONLINE, False)
    with pytest.raises(errors.OnlineBookingOff):
        make_booking(slot)
    make_booking(slot, source=Source.PHONE)


def test_a_slot_that_is_not_there() -> None:
    with pytest.raises(NotFound):
        make_booking(999_999)


def test_an_order_that_is_not_the_patients_is_refused_beside_its_field() -> None:
    slot = slots_of(make_session())[0]
    with pytest.raises(Invalid) as refused:
        make_booking(slot, patient_id=make_patient().id, contact=replace(CONTACT, order_no="N2026030210001"))
    assert list(refused.value.errors) == ["order_no"]


def test_of_two_bookings_for_one_order_at_once_one_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = slots_of(make_session())[:2]
    patient_id = make_patient().id
    contact = replace(CONTACT, order_no="N2026030210001")
    monkeypatch.setattr(bookings.subjects, "bookable_of", lambda _: [Bookable("N2026030210001", "入职体检套餐")])
    held, faster = persons.hold_booker, [second]

    def hold_after_another(key: str) -> None:
        if faster:
            make_booking(faster.pop(), patient_id=patient_id, contact=contact)
        held(key)

    monkeypatch.setattr(persons, "hold_booker", hold_after_another)
    # The other one is part of the refused transaction here, so it is gone as well: what counts is the refusal.
    with pytest.raises(Invalid) as refused:
        make_booking(first, patient_id=patient_id, contact=contact)
    assert list(refused.value.errors) == ["order_no"]


def test_somebody_known_by_phone_only_books_at_one_time_once() -> None:
    one, other = make_session(starts="09:00", ends="10:00"), make_session(starts="09:00", ends="10:00")
    make_booking(slots_of(one)[0], wechat_user_id=None, source=Source.PHONE)
    with pytest.raises(errors.SameTime):
        make_booking(slots_of(other)[0], wechat_user_id=None, source=Source.PHONE)


# --- holds -----------------------------------------------------------------------------------------------------------


def test_a_hold_keeps_the_seat_and_becomes_the_booking() -> None:
    slot = slots_of(make_session(capacity=1))[0]
    hold_id = hold(slot, 1)
    with pytest.raises(errors.SlotFull):
        make_booking(slot, wechat_user_id=2)
    make_booking(slot, wechat_user_id=1, hold_id=hold_id)
    assert taken_of(slot) == 1
    assert queries.own_hold(1, hold_id).status is HoldStatus.USED


def test_choosing_twice_keeps_one_seat_and_lengthens_nothing(at: Move) -> None:
    slot = slots_of(make_session())[0]
    first = hold(slot, 1)
    at(timedelta(minutes=2))
    assert hold(slot, 1) == first
    at(timedelta(minutes=3))
    assert hold(slot, 1) != first


def test_choosing_another_lets_the_first_one_go() -> None:
    one, other = slots_of(make_session(capacity=1))[:2]
    first = hold(one, 1)
    hold(other, 1)
    assert (taken_of(one), taken_of(other)) == (0, 1)
    with pytest.raises(errors.HoldExpired):
        make_booking(one, wechat_user_id=1, hold_id=first)


def test_a_hold_that_ran_out_is_refused_and_frees_its_seat_without_any_job(at: Move) -> None:
    slot = slots_of(make_session(capacity=1))[0]
    hold_id = hold(slot, 1)
    at(timedelta(minutes=5))
    with pytest.raises(errors.HoldExpired):
        make_booking(slot, wechat_user_id=1, hold_id=hold_id)
    make_booking(slot, wechat_user_id=2)
    db.session.expire_all()
    assert queries.own_hold(1, hold_id).status is HoldStatus.EXPIRED


def test_a_foreign_hold_is_not_there() -> None:
    one, other = slots_of(make_session())[:2]
    hold_id = hold(one, 1)
    with pytest.raises(NotFound):
        make_booking(one, wechat_user_id=2, hold_id=hold_id)
    with pytest.raises(NotFound):
        make_booking(other, wechat_user_id=1, hold_id=hold_id)
    with pytest.raises(NotFound):
        make_booking(one, wechat_user_id=1, hold_id=999_999)


def test_a_hold_is_let_go_once() -> None:
    slot = slots_of(make_session())[0]
    kept = queries.own_hold(1, hold(slot, 1))
    holds.let_go(kept, by="wechat:1")
    holds.let_go(kept, by="wechat:1")
    assert taken_of(slot) == 0


def test_the_job_ends_what_ran_out(at: Move) -> None:
    slot = slots_of(make_session())[0]
    hold(slot, 1)
    assert holds.expire_overdue(limit=10) == 0
    at(timedelta(minutes=5))
    assert holds.expire_overdue(limit=10) == 1
    assert taken_of(slot) == 0


def test_what_would_be_refused_in_the_end_is_refused_when_choosing() -> None:
    one, other = make_session(), make_session()
    make_booking(slots_of(one)[0], wechat_user_id=1)
    with pytest.raises(errors.SameTime):
        hold(slots_of(other)[0], 1)


# --- cancelling ------------------------------------------------------------------------------------------------------


def test_cancelling_frees_the_seat_once() -> None:
    slot = slots_of(make_session(day=clock.today() + timedelta(days=3)))[0]
    number = make_booking(slot)
    for _press in range(2):
        changes.cancel(number, by="wechat:1", reason="患者取消")
    booking = get(number)
    assert (booking.status, booking.is_late_cancel, taken_of(slot)) == (BookingStatus.CANCELLED, False, 0)
    make_booking(slot)


def test_cancelling_late_counts_and_may_be_switched_off(at: Move) -> None:
    slots = slots_of(make_session())
    numbers = [make_booking(slot, wechat_user_id=1) for slot in slots[:2]]
    changes.cancel(numbers[0], by="wechat:1", reason="患者取消")
    assert get(numbers[0]).is_late_cancel
    assert absences.absences_of("wechat:1") == 1
    setting(settings.LATE_CANCEL, False)
    with pytest.raises(errors.TooLateToCancel):
        changes.cancel(numbers[1], by="wechat:1", reason="患者取消")
    setting(settings.LATE_CANCEL, True)
    at("2026-03-03 09:30")
    with pytest.raises(errors.TooLateToCancel):
        changes.cancel(numbers[1], by="wechat:1", reason="患者取消")


def test_staff_cancel_at_any_time_without_a_mark_and_the_patient_is_told(at: Move) -> None:
    number = make_booking(slots_of(make_session())[0], patient_id=make_patient().id)
    at("2026-03-03 10:30")
    changes.cancel(number, by="staff:1", reason="医生临时手术", is_staff=True)
    assert not get(number).is_late_cancel
    assert "医生临时手术" in told("pt_booking_0000003")[0].body


def test_what_is_over_is_not_cancelled(at: Move) -> None:
    number = make_booking(slots_of(make_session(day=clock.today(), starts="11:00", ends="12:00"))[0])
    changes.check_in(number, by="staff:1")
    with pytest.raises(IllegalTransition):
        changes.cancel(number, by="staff:1", reason="x", is_staff=True)
