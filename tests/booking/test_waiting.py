"""Standing in line: who is offered what, for how long, and what comes after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.booking.conftest import is_counted_right, taken_of
from tests.factories.booking import CONTACT, make_booking, make_session, slots_of
from tests.factories.patients import make_patient
from wxapp.booking import errors, queries
from wxapp.booking.models import Hold, HoldStatus, Session, Slot, Source, Wait, WaitStatus
from wxapp.booking.services import changes, holds, waiting
from wxapp.booking.tasks import close_past_days, expire_holds
from wxapp.core import clock
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import NotFound
from wxapp.messages.models import Message

Move = Callable[[str | timedelta], None]
W = WaitStatus
pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture(autouse=True)
def _counted(app: Flask, database: None) -> Iterator[None]:
    yield
    assert is_counted_right()


@pytest.fixture
def session(app: Flask, database: None) -> Session:
    """Two times in three days, one seat each."""
    return make_session(day=clock.today() + timedelta(days=3), starts="09:00", ends="10:00")


@pytest.fixture
def numbers(session: Session) -> list[str]:
    """The bookings that fill it."""
    return [make_booking(slot) for slot in slots_of(session)]


def join(session: Session, user_id: int, patient_id: int | None = None) -> int:
    return waiting.join_line(session.id, CONTACT, wechat_user_id=user_id, patient_id=patient_id)


def status_of(wait_id: int) -> WaitStatus:
    return get(wait_id).status


def get(wait_id: int) -> Wait:
    return db.session.get_one(Wait, wait_id, populate_existing=True)


def cancel(number: str) -> None:
    changes.cancel(number, by="staff:1", reason="x", is_staff=True)


def accept(wait_id: int, key: str = "accept-00001") -> str:
    return waiting.accept(get(wait_id), by="wechat:1", once_key=key)


def test_a_freed_seat_is_kept_for_the_first_in_line_and_told(session: Session, numbers: list[str]) -> None:
    patient = make_patient()
    first, second = join(session, 1, patient.id), join(session, 2)
    cancel(numbers[1])
    wait = get(first)
    assert (wait.status, wait.offered_slot_id) == (W.OFFERED, slots_of(session)[1].id)
    assert wait.offer_expires_at == clock.now() + timedelta(minutes=15)
    assert status_of(second) is W.WAITING
    with pytest.raises(errors.SlotFull):
        make_booking(slots_of(session)[1])
    message = db.session.scalars(sa.select(Message).where(Message.code == "pt_booking_0000004")).one()
    assert (message.receiver_kind, message.receiver_id) == ("patient", patient.id)
    assert message.path == f"/booking/waits/{first}"
    assert "2026-03-02 10:15" in message.body


def test_accepting_books_the_kept_seat_once(session: Session, numbers: list[str]) -> None:
    first = join(session, 1)
    cancel(numbers[0])
    number = accept(first)
    assert accept(first) == number
    assert status_of(first) is W.ACCEPTED
    with pytest.raises(errors.OfferOver):
        accept(first, key="accept-00002")
    booking = queries.get_booking(number)
    assert (booking.source, booking.booker_key) == (Source.WAITLIST, "wechat:1")


def test_an_offer_that_lapses_goes_to_the_next(session: Session, numbers: list[str], at: Move) -> None:
    first, second = join(session, 1), join(session, 2)
    cancel(numbers[0])
    at(timedelta(minutes=15))
    with pytest.raises(errors.OfferOver):
        accept(first)
    assert expire_holds() == 1
    assert (status_of(first), status_of(second)) == (W.LAPSED, W.OFFERED)
    at(timedelta(minutes=15))
    expire_holds()
    assert (status_of(second), taken_of(slots_of(session)[0])) == (W.LAPSED, 0)
    make_booking(slots_of(session)[0])


def test_a_lapsed_offer_does_not_go_to_a_passer_by_while_somebody_waits(
    session: Session, numbers: list[str], at: Move
) -> None:
    join(session, 1)
    second = join(session, 2)
    cancel(numbers[0])
    at(timedelta(minutes=16))
    with pytest.raises(errors.SlotFull):
        make_booking(slots_of(session)[0])
    expire_holds()
    assert status_of(second) is W.OFFERED


def test_leaving_passes_the_offer_on(session: Session, numbers: list[str]) -> None:
    first, second, third = join(session, 1), join(session, 2), join(session, 3)
    waiting.leave_line(second, by="wechat:2")
    cancel(numbers[0])
    for _press in range(2):
        waiting.leave_line(first, by="wechat:1")
    assert (status_of(first), status_of(second), status_of(third)) == (W.WITHDRAWN, W.WITHDRAWN, W.OFFERED)


def test_a_hold_that_is_let_go_and_a_move_free_seats_too(session: Session, numbers: list[str]) -> None:
    other = make_session(project_id=session.project_id, day=clock.today() + timedelta(days=4))
    first = join(session, 1)
    changes.move(numbers[0], slots_of(other)[0].id, by="wechat:9")
    assert status_of(first) is W.OFFERED


def test_who_has_found_a_time_meanwhile_is_passed_over(session: Session, numbers: list[str]) -> None:
    first, second = join(session, 1), join(session, 2)
    with transaction():
        change(sa.update(Slot).where(Slot.session_id == session.id).values(capacity=2))
    make_booking(slots_of(session)[0], wechat_user_id=1)
    make_booking(slots_of(session)[1])
    cancel(numbers[1])
    assert (status_of(first), status_of(second)) == (W.WAITING, W.OFFERED)


def test_seats_that_staff_add_are_offered_by_the_job(session: Session, numbers: list[str]) -> None:
    first, second, third = join(session, 1), join(session, 2), join(session, 3)
    with transaction():
        change(sa.update(Slot).where(Slot.session_id == session.id).values(capacity=2))
    assert expire_holds() == 2
    assert (status_of(first), status_of(second), status_of(third)) == (W.OFFERED, W.OFFERED, W.WAITING)
    assert expire_holds() == 0


def test_a_seat_that_is_freed_too_late_is_not_offered(app: Flask, at: Move) -> None:
    session = make_session(day=clock.today(), starts="12:00", ends="12:30")
    number = make_booking(slots_of(session)[0])
    first = join(session, 1)
    at("2026-03-02 11:29")
    cancel(number)
    assert (status_of(first), taken_of(slots_of(session)[0])) == (W.WAITING, 0)
    assert expire_holds() == 0


def test_joining_twice_keeps_the_place(session: Session, numbers: list[str]) -> None:
    assert join(session, 1) == join(session, 1)


def test_who_can_not_stand_in_line(session: Session, numbers: list[str], at: Move) -> None:
    with pytest.raises(NotFound):
        waiting.join_line(999_999, CONTACT, wechat_user_id=1, patient_id=None)
    with pytest.raises(errors.StillFree):
        join(make_session(), 1)
    mine = make_session(starts="09:00", ends="09:30")
    make_booking(slots_of(mine)[0], wechat_user_id=1)
    with pytest.raises(errors.BookedAlready):
        join(mine, 1)
    later = make_session(released_at=clock.now() + timedelta(hours=1))
    with pytest.raises(NotFound):
        join(later, 1)
    changes.suspend(session.id, by="staff:1", reason="停电")
    with pytest.raises(errors.SlotClosed):
        join(session, 1)


def test_a_person_stands_in_few_lines(app: Flask) -> None:
    for _ in range(3):
        full = make_session(starts="09:00", ends="09:30")
        make_booking(slots_of(full)[0])
        join(full, 1)
    another = make_session(starts="09:00", ends="09:30")
    make_booking(slots_of(another)[0])
    with pytest.raises(errors.TooManyWaits):
        join(another, 1)


def test_closing_a_session_ends_its_line_and_tells_those_in_it(session: Session, numbers: list[str]) -> None:
    first, second = join(session, 1), join(session, 2)
    cancel(numbers[0])
    changes.suspend(session.id, by="staff:1", reason="停电")
    assert (status_of(first), status_of(second)) == (W.CLOSED, W.CLOSED)
    assert db.session.scalars(sa.select(Hold.status).where(Hold.wait_id == first)).one() is HoldStatus.RELEASED
    with pytest.raises(errors.OfferOver):
        accept(first)
    told = db.session.scalars(sa.select(Message.body).where(Message.receiver_kind == "wechat_user")).all()
    assert sum("候补已结束" in body for body in told) == 2


def test_lines_of_past_days_end(session: Session, numbers: list[str], at: Move) -> None:
    first = join(session, 1)
    at("2026-03-06 00:30")
    assert close_past_days() == 3
    assert status_of(first) is W.CLOSED


def test_a_hold_of_a_passer_by_that_runs_out_goes_to_the_line(app: Flask, at: Move) -> None:
    session = make_session(day=clock.today() + timedelta(days=3), starts="09:00", ends="09:30")
    slot = slots_of(session)[0]
    holds.hold_seat(slot.id, wechat_user_id=9, patient_id=None, by="wechat:9")
    first = join(session, 1)
    at(timedelta(minutes=5))
    expire_holds()
    assert status_of(first) is W.OFFERED
