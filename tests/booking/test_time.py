"""What time and other packages do to bookings: reminders, the end of days, bindings, the export."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.booking.conftest import is_counted_right
from tests.factories.booking import CONTACT, make_booking, make_session, slots_of
from tests.factories.patients import make_id_number, make_patient, make_wechat_user
from wxapp.booking import queries
from wxapp.booking.models import Booking, BookingStatus, Source, Wait
from wxapp.booking.services import absences, changes, joining, telling, waiting
from wxapp.booking.tasks import close_past_days, remind
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.messages import receivers
from wxapp.messages.entry import Channel
from wxapp.messages.models import Message
from wxapp.messages.receivers import Receiver
from wxapp.patients import export
from wxapp.patients import services as patients

Move = Callable[[str | timedelta], None]
B = BookingStatus
pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture(autouse=True)
def _counted(app: Flask, database: None) -> Iterator[None]:
    yield
    assert is_counted_right()


def get(number: str) -> Booking:
    db.session.expire_all()
    return queries.get_booking(number)


def reminders() -> int:
    statement = sa.select(sa.func.count()).select_from(Message).where(Message.code == "pt_booking_0000002")
    return db.session.scalar(statement) or 0


# --- reminders -------------------------------------------------------------------------------------------------------


def test_reminders_go_out_in_the_evening_before_and_two_hours_before_once(at: Move) -> None:
    slots = slots_of(make_session(day=clock.today() + timedelta(days=1), starts="14:00", ends="16:00"))
    number = make_booking(slots[0], patient_id=make_patient().id)
    at("2026-03-02 17:59")
    assert remind() == 0
    at("2026-03-02 18:00")
    assert (remind(), remind(), reminders()) == (1, 0, 1)
    at("2026-03-03 11:59")
    assert remind() == 0
    at("2026-03-03 12:00")
    assert (remind(), remind(), reminders()) == (1, 0, 2)
    assert get(number).hours_reminded_at is not None


def test_who_booked_too_late_keeps_nobody_else_from_being_reminded(at: Move) -> None:
    slots = slots_of(make_session(day=clock.today() + timedelta(days=1), starts="09:00", ends="10:00"))
    make_booking(slots[1])
    at("2026-03-02 19:00")
    make_booking(slots[0])
    assert remind(limit=1) == 1


def test_one_reminder_that_fails_keeps_no_other_back(at: Move, monkeypatch: pytest.MonkeyPatch) -> None:
    slots = slots_of(make_session(day=clock.today() + timedelta(days=1), starts="09:00", ends="10:00"))
    broken, other = make_booking(slots[0]), make_booking(slots[1])
    tell = telling.tell

    def fails(code: str, booking: Booking, *args: object, **kwargs: object) -> None:
        if booking.no == broken:
            raise LookupError
        tell(code, booking, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(telling, "tell", fails)
    at("2026-03-02 18:00")
    assert remind() == 1
    assert (get(broken).day_reminded_at, get(other).day_reminded_at is not None) == (None, True)


def test_who_books_late_or_has_cancelled_is_not_reminded(at: Move) -> None:
    slots = slots_of(make_session(day=clock.today() + timedelta(days=1), starts="09:00", ends="10:00"))
    gone = make_booking(slots[0])
    changes.cancel(gone, by="staff:1", reason="x", is_staff=True)
    at("2026-03-02 19:00")
    make_booking(slots[1])
    assert remind() == 0


def test_who_is_moved_is_reminded_of_the_new_time(at: Move) -> None:
    session = make_session(day=clock.today() + timedelta(days=1), starts="14:00", ends="16:00")
    number = make_booking(slots_of(session)[0])
    at("2026-03-02 18:00")
    remind()
    later = make_session(project_id=session.project_id, day=clock.today() + timedelta(days=2))
    changes.move(number, slots_of(later)[0].id, by="staff:1", is_staff=True)
    at("2026-03-03 18:00")
    assert remind() == 1


# --- the end of a day ------------------------------------------------------------------------------------------------


def test_the_day_after_who_did_not_come_was_missed_and_who_came_is_done(at: Move) -> None:
    session = make_session(day=clock.today(), starts="11:00", ends="13:00")
    slots = slots_of(session)
    missed, came = make_booking(slots[0], wechat_user_id=1), make_booking(slots[1], wechat_user_id=2)
    changes.check_in(came, by="staff:1")
    closed = make_session(day=clock.today(), starts="11:00", ends="11:30")
    to_move = make_booking(slots_of(closed)[0], wechat_user_id=3)
    changes.suspend(closed.id, by="staff:1", reason="停电")
    at("2026-03-02 23:59")
    assert close_past_days() == 0
    at("2026-03-03 00:30")
    assert (close_past_days(), close_past_days()) == (3, 0)
    assert [get(one).status for one in (missed, came, to_move)] == [B.MISSED, B.DONE, B.CANCELLED]
    assert (absences.absences_of("wechat:1"), absences.absences_of("wechat:3")) == (1, 0)


# --- bindings --------------------------------------------------------------------------------------------------------


def test_what_an_unbound_user_booked_joins_the_patient_when_the_binding_comes() -> None:
    user = make_wechat_user()
    slots = slots_of(make_session(day=clock.today() + timedelta(days=3)))
    mine = make_booking(slots[0], wechat_user_id=user.id)
    other = make_booking(slots[1], wechat_user_id=user.id, contact=replace(CONTACT, name="王芳"))
    foreign = make_booking(slots[2], wechat_user_id=make_wechat_user().id)
    patient = make_patient(name="林小满", phone="13800000001")
    patients.bind_by_staff(user.id, patient.id, by="system:tests")
    assert (get(mine).patient_id, get(mine).booker_key) == (patient.id, f"patient:{patient.id}")
    assert (get(other).patient_id, get(foreign).patient_id) == (None, None)
    assert joining.join_patient(user.id, patient.id) == 0


def test_the_id_number_says_who_it_is_where_it_is_given() -> None:
    user, number = make_wechat_user(), make_id_number()
    slots = slots_of(make_session(day=clock.today() + timedelta(days=3)))
    same = make_booking(slots[0], wechat_user_id=user.id, contact=replace(CONTACT, name="小满", id_number=number))
    namesake = make_booking(slots[1], wechat_user_id=user.id, contact=replace(CONTACT, id_number=make_id_number()))
    patient = make_patient(name="林小满", phone="13800000001", id_number=number)
    patients.bind_by_staff(user.id, patient.id, by="system:tests")
    assert (get(same).patient_id, get(namesake).patient_id) == (patient.id, None)


def test_a_conflict_leaves_the_booking_where_it_was_and_the_binding_holds() -> None:
    user, patient = make_wechat_user(), make_patient(name="林小满", phone="13800000001")
    session = make_session(day=clock.today() + timedelta(days=3), capacity=2)
    slots = slots_of(session)
    his = make_booking(slots[0], patient_id=patient.id)
    same_slot = make_booking(slots[0], wechat_user_id=user.id)
    free = make_booking(slots[1], wechat_user_id=user.id)
    patients.bind_by_staff(user.id, patient.id, by="system:tests")
    assert patients.bind_by_staff(user.id, patient.id, by="system:tests") is None
    assert [get(one).patient_id for one in (his, same_slot, free)] == [patient.id, None, patient.id]
    assert queries.own_booking(user.id, patient.id, same_slot).no == same_slot


def test_absences_and_places_in_line_come_along() -> None:
    user, patient = make_wechat_user(), make_patient(name="林小满", phone="13800000001")
    full = make_session(day=clock.today() + timedelta(days=3), starts="09:00", ends="09:30")
    make_booking(slots_of(full)[0])
    wait_id = waiting.join_line(full.id, CONTACT, wechat_user_id=user.id, patient_id=None)
    for slot in slots_of(make_session(starts="08:00", ends="09:30")):  # of tomorrow: within a day, so late
        changes.cancel(make_booking(slot, wechat_user_id=user.id), by="wechat:1", reason="x")
    assert queries.blocked_until(f"wechat:{user.id}", now=clock.now()) is not None
    patients.bind_by_staff(user.id, patient.id, by="system:tests")
    assert db.session.get_one(Wait, wait_id, populate_existing=True).patient_id == patient.id
    assert absences.absences_of(f"patient:{patient.id}") == 3
    assert queries.blocked_until(f"patient:{patient.id}", now=clock.now()) is not None


# --- for others ------------------------------------------------------------------------------------------------------


def test_whoever_is_known_in_some_way_is_reached() -> None:
    user = make_wechat_user(openid="o-visitor")
    found = receivers.addresses(Receiver("wechat_user", user.id))
    assert [(one.channel, one.to) for one in found] == [(Channel.OA_TEMPLATE, "o-visitor")]
    gone = make_wechat_user(is_follower=False)
    assert list(receivers.addresses(Receiver("wechat_user", gone.id))) == []
    number = make_booking(slots_of(make_session())[0], wechat_user_id=None, source=Source.PHONE)
    found = receivers.addresses(Receiver("booking_contact", get(number).id))
    assert [(one.channel, one.to) for one in found] == [(Channel.SMS, "13800000001")]
    assert list(receivers.addresses(Receiver("booking_contact", 999_999))) == []


def test_the_export_holds_the_patients_bookings() -> None:
    patient = make_patient()
    user = make_wechat_user(patient=patient)
    number = make_booking(slots_of(make_session())[0], patient_id=patient.id)
    make_booking(slots_of(make_session())[0], patient_id=make_patient().id)
    told = export.everything_of(user.id)["patients"][0]["bookings"]
    assert [one["no"] for one in told] == [number]
    assert (told[0]["starts_at"], told[0]["contact_phone"]) == ("2026-03-03T09:00+08:00", "13800000001")
