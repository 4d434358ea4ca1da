"""Several people at the front desk do the same thing at once. Each guard has a twin without it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.concurrency.crowd import crowd
from tests.factories.intake import make_intake, staff_of
from tests.factories.staff import make_member
from tests.factories.visits import make_visit
from wxapp.core.db import db
from wxapp.core.states import StatusChange
from wxapp.patients import queries as patients
from wxapp.patients.models import Patient
from wxapp.visits.models import Visit
from wxapp.visits.services import intake, stages
from wxapp.visits.services.arrivals import confirm_arrival
from wxapp.visits.services.intake import Intake, add_visit, draw_numbers

MANY = 6


class Meeting:
    """Lets the first ``MANY`` callers go on together; later ones, who try again, pass."""

    def __init__(self) -> None:
        self._barrier, self._come, self._lock = threading.Barrier(MANY), 0, threading.Lock()

    def wait(self) -> None:
        with self._lock:
            self._come += 1
            passes = self._come > MANY
        if not passes:
            self._barrier.wait(timeout=20)


def counted(model: type[Any], *where: sa.ColumnElement[bool]) -> int:
    return db.session.scalar(sa.select(sa.func.count(model.id)).where(*where)) or 0


# --- somebody new, at several desks ----------------------------------------------------------------------------------


def _same_person(app: Flask) -> Callable[[], object]:
    """Return the work of a desk that adds a new person, the same at each."""
    with app.app_context():
        wanted = make_intake(name="赵小兰", phone="13800000001")
        by = staff_of(make_member(name="前台甲"))
    return lambda: add_visit(wanted, draw_numbers(with_deposit=False), by=by)


def test_one_desk_makes_the_record_and_the_others_return_visits(real_database: Flask) -> None:
    work = _same_person(real_database)
    assert crowd(real_database, [work] * MANY, at_once=MANY) == {"done": MANY}
    with real_database.app_context():
        assert counted(Patient) == 1
        assert (counted(Visit), counted(Visit, Visit.is_first)) == (MANY, 1)


@pytest.mark.mariadb
def test_without_holding_the_phone_each_would_make_one(real_database: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    meeting, look_up = Meeting(), patients.patients_with_phone

    def look_together(phone: str) -> Any:
        found = look_up(phone)
        meeting.wait()
        return found

    monkeypatch.setattr(intake, "hold_phone", lambda phone: None)
    monkeypatch.setattr(patients, "patients_with_phone", look_together)
    crowd(real_database, [_same_person(real_database)] * MANY, at_once=MANY)
    with real_database.app_context():
        assert counted(Patient) > 1


# --- a booking -------------------------------------------------------------------------------------------------------


def test_a_booking_turns_into_one_visit(real_database: Flask) -> None:
    with real_database.app_context():
        wanted: list[Intake] = [make_intake(booking_no="B260302AAA") for _ in range(MANY)]
        by = make_member(name="前台甲")
        people = [replace(one, lead_referrer_id=by.id) for one in wanted]
        staff = staff_of(by)

    def add(one: Intake) -> object:
        return add_visit(one, draw_numbers(with_deposit=False), by=staff)

    outcome = crowd(real_database, [partial(add, one) for one in people], at_once=MANY)
    assert outcome == {"done": 1, "booking_used": MANY - 1}
    with real_database.app_context():
        assert (counted(Visit), counted(Patient)) == (1, 1)


# --- arrival ---------------------------------------------------------------------------------------------------------


def _arriving(app: Flask) -> tuple[int, Callable[[], object]]:
    with app.app_context():
        visit_id, member_id = make_visit().id, make_member(name="前台甲").id
    return visit_id, lambda: confirm_arrival(visit_id, by=member_id)


def _moves(visit_id: int) -> int:
    return counted(StatusChange, StatusChange.entity == Visit.__tablename__, StatusChange.entity_id == visit_id)


def test_who_arrives_at_several_desks_arrives_once_and_nobody_is_refused(real_database: Flask) -> None:
    visit_id, arrive = _arriving(real_database)
    assert crowd(real_database, [arrive] * MANY, at_once=MANY) == {"done": MANY}
    with real_database.app_context():
        assert _moves(visit_id) == 1


@pytest.mark.mariadb
def test_without_holding_the_visit_some_desks_would_be_refused(
    real_database: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = Meeting()

    def unheld(visit_id: int) -> Visit:
        visit = db.session.get(Visit, visit_id, populate_existing=True)
        assert visit is not None
        meeting.wait()
        return visit

    visit_id, arrive = _arriving(real_database)
    monkeypatch.setattr(stages, "hold", unheld)
    outcome = crowd(real_database, [arrive] * MANY, at_once=MANY)
    assert outcome["stage_moved"] > 0
    with real_database.app_context():
        assert _moves(visit_id) == 1, "the move itself still asks for the stage that was seen"
