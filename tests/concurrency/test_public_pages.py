"""Public pages with many editors at once: each change counts, and each guard has a twin."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.concurrency.crowd import crowd
from tests.factories.website import BY, make_category, make_physician
from wxapp.booking.models import Leave
from wxapp.core import clock, generation
from wxapp.core.db import change, db, transaction
from wxapp.core.generation import Generation
from wxapp.directory import services as directory
from wxapp.directory.models import Physician
from wxapp.h5.kept import forget_public_pages
from wxapp.website import services
from wxapp.website.models import Category, Layout

pytestmark = pytest.mark.mariadb

MANY = 16


def read(app: Flask, statement: sa.Select[tuple[int]]) -> int:
    with app.app_context():
        found = db.session.scalar(statement) or 0
        db.session.remove()
    return found


NUMBER = sa.select(Generation.number)


def test_each_change_counts(real_database: Flask) -> None:
    before = read(real_database, NUMBER)
    assert crowd(real_database, [forget_public_pages] * MANY) == {"done": MANY}
    assert read(real_database, NUMBER) == before + MANY


def test_read_and_written_changes_are_lost(real_database: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: two who read the same number step to the same one, and a page of the first would stay."""
    both_have_read = threading.Barrier(2)

    def step() -> None:
        number = db.session.scalar(NUMBER) or 0
        both_have_read.wait(10)
        change(sa.update(Generation).values(number=number + 1))

    monkeypatch.setattr(generation, "step", step)
    before = read(real_database, NUMBER)
    crowd(real_database, [forget_public_pages] * 2)
    assert read(real_database, NUMBER) == before + 1


def test_of_many_who_arrange_the_home_page_one_does(real_database: Flask) -> None:
    work = lambda: services.arrange_home([], seen_version=1, by=BY)  # noqa: E731
    assert crowd(real_database, [work] * MANY) == {"done": 1, "stale": MANY - 1}
    assert read(real_database, sa.select(Layout.version)) == 2


def test_a_name_belongs_to_one_category(real_database: Flask) -> None:
    work = lambda: services.add_category("科普", position=1, by=BY)  # noqa: E731
    assert crowd(real_database, [work] * MANY) == {"done": 1, "category_name_taken": MANY - 1}


def test_without_the_key_there_are_several(real_database: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with real_database.app_context():
        db.session.execute(sa.text("ALTER TABLE website_category DROP INDEX uq_website_category_name"))
        db.session.remove()
    work = lambda: services.add_category("科普", position=1, by=BY)  # noqa: E731
    crowd(real_database, [work] * MANY)
    assert read(real_database, sa.select(sa.func.count(Category.id))) == MANY


def test_a_physician_removed_while_a_leave_is_written_is_hidden_or_gone_with_nobody_left_over(
    real_database: Flask,
) -> None:
    with real_database.app_context():
        numbers = [make_physician(name=f"医生{n}").id for n in range(MANY)]
        make_category()
        db.session.remove()

    def write_leave(number: int) -> None:
        day = clock.today()
        with transaction():
            db.session.add(Leave(physician_id=number, first_day=day, last_day=day, made_at=clock.now(), made_by=BY))

    def try_leave(number: int) -> None:
        try:
            write_leave(number)
        except sa.exc.IntegrityError:  # the physician was gone first
            db.session.rollback()  # as the door does

    works = [work for number in numbers for work in (
        lambda number=number: try_leave(number),
        lambda number=number: directory.remove_physician(number, by=BY),
    )]  # fmt: skip
    assert crowd(real_database, works) == {"done": 2 * MANY}
    leaves = read(real_database, sa.select(sa.func.count(Leave.id)))
    assert read(real_database, sa.select(sa.func.count(Physician.id))) == leaves
    assert read(real_database, sa.select(sa.func.count(Physician.id)).where(Physician.is_shown)) == 0
