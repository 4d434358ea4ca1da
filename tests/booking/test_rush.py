"""A rush on whatever database the run has; ``tests/concurrency`` shows the guards one by one on MariaDB."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.booking.conftest import is_counted_right
from tests.concurrency.crowd import crowd
from tests.factories.booking import make_booking, make_session, slots_of
from wxapp.booking.models import Booking
from wxapp.booking.services import holds, seats
from wxapp.core import clock
from wxapp.core.db import db

SEATS, CLIENTS = 10, 1000


@pytest.fixture
def slot_id(real_database: Flask) -> int:
    with real_database.app_context():
        return slots_of(make_session(day=clock.today() + timedelta(days=3), capacity=SEATS))[0].id


def book(slot_id: int, number: int) -> None:
    make_booking(slot_id, wechat_user_id=number, once_key=f"press-{number:06d}")


def hold(slot_id: int, number: int) -> None:
    holds.hold_seat(slot_id, wechat_user_id=number, patient_id=None, by=f"wechat:{number}")


def booked(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count(Booking.id))) or 0


def test_of_a_thousand_clients_ten_get_one_of_ten_seats(real_database: Flask, slot_id: int) -> None:
    outcome = crowd(real_database, [partial(book, slot_id, number) for number in range(1, CLIENTS + 1)])
    assert outcome == {"done": SEATS, "slot_full": CLIENTS - SEATS}
    assert booked(real_database) == SEATS
    with real_database.app_context():
        assert is_counted_right()


def test_those_who_keep_a_seat_and_those_who_book_share_ten(real_database: Flask, slot_id: int) -> None:
    works = [partial((book, hold)[number % 2], slot_id, number) for number in range(1, 101)]
    assert crowd(real_database, works) == {"done": SEATS, "slot_full": 100 - SEATS}
    with real_database.app_context():
        assert is_counted_right()


def test_without_the_guard_the_table_itself_refuses(
    real_database: Flask, slot_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last line: what no statement prevents, the CHECK of the table does."""
    monkeypatch.setattr(
        seats, "_TAKE", sa.update(seats.Slot).where(seats.Slot.id == sa.bindparam("slot_id")).values(taken=11)
    )
    with pytest.raises(sa.exc.DBAPIError):
        crowd(real_database, [partial(book, slot_id, 1)])
    assert booked(real_database) == 0
