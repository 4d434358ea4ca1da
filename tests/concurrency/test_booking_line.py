"""Standing in line under a rush: each freed seat goes to exactly one."""

from __future__ import annotations

from functools import partial
from typing import Any

import sqlalchemy as sa
from flask import Flask

from tests.concurrency.crowd import crowd
from tests.concurrency.test_booking import in_some_days, is_right
from tests.factories.booking import CONTACT, make_booking, make_session, slots_of
from wxapp.booking.models import Booking, Hold, HoldStatus, Wait, WaitStatus
from wxapp.booking.services import changes, seats, waiting
from wxapp.core.db import db, transaction


def full_session_with_line(app: Flask, *, seats_each: int, waiting_people: int) -> tuple[list[str], int]:
    with app.app_context():
        session = make_session(day=in_some_days(), starts="08:00", ends="10:00", capacity=seats_each)
        numbers = [
            make_booking(slot, wechat_user_id=1000 + 100 * at + seat)
            for at, slot in enumerate(slots_of(session))
            for seat in range(seats_each)
        ]
        for user_id in range(1, waiting_people + 1):
            waiting.join_line(session.id, CONTACT, wechat_user_id=user_id, patient_id=None)
        return numbers, session.id


def test_each_freed_seat_is_offered_to_exactly_one_in_their_order(real_database: Flask) -> None:
    numbers, session_id = full_session_with_line(real_database, seats_each=2, waiting_people=5)
    crowd(real_database, [partial(changes.cancel, number, by="wechat:1", reason="患者取消") for number in numbers])
    with real_database.app_context():
        waits = db.session.scalars(sa.select(Wait).where(Wait.session_id == session_id)).all()
        assert {wait.status for wait in waits} == {WaitStatus.OFFERED}
        offers = db.session.scalars(sa.select(Hold.wait_id).where(Hold.status == HoldStatus.ACTIVE)).all()
        assert sorted(offers) == sorted(wait.id for wait in waits)
    assert is_right(real_database)


def test_an_offer_becomes_one_booking_whoever_presses_and_whatever_runs_out(real_database: Flask) -> None:
    numbers, _session_id = full_session_with_line(real_database, seats_each=1, waiting_people=4)
    crowd(real_database, [partial(changes.cancel, number, by="wechat:1", reason="患者取消") for number in numbers])
    with real_database.app_context():
        offers = {hold.wait_id: hold.id for hold in db.session.scalars(sa.select(Hold))}

    def accept(wait_id: int, press: int) -> None:
        waiting.accept(db.session.get_one(Wait, wait_id), by="wechat:1", once_key=f"press-{press:06d}")

    def lapse(hold_id: int) -> None:
        with transaction():
            seats.end_hold(db.session.get_one(Hold, hold_id), HoldStatus.EXPIRED, by="system:tests")

    def leave(wait_id: int) -> None:
        waiting.leave_line(wait_id, by="wechat:1")

    works: list[Any] = []
    for wait_id, hold_id in offers.items():
        works += [partial(accept, wait_id, wait_id), partial(accept, wait_id, 1000 + wait_id)]
        works += [partial(lapse, hold_id), partial(leave, wait_id)]
    crowd(real_database, works)
    with real_database.app_context():
        accepted = db.session.scalar(
            sa.select(sa.func.count()).select_from(Wait).where(Wait.status == WaitStatus.ACCEPTED)
        )
        per_person = db.session.execute(
            sa.select(Booking.booker_key, sa.func.count())
            .where(Booking.active_marker == 1)
            .group_by(Booking.booker_key)
        ).all()
        assert all(count == 1 for _key, count in per_person)
        assert len(per_person) == accepted
    assert is_right(real_database)


def test_joining_twenty_times_at_once_stands_in_line_once(real_database: Flask) -> None:
    _numbers, session_id = full_session_with_line(real_database, seats_each=1, waiting_people=0)

    def join() -> None:
        waiting.join_line(session_id, CONTACT, wechat_user_id=5, patient_id=None)

    assert crowd(real_database, [join] * 20) == {"done": 20}
    with real_database.app_context():
        assert db.session.scalar(sa.select(sa.func.count(Wait.id))) == 1
