"""A hundred people taken in at once on one day have a hundred numbers. The guard has a twin without it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import date

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.concurrency.crowd import crowd
from tests.concurrency.test_money import look
from tests.factories.configuration import make_project_category
from tests.factories.patients import make_patient
from tests.factories.staff import make_member
from wxapp.admin.identity import Staff
from wxapp.core import clock, ids
from wxapp.core.db import change, db, transaction
from wxapp.core.ids import Sequence
from wxapp.patients import services as records
from wxapp.patients.models import Patient, Sex
from wxapp.visits.models import Visit
from wxapp.visits.services import intake
from wxapp.visits.services.intake import Intake

pytestmark = pytest.mark.mariadb

COUNT = 100
KNOWN = 10
FORM = re.compile(r"HOSP\d{6}\d{2,3}")


@pytest.fixture
def app(real_database: Flask) -> Flask:
    return real_database


def taking_in(app: Flask) -> list[Callable[[], object]]:
    """Return the work of a hundred clerks: half of the people are new, the others are ten who come five times each."""

    def begin() -> tuple[int, int, list[int]]:
        member = make_member(name="前台甲")
        return member.id, make_project_category().id, [make_patient().id for _ in range(KNOWN)]

    member_id, category_id, known = look(app, begin)
    by = Staff(member_id, "desk", "前台甲", frozenset())

    def take_in(number: int) -> object:
        wanted = Intake(
            name=f"新客{number}",
            phone=f"1380001{number:04d}",
            sex=Sex.FEMALE,
            birthday=date(1990, 1, 2),
            lead_referrer_id=member_id,
            referrer_ids=(),
            escort_ids=(),
            category_ids=(category_id,),
            patient_id=known[number % KNOWN] if number % 2 else None,
        )
        return intake.add_visit(wanted, intake.draw_numbers(with_deposit=False), by=by)

    return [lambda number=number: take_in(number) for number in range(COUNT)]  # type: ignore[misc]


def test_a_hundred_at_once_have_a_hundred_numbers(app: Flask) -> None:
    assert crowd(app, taking_in(app)) == {"done": COUNT}
    with app.app_context():
        visits = db.session.execute(sa.select(Visit.visit_no, Visit.is_first, Patient.record_no).join(Patient)).all()
        patients = db.session.scalars(sa.select(Patient.record_no)).all()
    numbers = {row.visit_no for row in visits}
    assert len(numbers) == len(visits) == COUNT
    assert len(set(patients)) == len(patients) == KNOWN + COUNT // 2
    assert all(row.visit_no == row.record_no for row in visits if row.is_first)
    assert numbers.isdisjoint(set(patients) - {row.visit_no for row in visits if row.is_first})
    assert all(FORM.fullmatch(number) for number in numbers)
    assert max(map(len, numbers)) == len("HOSP260302100"), "from the hundredth of the day on they have three digits"


def drawn_by_many(app: Flask) -> list[str]:
    """Let ten draw a number each."""
    drawn: list[str] = []
    assert crowd(app, [lambda: drawn.append(records.new_record_no())] * 10, at_once=10) == {"done": 10}
    return drawn


def test_numbers_that_ten_draw_at_once_differ(app: Flask) -> None:
    look(app, lambda: ids.next_in_day("patient", clock.today()))
    assert len(set(drawn_by_many(app))) == 10


def test_read_and_written_in_two_steps_they_would_be_the_same(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard taken away: the counter is read first and written afterwards."""
    look(app, lambda: ids.next_in_day("patient", clock.today()))
    together = threading.Barrier(10)

    def unguarded(name: str, *, first: int = 1) -> int:
        with transaction():
            seen = db.session.scalar(sa.select(Sequence.value).where(Sequence.name == name)) or first
        together.wait(timeout=20)
        with transaction():
            change(sa.update(Sequence).where(Sequence.name == name).values(value=seen + 1))
        return seen + 1

    monkeypatch.setattr(ids, "next_number", unguarded)
    assert len(set(drawn_by_many(app))) == 1
