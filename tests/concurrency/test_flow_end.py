"""The end of a visit under a rush: leaving, beds and drivers. Each guard has a twin without it."""

from __future__ import annotations

import threading
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.concurrency.crowd import crowd
from tests.factories.operations import LETS_GO, arranged_visit, as_staff, make_driver, make_surgeon, operated_visit
from tests.factories.staff import make_member
from tests.factories.visits import make_visit
from wxapp.core import clock
from wxapp.core.db import change, db
from wxapp.visits.models import Departure, Pickup, PickupStatus, Procedure, Stage, Visit
from wxapp.visits.services import leaving, pickups, procedures, stages
from wxapp.visits.services.leaving import Leaving
from wxapp.visits.services.pickups import Seen, Wish
from wxapp.visits.services.procedures import Arrangement
from wxapp.visits.states import VISIT

MANY = 20
DONE = Leaving(results_handed_over=True, medicine_handed_over=True)


def count(of: type[Any], *where: sa.ColumnElement[bool]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(of).where(*where)) or 0


def look_together(monkeypatch: pytest.MonkeyPatch, *, people: int) -> None:
    """Take the held row away, and let all look before anybody writes."""
    meet = threading.Barrier(people, timeout=20)
    together = threading.local()

    def look(visit_id: int) -> Visit:
        visit = db.session.get(Visit, visit_id, populate_existing=True)
        assert visit is not None
        if not getattr(together, "met", False):  # once a thread: who has to repeat does not wait again
            together.met = True
            meet.wait()
        return visit

    monkeypatch.setattr(stages, "hold", look)


# --- leaving ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def visit_id(real_database: Flask) -> int:
    """A visit whose operation is over."""
    with real_database.app_context():
        return operated_visit().id


def leave(visit_id: int) -> None:
    leaving.leave(visit_id, DONE, by=as_staff(make_member(LETS_GO), *LETS_GO))


def test_of_many_clerks_one_lets_a_patient_go(real_database: Flask, visit_id: int) -> None:
    assert crowd(real_database, [partial(leave, visit_id)] * MANY) == {"done": 1, "stage_moved": MANY - 1}
    with real_database.app_context():
        assert count(Departure) == 1


def test_the_condition_alone_lets_a_patient_go_once(
    real_database: Flask, visit_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_together(monkeypatch, people=2)
    assert crowd(real_database, [partial(leave, visit_id)] * 2, at_once=2) == {"done": 1, "stage_moved": 1}


def test_without_condition_and_held_row_a_patient_leaves_twice(
    real_database: Flask, visit_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_together(monkeypatch, people=2)
    monkeypatch.setattr(stages, "VISIT", _Unguarded())
    assert crowd(real_database, [partial(leave, visit_id)] * 2, at_once=2) == {"done": 2}
    with real_database.app_context():
        assert count(Departure) == 2


class _Unguarded:
    """The move without asking where the visit is."""

    def move(self, visit: Visit, new: Stage, *, by: str, why: str, **values: Any) -> None:
        assert VISIT.allows(visit.stage, new)
        change(sa.update(Visit).where(Visit.id == visit.id).values(stage=new, **values))


# --- beds ------------------------------------------------------------------------------------------------------------


def in_bed(visit_id: int, surgeon_id: int) -> None:
    wanted = Arrangement(surgeon_id, None, is_inpatient=True, bed="3-02")
    procedures.arrange(visit_id, wanted, by=as_staff(make_surgeon()))


def patients_for_one_bed(app: Flask) -> dict[str, int]:
    with app.app_context():
        surgeon = make_surgeon()
        works = [partial(in_bed, make_visit(stage=Stage.COLLECTED).id, surgeon.id) for _ in range(8)]
    outcome = crowd(app, works)
    with app.app_context():
        assert count(Procedure, Procedure.bed == "3-02") == outcome["done"]
        assert count(Visit, Visit.stage == Stage.IN_PROCEDURE) == outcome["done"]
    return dict(outcome)


def test_a_bed_goes_to_one_of_many(real_database: Flask) -> None:
    assert patients_for_one_bed(real_database) == {"done": 1, "bed_taken": 7}


def test_without_the_unique_bed_all_get_it(real_database: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    values = procedures._values
    monkeypatch.setattr(procedures, "_values", lambda *known, by: values(*known, by=by) | {"bed_in_use": None})
    assert patients_for_one_bed(real_database) == {"done": 8}


def test_of_two_who_change_an_arrangement_the_second_is_told(real_database: Flask) -> None:
    with real_database.app_context():
        surgeon = make_surgeon()
        visit = arranged_visit(surgeon)
        visit_id, surgeon_id = visit.id, surgeon.id

    def rearrange(room: str) -> None:
        by = as_staff(make_surgeon())
        procedures.arrange(visit_id, Arrangement(surgeon_id, None, room=room), by=by, seen=2)

    outcome = crowd(real_database, [partial(rearrange, f"第{number}手术室") for number in range(MANY)])
    assert outcome == {"done": 1, "stale": MANY - 1}


# --- drivers ---------------------------------------------------------------------------------------------------------


def clerks_with_one_driver(app: Flask, *, clerks: int) -> dict[str, int]:
    with app.app_context():
        driver_id, by = make_driver().id, as_staff(make_member())
        at = clock.now() + timedelta(hours=3)
        wishes = [pickups.wish_for(make_visit().id, Wish("城南路", at), by=by) for _ in range(clerks)]
    outcome = crowd(app, [partial(pickups.assign, [Seen(one)], driver_id, by=by) for one in wishes], at_once=clerks)
    with app.app_context():
        assert count(Pickup, Pickup.status == PickupStatus.ASSIGNED) == outcome["done"]
    return dict(outcome)


def test_of_clerks_who_want_a_driver_at_one_time_the_others_are_warned(real_database: Flask) -> None:
    assert clerks_with_one_driver(real_database, clerks=8) == {"done": 1, "overlap": 7}


def test_without_the_held_driver_nobody_is_warned(real_database: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    meet = threading.Barrier(2, timeout=20)
    look = pickups.trips_near

    def look_and_wait(*known: Any, **asked: Any) -> list[Pickup]:
        seen = look(*known, **asked)
        meet.wait()
        return seen

    monkeypatch.setattr(pickups, "_hold_driver", lambda driver_id: None)
    monkeypatch.setattr(pickups, "trips_near", look_and_wait)
    assert clerks_with_one_driver(real_database, clerks=2) == {"done": 2}


def test_a_trip_goes_to_one_of_many_drivers_who_were_chosen_from_one_list(real_database: Flask) -> None:
    with real_database.app_context():
        by = as_staff(make_member())
        wish = Wish("城南路", clock.now() + timedelta(hours=3))
        pickup_id = pickups.wish_for(make_visit().id, wish, by=by)
        drivers = [make_driver().id for _ in range(8)]
    outcome = crowd(
        real_database, [partial(pickups.assign, [Seen(pickup_id, 1)], driver_id, by=by) for driver_id in drivers]
    )
    assert outcome == {"done": 1, "stale": 7}
