"""Booking under a rush. Each guard has a twin that takes it away and must fail."""

from __future__ import annotations

import threading
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.booking.conftest import is_counted_right
from tests.concurrency.crowd import crowd
from tests.factories.booking import make_booking, make_project, make_session, slots_of
from tests.factories.patients import make_patient, make_wechat_user
from wxapp.booking import queries
from wxapp.booking.models import Booking, BookingStatus, Hold, HoldStatus, Slot
from wxapp.booking.services import changes, holds, persons, seats
from wxapp.core import clock
from wxapp.core.db import change, db, transaction

SEATS, CLIENTS = 10, 1000


def in_some_days(number: int = 3) -> Any:
    return clock.today() + timedelta(days=number)


@pytest.fixture
def slot_id(real_database: Flask) -> int:
    """A slot with ten seats."""
    with real_database.app_context():
        return slots_of(make_session(day=in_some_days(), capacity=SEATS))[0].id


def booked(app: Flask) -> int:
    with app.app_context():
        seated = sa.select(sa.func.count()).select_from(Booking).where(Booking.active_marker == 1)
        return db.session.scalar(seated) or 0


def taken(app: Flask, slot_id: int) -> int:
    with app.app_context():
        return db.session.get_one(Slot, slot_id).taken


def is_right(app: Flask) -> bool:
    with app.app_context():
        return is_counted_right()


def rush(app: Flask, slot_id: int, *, clients: int = CLIENTS) -> dict[str, int]:
    """Let everybody book this slot, each for himself."""

    def book(number: int) -> None:
        make_booking(slot_id, wechat_user_id=number, once_key=f"press-{number:06d}")

    return dict(crowd(app, [partial(book, number) for number in range(1, clients + 1)]))


# --- seats -----------------------------------------------------------------------------------------------------------


def test_of_a_thousand_clients_ten_get_one_of_ten_seats(real_database: Flask, slot_id: int) -> None:
    assert rush(real_database, slot_id) == {"done": SEATS, "slot_full": CLIENTS - SEATS}
    assert (booked(real_database), taken(real_database, slot_id)) == (SEATS, SEATS)


def test_without_the_condition_more_are_booked_than_there_are_seats(
    real_database: Flask, slot_id: int, engine_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin. On SQLite whoever writes is alone, so what was read before the transaction is trusted."""
    read: dict[int, int] = {}
    look = queries.slot_info

    def remembering(slot_id: int, *, now: Any) -> queries.SlotInfo:
        info = look(slot_id, now=now)
        read[threading.get_ident()] = info.free
        return info

    def read_compare_write(slot_id: int) -> bool:
        if engine_name == "sqlite":
            free = read[threading.get_ident()]
        else:
            row = db.session.execute(sa.select(Slot.capacity, Slot.taken).where(Slot.id == slot_id)).one()
            free = row.capacity - row.taken
        if free < 1:
            return False
        return change(sa.update(Slot).where(Slot.id == slot_id).values(taken=SEATS - free + 1)) == 1

    monkeypatch.setattr(queries, "slot_info", remembering)
    monkeypatch.setattr(seats, "try_take", read_compare_write)
    rush(real_database, slot_id, clients=200)
    assert booked(real_database) > SEATS


def test_holds_and_bookings_share_the_seats(real_database: Flask, slot_id: int) -> None:
    def hold(number: int) -> None:
        holds.hold_seat(slot_id, wechat_user_id=number, patient_id=None, by="wechat:1")

    def book(number: int) -> None:
        make_booking(slot_id, wechat_user_id=number, once_key=f"press-{number:06d}")

    works = [partial((hold, book)[number % 2], number) for number in range(1, 101)]
    assert crowd(real_database, works) == {"done": SEATS, "slot_full": 100 - SEATS}
    assert taken(real_database, slot_id) == SEATS
    assert is_right(real_database)


def test_a_button_pressed_twenty_times_at_once_books_once(real_database: Flask, slot_id: int) -> None:
    def press() -> None:
        make_booking(slot_id, wechat_user_id=1, once_key="the-same-key")

    assert crowd(real_database, [press] * 20) == {"done": 20}
    assert (booked(real_database), taken(real_database, slot_id)) == (1, 1)


def test_a_time_pressed_twenty_times_at_once_keeps_one_seat(real_database: Flask, slot_id: int) -> None:
    with real_database.app_context():
        user_id = make_wechat_user().id

    def press() -> None:
        holds.hold_seat(slot_id, wechat_user_id=user_id, patient_id=None, by="wechat:1")

    assert crowd(real_database, [press] * 20) == {"done": 20}
    assert taken(real_database, slot_id) == 1


# --- one person ------------------------------------------------------------------------------------------------------


def overlapping(app: Flask) -> list[int]:
    """Make twelve slots that all share a moment."""
    with app.app_context():
        project_id = make_project().id
        made = [
            make_session(
                project_id=project_id, day=in_some_days(), starts=f"09:{minute:02d}", ends="10:30", slot_minutes=30
            )
            for minute in range(12)
        ]
        return [slots_of(session)[0].id for session in made]


def book_at_once(app: Flask, slot_ids: list[int]) -> dict[str, int]:
    """Let one patient book all of these in the same moment, each in a tab of its own."""
    with app.app_context():
        patient_id = make_patient().id

    def book(slot_id: int) -> None:
        make_booking(slot_id, wechat_user_id=1, patient_id=patient_id, once_key=f"tab-{slot_id:08d}")

    return dict(crowd(app, [partial(book, slot_id) for slot_id in slot_ids]))


def test_tabs_of_one_patient_at_overlapping_times_book_once(real_database: Flask) -> None:
    assert book_at_once(real_database, overlapping(real_database)) == {"done": 1, "same_time": 11}


def test_without_holding_the_person_one_sits_in_several_places(
    real_database: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: both tabs look before either writes."""
    both_have_looked = threading.Barrier(2)
    look = persons.check_person

    def look_and_wait(*given: Any, **named: Any) -> None:
        look(*given, **named)
        both_have_looked.wait(timeout=30)

    monkeypatch.setattr(persons, "check_person", look_and_wait)
    monkeypatch.setattr(persons, "hold_booker", lambda _key: None)
    assert book_at_once(real_database, overlapping(real_database)[:2]) == {"done": 2}


def test_bookings_of_one_patient_at_once_do_not_pass_the_limit(real_database: Flask) -> None:
    with real_database.app_context():
        slot_ids = [slot.id for slot in slots_of(make_session(day=in_some_days(), starts="08:00", ends="18:00"))]
    assert book_at_once(real_database, slot_ids) == {"done": 3, "too_many_open_bookings": len(slot_ids) - 3}


# --- a hold ends once ------------------------------------------------------------------------------------------------


def test_of_confirming_expiring_and_letting_go_one_happens(real_database: Flask) -> None:
    with real_database.app_context():
        slot_ids = [slot.id for slot in slots_of(make_session(day=in_some_days(), starts="08:00", ends="14:00"))]
    for number, slot_id in enumerate(slot_ids, start=1):
        with real_database.app_context():
            hold_id = holds.hold_seat(slot_id, wechat_user_id=number, patient_id=None, by="wechat:1")

        def confirm(slot_id: int = slot_id, number: int = number, hold_id: int = hold_id) -> None:
            make_booking(slot_id, wechat_user_id=number, once_key=f"press-{number:06d}", hold_id=hold_id)

        def expire(hold_id: int = hold_id) -> None:
            with transaction():
                seats.end_hold(db.session.get_one(Hold, hold_id), HoldStatus.EXPIRED, by="system:tests")

        def let_go(hold_id: int = hold_id) -> None:
            holds.let_go(db.session.get_one(Hold, hold_id), by="wechat:1")

        crowd(real_database, [confirm, expire, let_go, expire, let_go])
        with real_database.app_context():
            status = db.session.get_one(Hold, hold_id).status
            assert db.session.get_one(Slot, slot_id).taken == (status is HoldStatus.USED)
    assert is_right(real_database)


def test_without_the_status_in_the_update_a_held_seat_is_given_back_twice(
    real_database: Flask, slot_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: a hold that is ended on what was read. Both have read before either writes."""
    both_have_read = threading.Barrier(2)
    with real_database.app_context():
        make_booking(slot_id, wechat_user_id=7)
        hold_id = holds.hold_seat(slot_id, wechat_user_id=1, patient_id=None, by="wechat:1")

    def trusting(_hold_id: int, _wait_id: int | None, new: HoldStatus, *, by: str) -> bool:
        change(sa.update(Hold).where(Hold.id == hold_id).values(status=new))
        return True

    def end() -> None:
        hold = db.session.get_one(Hold, hold_id)
        assert hold.status is HoldStatus.ACTIVE
        both_have_read.wait(timeout=30)
        with transaction():
            seats.end_hold(hold, HoldStatus.EXPIRED, by="system:tests")

    monkeypatch.setattr(seats, "_end", trusting)
    crowd(real_database, [end] * 2)
    assert taken(real_database, slot_id) == 0
    assert booked(real_database) == 1


# --- a booking ends once ---------------------------------------------------------------------------------------------


def cancel_at_once(app: Flask, slot_id: int) -> None:
    with app.app_context():
        make_booking(slot_id, wechat_user_id=1)
        number = make_booking(slot_id, wechat_user_id=2)

    def cancel() -> None:
        changes.cancel(number, by="wechat:2", reason="患者取消")

    crowd(app, [cancel] * 20)


def test_cancelled_twenty_times_at_once_a_seat_comes_back_once(real_database: Flask, slot_id: int) -> None:
    cancel_at_once(real_database, slot_id)
    assert taken(real_database, slot_id) == 1
    assert is_right(real_database)


def test_without_the_status_in_the_update_a_cancelled_seat_comes_back_twice(
    real_database: Flask, slot_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: a state machine that trusts what was read, and nobody who lets one after the other pass."""
    both_have_read = threading.Barrier(2)
    with real_database.app_context():
        make_booking(slot_id, wechat_user_id=1)
        number = make_booking(slot_id, wechat_user_id=2)

    def cancel() -> None:
        read = queries.get_booking(number)
        assert read.status is BookingStatus.BOOKED
        seat = read.slot_id, read.session_id
        both_have_read.wait(timeout=30)
        with transaction():
            change(sa.update(Booking).where(Booking.no == number).values(status=BookingStatus.CANCELLED))
            seats.pass_on(*seat)

    crowd(real_database, [cancel] * 2)
    assert taken(real_database, slot_id) == 0


def test_of_moving_and_cancelling_at_once_no_seat_is_lost(real_database: Flask) -> None:
    with real_database.app_context():
        slots = [
            slot.id for slot in slots_of(make_session(day=in_some_days(), starts="08:00", ends="12:00", capacity=2))
        ]
    for number in range(1, 9):
        with real_database.app_context():
            booking_no = make_booking(slots[number % 4], wechat_user_id=number)

        def move(booking_no: str = booking_no, to: int = slots[4 + number % 4]) -> None:
            changes.move(booking_no, to, by="wechat:1", seen_version=1)

        def cancel(booking_no: str = booking_no) -> None:
            changes.cancel(booking_no, by="wechat:1", reason="患者取消")

        crowd(real_database, [move, cancel, move])
        assert is_right(real_database)


# --- closing a session -----------------------------------------------------------------------------------------------


def close_while_people_book(app: Flask) -> None:
    """Let people book, confirm what they hold, and cancel, while the hospital closes the session."""
    with app.app_context():
        session = make_session(day=in_some_days(), starts="08:00", ends="12:00", capacity=5)
        slots, session_id = [slot.id for slot in slots_of(session)], session.id
        held = {
            number: holds.hold_seat(slots[number % 8], wechat_user_id=number, patient_id=None, by="wechat:1")
            for number in range(1, 9)
        }
        made = [make_booking(slots[number % 8], wechat_user_id=number) for number in range(101, 109)]

    def book(number: int) -> None:
        make_booking(slots[number % 8], wechat_user_id=number, once_key=f"press-{number:06d}")

    def confirm(number: int) -> None:
        make_booking(slots[number % 8], wechat_user_id=number, once_key=f"press-{number:06d}", hold_id=held[number])

    def cancel(booking_no: str) -> None:
        changes.cancel(booking_no, by="wechat:1", reason="患者取消")

    def close() -> None:
        changes.suspend(session_id, by="staff:1", reason="停电")

    works = [*[partial(book, number) for number in range(201, 213)], *[partial(confirm, number) for number in held]]
    works += [partial(cancel, number) for number in made]
    crowd(app, [*works[::2], close, *works[1::2]])


def left_sitting(app: Flask) -> tuple[int, int]:
    """Return how many are booked in closed slots, and how many seats such slots count."""
    with app.app_context():
        sitting = (
            sa.select(sa.func.count())
            .select_from(Booking)
            .join(Slot, Slot.id == Booking.slot_id)
            .where(~Slot.is_open, Booking.status == BookingStatus.BOOKED)
        )
        counted = sa.select(sa.func.coalesce(sa.func.sum(Slot.taken), 0)).where(~Slot.is_open)
        return db.session.scalar(sitting) or 0, int(db.session.scalar(counted) or 0)


def test_nobody_stays_in_a_session_that_closes_while_people_book(real_database: Flask) -> None:
    for _ in range(3):
        close_while_people_book(real_database)
    assert left_sitting(real_database) == (0, 0)
    assert is_right(real_database)


@pytest.mark.mariadb
def test_without_the_open_slot_in_the_update_somebody_is_booked_after_the_closing(
    real_database: Flask, slot_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: a seat that is taken whether or not the slot is open, by somebody who has looked before."""
    has_looked, is_closed = threading.Event(), threading.Event()
    hold_booker = persons.hold_booker

    def slow(key: str) -> None:
        hold_booker(key)
        has_looked.set()
        is_closed.wait(timeout=30)

    monkeypatch.setattr(persons, "hold_booker", slow)
    unconditional = sa.update(Slot).where(Slot.id == sa.bindparam("slot_id")).values(taken=Slot.taken + 1)
    monkeypatch.setattr(seats, "_TAKE", unconditional)
    with real_database.app_context():
        session_id = db.session.get_one(Slot, slot_id).session_id

    def close() -> None:
        has_looked.wait(timeout=30)
        changes.suspend(session_id, by="staff:1", reason="停电")
        is_closed.set()

    crowd(real_database, [lambda: make_booking(slot_id, wechat_user_id=1), close])
    assert left_sitting(real_database)[0] == 1
