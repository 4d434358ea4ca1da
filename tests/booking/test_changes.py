"""What becomes of a booking: moved, arrived, missed, closed by the hospital."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.booking.conftest import is_counted_right, taken_of
from tests.booking.steps import get, hold, setting, told
from tests.factories.booking import make_booking, make_physician, make_session, slots_of
from tests.factories.patients import make_patient, make_wechat_user
from wxapp.booking import errors, queries, settings
from wxapp.booking.models import Booking, BookingStatus, HoldStatus, Source
from wxapp.booking.services import absences, changes
from wxapp.core import clock
from wxapp.core.db import change, transaction
from wxapp.core.errors import NotFound, Stale
from wxapp.core.states import history

Move = Callable[[str | timedelta], None]
pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture(autouse=True)
def _counted(app: Flask, database: None) -> object:
    yield
    assert is_counted_right()


# --- moving ----------------------------------------------------------------------------------------------------------


def test_moving_keeps_the_number_and_frees_the_old_seat() -> None:
    physician = make_physician()
    one = make_session(physician_id=physician.id, day=clock.today() + timedelta(days=3))
    other = make_session(physician_id=physician.id, day=clock.today() + timedelta(days=4))
    old, new = slots_of(one)[0], slots_of(other)[1]
    number = make_booking(old, patient_id=make_patient().id)
    changes.move(number, new.id, by="wechat:1", seen_version=1)
    booking = get(number)
    assert (booking.slot_id, booking.session_id, booking.starts_at, booking.version) == (
        new.id,
        other.id,
        new.starts_at,
        2,
    )
    assert (taken_of(old), taken_of(new)) == (0, 1)
    assert "2026-03-05 09:00 改到 2026-03-06 09:30" in history(booking)[-1].reason
    assert len(told("pt_booking_0000001")) == 2
    with pytest.raises(Stale):
        changes.move(number, old.id, by="wechat:1", seen_version=1)


def test_patients_move_within_the_same_physician_and_in_time(at: Move) -> None:
    in_three_days = clock.today() + timedelta(days=3)
    one, other = make_session(day=in_three_days), make_session(day=in_three_days)
    number = make_booking(slots_of(one)[0])
    with pytest.raises(errors.OtherSubject):
        changes.move(number, slots_of(other)[2].id, by="wechat:1")
    with pytest.raises(errors.SameSlot):
        changes.move(number, slots_of(one)[0].id, by="wechat:1")
    with pytest.raises(NotFound):
        changes.move(number, 999_999, by="wechat:1")
    at("2026-03-04 09:01")
    with pytest.raises(errors.TooLateToMove):
        changes.move(number, slots_of(one)[1].id, by="wechat:1")
    changes.move(number, slots_of(other)[2].id, by="staff:1", is_staff=True)
    assert get(number).project_id == other.project_id
    assert "医院已为您改到此时间" in told("pt_booking_0000003")[0].body


def test_a_booking_moves_to_a_time_that_overlaps_only_with_itself() -> None:
    day = clock.today() + timedelta(days=3)
    project = make_session(day=day, starts="09:00", ends="10:00").project_id
    other = make_session(project_id=project, day=day, starts="09:15", ends="09:45")
    one = make_session(project_id=project, day=day, starts="09:00", ends="09:30")
    number = make_booking(slots_of(one)[0], wechat_user_id=5)
    changes.move(number, slots_of(other)[0].id, by="wechat:5")
    later = make_session(project_id=project, day=day, starts="10:00", ends="10:30")
    second = make_booking(slots_of(later)[0], wechat_user_id=5)
    with pytest.raises(errors.SameTime):
        changes.move(second, slots_of(one)[0].id, by="wechat:5")


def test_moving_to_a_full_slot_leaves_everything() -> None:
    one, other = slots_of(make_session(capacity=1, day=clock.today() + timedelta(days=3)))[:2]
    make_booking(other)
    number = make_booking(one)
    with pytest.raises(errors.SlotFull):
        changes.move(number, other.id, by="wechat:1")
    assert (get(number).slot_id, taken_of(one), taken_of(other)) == (one.id, 1, 1)


# --- at the hospital -------------------------------------------------------------------------------------------------


def test_checking_in_by_code_on_the_day(at: Move) -> None:
    number = make_booking(slots_of(make_session())[0])
    code = get(number).code
    with pytest.raises(errors.NotToday, match="2026-03-03 09:00"):
        changes.check_in(code, by="staff:1")
    at("2026-03-03 08:50")
    assert changes.check_in(code, by="staff:1") == changes.check_in(number.lower(), by="staff:1") == number
    assert get(number).status is BookingStatus.ARRIVED
    changes.undo_check_in(number, by="staff:1")
    assert (get(number).status, get(number).arrived_at) == (BookingStatus.BOOKED, None)
    changes.check_in(code, by="staff:1")
    changes.finish(number, by="staff:1")
    changes.finish(number, by="staff:1")
    assert get(number).status is BookingStatus.DONE


@pytest.mark.parametrize("forged", ["000000000000", "B260302000000", "", "x" * 300, "٠" * 12, "1' OR '1'='1", "%"])
def test_forged_codes_are_not_found(forged: str) -> None:
    make_booking(slots_of(make_session())[0])
    with pytest.raises(NotFound):
        changes.check_in(forged, by="staff:1")


def test_who_comes_late_after_all_is_let_in_and_not_counted(at: Move) -> None:
    number = make_booking(slots_of(make_session())[0], wechat_user_id=1)
    with pytest.raises(errors.TooEarly):
        changes.mark_missed(number, by="staff:1")
    at("2026-03-03 09:20")
    changes.mark_missed(number, by="staff:1")
    changes.mark_missed(number, by="staff:1")
    assert absences.absences_of("wechat:1") == 1
    changes.check_in(number, by="staff:1")
    assert absences.absences_of("wechat:1") == 0


# --- staying away ----------------------------------------------------------------------------------------------------


def stay_away(at: Move, times: int) -> None:
    """Miss so many appointments of today, as WeChat user 1."""
    for slot in slots_of(make_session(day=clock.today(), starts="11:00", ends="14:00"))[:times]:
        number = make_booking(slot, wechat_user_id=1)
        with transaction():
            change(sa.update(Booking).where(Booking.no == number).values(starts_at=clock.now() - timedelta(minutes=30)))
        changes.mark_missed(number, by="staff:1")


def test_three_absences_block_online_booking_for_thirty_days(at: Move) -> None:
    stay_away(at, 2)
    slots = slots_of(make_session(day=clock.today() + timedelta(days=2)))
    changes.cancel(make_booking(slots[0], wechat_user_id=1), by="wechat:1", reason="x")
    stay_away(at, 1)
    with pytest.raises(errors.BookerBlocked, match="2026-04-01 10:00"):
        make_booking(slots[1], wechat_user_id=1)
    with pytest.raises(errors.BookerBlocked):
        hold(slots[1], 1)
    make_booking(slots[1], wechat_user_id=1, source=Source.PHONE)
    at(timedelta(days=30))
    make_booking(slots_of(make_session())[0], wechat_user_id=1)


def test_staff_lift_a_block_and_what_was_counted_counts_no_more(at: Move) -> None:
    stay_away(at, 3)
    absences.lift_block("wechat:1", by="staff:1", why="家属说明情况")
    absences.lift_block("wechat:1", by="staff:1", why="家属说明情况")
    make_booking(slots_of(make_session())[0], wechat_user_id=1)
    at(timedelta(minutes=1))
    stay_away(at, 1)
    assert absences.absences_of("wechat:1") == 1
    with pytest.raises(NotFound):
        absences.lift_block("wechat:999", by="staff:1", why="x")


def test_old_absences_and_late_cancels_may_not_count(at: Move) -> None:
    stay_away(at, 2)
    changes.cancel(make_booking(slots_of(make_session())[3], wechat_user_id=1), by="wechat:1", reason="x")
    setting(settings.COUNT_LATE, False)
    assert absences.absences_of("wechat:1") == 2
    at(timedelta(days=91))
    assert absences.absences_of("wechat:1") == 0


# --- the hospital closes ---------------------------------------------------------------------------------------------


def test_closing_a_session_frees_everybody_and_tells_them(at: Move) -> None:
    session = make_session(physician_id=make_physician().id, day=clock.today(), starts="11:00", ends="13:00")
    slots = slots_of(session)
    patient, user = make_patient(), make_wechat_user()
    bound = make_booking(slots[0], patient_id=patient.id)
    unbound = make_booking(slots[1], wechat_user_id=user.id)
    by_phone = make_booking(slots[2], wechat_user_id=None, source=Source.PHONE)
    arrived = make_booking(slots[3], wechat_user_id=77)
    changes.check_in(arrived, by="staff:1")
    hold_id = hold(slots_of(make_session())[0], 9)
    moved = changes.suspend(session.id, by="staff:1", reason="医生临时手术")
    assert moved == [bound, unbound, by_phone]
    assert {get(number).status for number in moved} == {BookingStatus.TO_MOVE}
    assert get(arrived).status is BookingStatus.ARRIVED
    assert [taken_of(slot) for slot in slots] == [0, 0, 0, 1]
    assert [(one.receiver_kind, one.receiver_id) for one in told("pt_booking_0000003")] == [
        ("patient", patient.id),
        ("wechat_user", user.id),
        ("booking_contact", get(by_phone).id),
    ]
    assert "医生临时手术" in told("pt_booking_0000003")[0].body
    with pytest.raises(errors.SlotClosed):
        make_booking(slots[0])
    assert queries.own_hold(9, hold_id).status is HoldStatus.ACTIVE


def test_a_hold_of_a_closed_session_ends() -> None:
    session = make_session()
    slot = slots_of(session)[0]
    hold_id = hold(slot, 1)
    changes.suspend(session.id, by="staff:1", reason="停电")
    with pytest.raises((errors.HoldExpired, errors.SlotClosed)):
        make_booking(slot, wechat_user_id=1, hold_id=hold_id)


def test_what_the_hospital_closed_moves_or_is_cancelled_at_any_time_without_a_mark(at: Move) -> None:
    physician = make_physician()
    session = make_session(physician_id=physician.id, day=clock.today(), starts="11:00", ends="12:00")
    numbers = [make_booking(slot, wechat_user_id=1) for slot in slots_of(session)]
    changes.suspend(session.id, by="staff:1", reason="停电")
    other = make_session(physician_id=physician.id, day=clock.today() + timedelta(days=1))
    changes.move(numbers[0], slots_of(other)[0].id, by="wechat:1")
    assert (get(numbers[0]).status, get(numbers[0]).active_marker) == (BookingStatus.BOOKED, 1)
    changes.cancel(numbers[1], by="wechat:1", reason="患者取消")
    assert (get(numbers[1]).status, get(numbers[1]).is_late_cancel) == (BookingStatus.CANCELLED, False)
