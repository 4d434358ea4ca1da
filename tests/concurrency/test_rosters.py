"""Rosters with several members of staff and patients at once: the database decides, and each guard has a twin."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.concurrency.crowd import crowd
from tests.factories.booking import make_booking, make_physician, make_session, slots_of
from wxapp.booking import listings
from wxapp.booking.models import Booking, BookingStatus, Session, SessionStatus, Slot
from wxapp.booking.services import leaves, rosters, settling
from wxapp.booking.services.leaves import Absence
from wxapp.booking.services.rosters import Line, Work
from wxapp.booking.services.sessions import close_session
from wxapp.booking.states import SESSION
from wxapp.core import clock
from wxapp.core.db import change, db
from wxapp.messages.models import Message

pytestmark = pytest.mark.mariadb

MANY = 8
BY = "staff:1"


def count(app: Flask, model: type, *where: sa.ColumnElement[bool]) -> int:
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)) or 0


@pytest.fixture
def physician_id(real_database: Flask) -> int:
    with real_database.app_context():
        return make_physician().id


def next_week() -> date:
    return clock.today() + timedelta(days=7)


def wait_after(monkeypatch: pytest.MonkeyPatch, module: object, name: str, people: int) -> None:
    """Let everybody look before anybody writes."""
    together = threading.Barrier(people, timeout=20)
    look: Callable[..., object] = getattr(module, name)

    def looked(*arguments: object) -> object:
        found = look(*arguments)
        together.wait()
        return found

    monkeypatch.setattr(module, name, looked)


def without_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for whoever else changes the roster."""
    for module in (rosters, leaves):
        monkeypatch.setattr(module, "one_roster_at_a_time", lambda: None)


# --- one physician at one place --------------------------------------------------------------------------------------


def extra(physician_id: int) -> Callable[[], int]:
    return lambda: rosters.add_session(Work(physician_id, None, 540, 660, 30, 1), next_week(), by=BY)


def test_a_physician_is_put_at_one_place(real_database: Flask, physician_id: int) -> None:
    came = crowd(real_database, [extra(physician_id)] * MANY)
    assert came == {"done": 1, "roster_overlaps": MANY - 1}
    assert count(real_database, Session) == 1


def test_without_the_line_a_physician_is_at_two_places(
    real_database: Flask, physician_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin."""
    without_line(monkeypatch)
    wait_after(monkeypatch, rosters, "_open_spans", MANY)
    crowd(real_database, [extra(physician_id)] * MANY, at_once=MANY)
    assert count(real_database, Session) > 1


# --- sessions are made once ------------------------------------------------------------------------------------------


@pytest.fixture
def unmade(real_database: Flask, physician_id: int) -> int:
    """A line of every Monday that has no sessions yet; return how many it is to have."""
    with real_database.app_context():
        line = Line(Work(physician_id, None, 540, 660, 30, 1), 0, next_week(), None, 14, 420)
        rosters.add_plans(line, [0], by=BY)
        made = count(real_database, Session)
        db.session.execute(sa.delete(Slot))
        db.session.execute(sa.delete(Session))
        db.session.commit()
        return made


def test_sessions_are_made_once(real_database: Flask, unmade: int) -> None:
    assert crowd(real_database, [rosters.make_sessions] * MANY) == {"done": MANY}
    assert count(real_database, Session) == unmade


def test_without_line_and_key_sessions_are_made_often(
    real_database: Flask, unmade: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin."""
    with real_database.app_context(), db.engine.begin() as connection:
        connection.execute(sa.text("CREATE INDEX for_the_foreign_key ON booking_session (plan_id)"))
        connection.execute(sa.text("DROP INDEX uq_booking_session_plan_id_day ON booking_session"))
    without_line(monkeypatch)
    wait_after(monkeypatch, rosters, "_open_spans", MANY)
    crowd(real_database, [rosters.make_sessions] * MANY, at_once=MANY)
    assert count(real_database, Session) > unmade


def leave_and_making(physician_id: int) -> list[Callable[[], object]]:
    away = Absence(physician_id, None, next_week(), next_week() + timedelta(days=60))
    return [lambda: leaves.add_leave(away, by=BY), rosters.make_sessions]


def test_nothing_is_made_for_days_of_leave(real_database: Flask, physician_id: int, unmade: int) -> None:
    assert crowd(real_database, leave_and_making(physician_id), at_once=2) == {"done": 2}
    assert count(real_database, Session) == 0


def test_without_the_line_sessions_are_made_for_days_of_leave(
    real_database: Flask, physician_id: int, unmade: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: the job has looked at the leaves, and the leave at the sessions, before either writes."""
    without_line(monkeypatch)
    together = threading.Barrier(2, timeout=20)
    for module, name in ((rosters, "_leaves"), (leaves, "_sessions_within")):
        look = getattr(module, name)

        def looked(*arguments: object, look: Callable[..., object] = look) -> object:
            found = look(*arguments)
            together.wait()
            return found

        monkeypatch.setattr(module, name, looked)
    crowd(real_database, leave_and_making(physician_id), at_once=2)
    assert count(real_database, Session) == unmade


# --- who books while a session goes ----------------------------------------------------------------------------------


@pytest.fixture
def going(real_database: Flask, physician_id: int) -> int:
    """A session of next week."""
    with real_database.app_context():
        return make_session(physician_id=physician_id, day=next_week(), capacity=4).id


def go_while_somebody_books(app: Flask, going: int, monkeypatch: pytest.MonkeyPatch) -> object:
    """Somebody books after the roster was looked at and before the session is taken off it."""
    look = listings.sessions_with_people

    def looked(session_ids: list[int]) -> list[int]:
        found = look(session_ids)
        booked = threading.Thread(target=lambda: crowd(app, [lambda: _book_first(going)]))
        booked.start()
        booked.join(20)
        return found

    monkeypatch.setattr(listings, "sessions_with_people", looked)
    house = Absence(None, None, next_week(), next_week())
    return crowd(app, [lambda: leaves.add_leave(house, by=BY)])


def _book_first(session_id: int) -> str:
    return make_booking(slots_of(db.session.get_one(Session, session_id))[0])


def lost(app: Flask) -> int:
    """Return how many are booked in a session that is closed or gone."""
    open_ones = sa.select(Session.id).where(Session.status == SessionStatus.OPEN)
    return count(app, Booking, Booking.status == BookingStatus.BOOKED, Booking.session_id.not_in(open_ones))


def test_who_books_meanwhile_is_not_lost(real_database: Flask, going: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert go_while_somebody_books(real_database, going, monkeypatch) == {"bookings_affected": 1}
    assert count(real_database, Booking) == 1
    assert lost(real_database) == 0


def test_without_the_condition_who_books_meanwhile_is_lost(
    real_database: Flask, going: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: what was looked at is believed."""

    def close(session_id: int, *, by: str) -> bool:
        return bool(change(sa.update(Session).where(Session.id == session_id).values(status=SessionStatus.CLOSED)))

    monkeypatch.setattr(settling, "_withdraw", close)
    assert go_while_somebody_books(real_database, going, monkeypatch) == {"done": 1}
    assert lost(real_database) == 1


def test_nobody_gets_into_a_session_that_goes(real_database: Flask, going: int) -> None:
    house = Absence(None, None, next_week(), next_week())
    works: list[Callable[[], object]] = [lambda: _book_or_gone(going) for _ in range(MANY)]
    works.insert(MANY // 2, lambda: leaves.add_leave(house, by=BY))
    crowd(real_database, works)
    assert lost(real_database) == 0


def _book_or_gone(session_id: int) -> object:
    session = db.session.get(Session, session_id)
    return None if session is None or not (slots := slots_of(session)) else make_booking(slots[0])


# --- closing ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def closing(real_database: Flask, going: int) -> int:
    """A session with three people in it."""
    with real_database.app_context():
        for slot in slots_of(db.session.get_one(Session, going))[:3]:
            make_booking(slot)
        return going


def test_a_session_is_closed_by_one_and_each_is_told_once(real_database: Flask, closing: int) -> None:
    came = crowd(real_database, [lambda: close_session(closing, reason="手术", by=BY)] * MANY)
    assert came == {"done": 1, "illegal_transition": MANY - 1}
    assert count(real_database, Message, Message.code == "pt_booking_0000003") == 3


def test_without_the_old_state_in_the_statement_many_close_it(
    real_database: Flask, closing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin."""

    def blindly(_model: type, session_id: int, **_: object) -> bool:
        return change(sa.update(Session).where(Session.id == session_id).values(status=SessionStatus.CLOSED)) <= 1

    monkeypatch.setattr(SESSION, "try_move", blindly)
    wait_after(monkeypatch, listings, "get_session", MANY)
    came = crowd(real_database, [lambda: close_session(closing, reason="手术", by=BY)] * MANY, at_once=MANY)
    assert came["done"] > 1
