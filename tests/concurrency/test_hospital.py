"""The configuration while several change it: one version follows another, one price holds, none is switched off in use.

Each guard has a twin without it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.concurrency.crowd import crowd
from tests.concurrency.test_money import look
from tests.concurrency.test_recharge import Start
from tests.factories.configuration import make_project, make_project_category
from wxapp.core import clock
from wxapp.core.db import change, db, transaction
from wxapp.hospital import queries
from wxapp.hospital.models import Category, Flow, Project, ProjectPrice
from wxapp.hospital.rules.flows import BUILT_IN
from wxapp.hospital.services import catalogue, flows, prices
from wxapp.hospital.services.catalogue import CategoryText, ProjectText

pytestmark = pytest.mark.mariadb

PEOPLE = 6
BY = "staff:1"


@pytest.fixture
def app(real_database: Flask) -> Flask:
    return real_database


# --- one version follows another -------------------------------------------------------------------------------------


def save_at_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> tuple[Counter[str], int]:
    """Let several change the built-in flow, all of whom have seen that nobody did; return how many versions follow."""
    all_have_seen = Start(PEOPLE)
    newest = queries.newest_flow_id

    def see() -> int | None:
        found = newest()
        all_have_seen.wait()
        return found

    monkeypatch.setattr(queries, "newest_flow_id", see)
    outcome = crowd(
        app,
        [partial(flows.save_flow, replace(BUILT_IN, review_below_bp=1000 + n), seen=0, by=BY) for n in range(PEOPLE)],
    )
    return outcome, look(app, lambda: db.session.scalar(sa.select(sa.func.count(Flow.id))))


def test_of_many_who_change_the_flow_one_is_followed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert save_at_once(app, monkeypatch) == ({"done": 1, "stale": PEOPLE - 1}, 1)


def test_twin_without_the_unique_key_keeps_every_version(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    insert, numbers = flows.insert_row, iter(range(1, PEOPLE + 1))

    def follow_anything(model: type[Flow], **values: Any) -> int:
        return insert(model, **values | {"follows": -next(numbers)})

    monkeypatch.setattr(flows, "insert_row", follow_anything)
    outcome, versions = save_at_once(app, monkeypatch)
    assert (outcome["done"], versions) == (PEOPLE, PEOPLE)


# --- one price holds -------------------------------------------------------------------------------------------------


def price_race(app: Flask) -> int:
    """Let the job put yesterday's price in force, which it read, while somebody sets today's; return what holds."""
    project_id = look(app, lambda: make_project(price_fen=10_000, priced_from=clock.now() - timedelta(days=9)).id)

    def add_due() -> ProjectPrice:
        with transaction():
            values = {"made_at": clock.now(), "made_by": BY, "valid_from": clock.now() - timedelta(days=1)}
            price = ProjectPrice(project_id=project_id, price_fen=20_000, **values)
            db.session.add(price)
        db.session.refresh(price)
        db.session.expunge(price)
        return price

    due = look(app, add_due)
    look(app, lambda: prices.set_price(project_id, 30_000, valid_from=None, seen_version=1, by=BY).id)
    crowd(app, [partial(prices.put_price_in_force, due)] * PEOPLE)
    return int(look(app, lambda: db.session.get_one(Project, project_id).price_fen))


def test_an_old_price_never_holds_after_a_newer_one(app: Flask) -> None:
    assert price_race(app) == 30_000


def test_twin_that_does_not_ask_which_is_newer_lets_the_old_price_hold(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = prices.put_price_in_force

    def always(price: ProjectPrice) -> bool:
        with transaction():
            values = {"price_fen": price.price_fen, "priced_from": price.valid_from}
            return change(sa.update(Project).where(Project.id == price.project_id).values(**values)) == 1

    assert original is prices.put_price_in_force
    monkeypatch.setattr(prices, "put_price_in_force", always)
    assert price_race(app) == 20_000


# --- nothing is switched off while somebody uses it ------------------------------------------------------------------


def off_while_added(app: Flask) -> list[tuple[bool, int]]:
    """Switch categories off while projects are added to them; return of each whether it is on and its projects."""
    found = []
    for round_no in range(8):
        category_id = look(app, lambda: make_project_category().id)
        together = Start(2)

        def add(category_id: int = category_id, together: Start = together, name: str = f"新项目{round_no}") -> None:
            together.wait()
            catalogue.add_project(ProjectText(category_id, name), price_fen=100, by=BY)

        def switch_off(category_id: int = category_id, together: Start = together) -> None:
            together.wait()
            text = CategoryText(f"停用{category_id}", is_active=False)
            catalogue.change_category(category_id, text, seen_version=1, by=BY)

        crowd(app, [add, switch_off])

        def state(category_id: int = category_id) -> tuple[bool, int]:
            active = sa.select(sa.func.count(Project.id)).where(Project.category_id == category_id, Project.is_active)
            return db.session.get_one(Category, category_id).is_active, db.session.scalar(active) or 0

        found.append(look(app, state))
    return found


def test_no_category_is_off_with_a_project_that_is_on(app: Flask) -> None:
    assert set(off_while_added(app)) <= {(True, 1), (False, 0)}


def test_twin_that_does_not_hold_the_category_leaves_a_project_in_one_that_is_off(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_have_looked = Start(2)
    has_projects = catalogue._has_active_projects

    def look_and_wait(category_id: int) -> bool:
        found = has_projects(category_id)
        both_have_looked.wait()
        return found

    category_id = look(app, lambda: make_project_category().id)
    monkeypatch.setattr(catalogue, "_has_active_projects", look_and_wait)
    monkeypatch.setattr(catalogue, "_hold_category", lambda *_, **__: both_have_looked.wait())
    text = CategoryText("停用", is_active=False)
    outcome = crowd(
        app,
        [
            partial(catalogue.add_project, ProjectText(category_id, "新项目"), price_fen=100, by=BY),
            partial(catalogue.change_category, category_id, text, seen_version=1, by=BY),
        ],
    )
    assert outcome == {"done": 2}
