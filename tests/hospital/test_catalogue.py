"""Categories, projects and their prices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.errors import Invalid, NotFound, Stale
from wxapp.hospital import queries
from wxapp.hospital.errors import CodeTaken, InUse, NameTaken, PriceClash
from wxapp.hospital.models import Category, Project, ProjectPrice
from wxapp.hospital.services import (
    CategoryText,
    ProjectText,
    add_category,
    add_project,
    change_category,
    change_project,
    put_price_in_force,
    set_price,
    withdraw_price,
)

pytestmark = pytest.mark.usefixtures("app")
BY = "staff:1"
At = Callable[[str], None]


def offered(name: str = "超声检查", *, price_fen: int = 50_000, **over: object) -> Project:
    category_id = db.session.scalar(sa.select(Category.id)) or add_category(CategoryText("检查"), by=BY)
    text = replace(ProjectText(category_id, name), **over)  # type: ignore[arg-type]
    return db.session.get_one(Project, add_project(text, price_fen=price_fen, by=BY))


def text_of(project: Project, **over: object) -> ProjectText:
    return replace(ProjectText(project.category_id, project.name), **over)  # type: ignore[arg-type]


def price_of(project: Project) -> int:
    db.session.expire_all()
    return db.session.get_one(Project, project.id).price_fen


def test_a_new_project_has_a_code_of_ten_digits_and_its_first_price_in_the_history() -> None:
    project = offered(exam_kinds=("ct", "blood"))
    assert len(project.code) == 10
    assert project.code.isdigit()
    assert (project.exam_kinds, project.price_fen) == ("ct blood", 50_000)
    [price] = db.session.scalars(sa.select(ProjectPrice))
    assert (price.price_fen, price.valid_from, price.made_by) == (50_000, clock.now(), BY)


@pytest.mark.parametrize("name", ["超声,检查", "超声，检查"])
def test_no_name_has_a_comma(name: str) -> None:
    with pytest.raises(Invalid, match="逗号"):
        offered(name)
    with pytest.raises(Invalid, match="逗号"):
        add_category(CategoryText(name), by=BY)


def test_names_and_codes_belong_to_one_project() -> None:
    first = offered(code="1234567890")
    with pytest.raises(CodeTaken):
        offered("别的", code="1234567890")
    with pytest.raises(NameTaken):
        offered()
    second = offered("别的")
    with pytest.raises(NameTaken):
        change_project(second.id, text_of(second, name=first.name), seen_version=1, by=BY)
    with pytest.raises(NameTaken):
        add_category(CategoryText("检查"), by=BY)


@pytest.mark.parametrize("code", ["123", "12345678901", "123456789x", "１２３４５６７８９０"])
def test_a_code_has_ten_digits(code: str) -> None:
    with pytest.raises(Invalid, match="10位"):
        offered(code=code)


def test_what_somebody_else_changed_is_not_overwritten() -> None:
    project = offered()
    change_project(project.id, text_of(project, name="新名"), seen_version=1, by=BY)
    with pytest.raises(Stale):
        change_project(project.id, text_of(project, name="旧名"), seen_version=1, by="staff:2")
    db.session.refresh(project)
    assert (project.name, project.version, project.changed_by) == ("新名", 2, BY)


def test_a_category_is_switched_off_only_without_active_projects() -> None:
    project = offered()
    with pytest.raises(InUse):
        change_category(project.category_id, CategoryText("检查", is_active=False), seen_version=1, by=BY)
    change_project(project.id, text_of(project, is_active=False), seen_version=1, by=BY)
    change_category(project.category_id, CategoryText("检查", is_active=False), seen_version=1, by=BY)
    assert queries.categories() == []
    assert queries.find_projects("超声") == []
    with pytest.raises(Invalid, match="启用的分类"):
        offered("别的")
    with pytest.raises(Invalid, match="启用的分类"):
        change_project(project.id, text_of(project), seen_version=2, by=BY)


# --- prices ----------------------------------------------------------------------------------------------------------


def test_a_price_holds_from_now_on_or_from_a_later_day(at: At) -> None:
    project = offered()
    at("2026-03-03 09:00")
    set_price(project.id, 60_000, valid_from=None, seen_version=1, by=BY)
    assert price_of(project) == 60_000
    later = clock.now() + timedelta(days=1)
    price = set_price(project.id, 70_000, valid_from=later, seen_version=2, by=BY)
    assert price_of(project) == 60_000
    assert queries.due_prices(clock.now(), limit=10) == []
    at("2026-03-04 09:00")
    assert [one.id for one in queries.due_prices(clock.now(), limit=10)] == [price.id]
    assert put_price_in_force(price)
    assert not put_price_in_force(price)
    assert price_of(project) == 70_000
    assert queries.due_prices(clock.now(), limit=10) == []
    made = db.session.scalars(sa.select(ProjectPrice.price_fen).order_by(ProjectPrice.id))
    assert list(made) == [50_000, 60_000, 70_000]


def test_an_older_price_never_replaces_a_newer_one(at: At) -> None:
    project = offered()
    early = set_price(project.id, 60_000, valid_from=clock.now() + timedelta(hours=1), seen_version=1, by=BY)
    at("2026-03-05 09:00")
    set_price(project.id, 70_000, valid_from=None, seen_version=2, by=BY)
    assert not put_price_in_force(early)
    assert price_of(project) == 70_000


def test_a_future_price_can_be_taken_back_and_set_anew(at: At) -> None:
    project = offered()
    later = clock.now() + timedelta(days=1)
    price = set_price(project.id, 60_000, valid_from=later, seen_version=1, by=BY)
    with pytest.raises(PriceClash):
        set_price(project.id, 65_000, valid_from=later, seen_version=2, by=BY)
    withdraw_price(price.id, by="staff:2")
    with pytest.raises(NotFound):
        withdraw_price(price.id, by="staff:2")
    again = set_price(project.id, 65_000, valid_from=later, seen_version=2, by=BY)
    at("2026-03-09 09:00")
    assert [one.id for one in queries.due_prices(clock.now(), limit=10)] == [again.id]
    assert not put_price_in_force(price)
    assert put_price_in_force(again)
    with pytest.raises(NotFound):
        withdraw_price(again.id, by="staff:2")
    assert price_of(project) == 65_000


def test_a_price_of_the_past_or_the_same_price_is_refused() -> None:
    project = offered()
    with pytest.raises(Invalid, match="生效日期"):
        set_price(project.id, 60_000, valid_from=clock.now(), seen_version=1, by=BY)
    with pytest.raises(Invalid, match="相同"):
        set_price(project.id, 50_000, valid_from=None, seen_version=1, by=BY)
    with pytest.raises(Stale):
        set_price(project.id, 60_000, valid_from=None, seen_version=9, by=BY)
