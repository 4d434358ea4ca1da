"""Projects from a file and into one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.factories.configuration import make_project, make_project_category
from wxapp.core.db import db
from wxapp.core.errors import Invalid
from wxapp.hospital import project_sheet, queries
from wxapp.hospital.models import Category, Project, ProjectPrice
from wxapp.hospital.services import import_projects, install_defaults
from wxapp.hospital.services.importing import Outcome, Result

pytestmark = pytest.mark.usefixtures("app")
BY = "staff:1"
A, C, S, R = Outcome.ADDED, Outcome.CHANGED, Outcome.SAME, Outcome.REFUSED


@pytest.fixture(autouse=True)
def category() -> Category:
    return make_project_category(name="检查")


def read(text: str, *, is_trial: bool = False, encoding: str = "utf-8-sig") -> list[Result]:
    return import_projects(project_sheet.read_csv(text.encode(encoding)), by=BY, is_trial=is_trial)


def outcomes(results: list[Result]) -> list[Outcome]:
    return [result.outcome for result in results]


def projects() -> dict[str, Project]:
    db.session.expire_all()
    return {one.name: one for one in db.session.scalars(sa.select(Project))}


def test_each_line_is_added_changed_or_left_as_it_is() -> None:
    make_project(name="旧项目", price_fen=10_000, code="1000000001")
    text = "名称,分类,价格,编码\n新项目,检查,128.50,\n旧项目改名,检查,100,1000000001\n"
    assert outcomes(read(text)) == [A, C]
    found = projects()
    assert found["新项目"].price_fen == 12_850
    assert (found["旧项目改名"].code, found["旧项目改名"].price_fen) == ("1000000001", 10_000)
    assert outcomes(read(text)) == [S, S]


def test_a_price_that_differs_holds_from_now_on_and_stands_in_the_history(at: Callable[[str], None]) -> None:
    read("名称,分类,价格\n项目,检查,100\n")
    at("2026-03-05 10:00")
    assert outcomes(read('名称,分类,价格\n项目,检查,"1,200"\n')) == [C]
    assert projects()["项目"].price_fen == 120_000
    assert list(db.session.scalars(sa.select(ProjectPrice.price_fen).order_by(ProjectPrice.id))) == [10_000, 120_000]


def test_a_line_that_is_wrong_says_why_and_stops_no_other() -> None:
    make_project_category(name="旧分类", is_active=False)
    results = read(
        "编码,名称,分类,价格,提成比例%,需要的检查,状态\n"
        ",好的,检查,1,,,\n"
        ",没有分类,别的,1,,,\n"
        ",停用分类,旧分类,1,,,\n"
        ",没有价格,检查,,,,\n"
        ",价格不对,检查,-1,,,\n"
        ",太贵,检查,1000000.01,,,\n"
        ',"有,逗号",检查,1,,,\n'
        "12,编码短,检查,1,,,\n"
        ",提成多,检查,1,101,,\n"
        ",没有科室,检查,1,,核磁,\n"
        ",状态不对,检查,1,,,也许\n"
        ",,检查,1,,,\n"
        ",也好,检查,1,,,停用\n"
    )
    assert outcomes(results) == [A, *[R] * 11, A]
    assert all(result.reason for result in results if result.outcome is R)
    assert [result.line for result in results] == list(range(2, 15))
    assert set(projects()) == {"好的", "也好"}


def test_a_trial_changes_nothing() -> None:
    text = "名称,分类,价格\n项目,检查,100\n"
    assert outcomes(read(text, is_trial=True)) == [A]
    assert projects() == {}
    assert outcomes(read(text)) == [A]


def test_columns_that_a_file_lacks_change_nothing() -> None:
    install_defaults()
    read("名称,分类,价格,手术名称,提成比例%,需要的检查,状态\n项目,检查,100,手术,2.5,B超、检验科,停用\n")
    read("名称,分类,价格\n项目,检查,200\n")
    one = projects()["项目"]
    assert (one.operation_name, one.share_bp, one.exam_kinds, one.is_active) == ("手术", 250, "ct blood", False)


def test_what_is_exported_is_imported_without_a_change(category: Category) -> None:
    install_defaults()
    make_project(category=category, name="=SUM(A1)", operation_name="+手术", exam_kinds="ct blood", share_bp=250)
    make_project(category=category, name="普通", price_fen=0, is_active=False)
    found = list(projects().values())
    departments = {one.kind: one.label for one in queries.exam_departments()}
    raw = project_sheet.to_csv(found, categories={category.id: "检查"}, departments=departments)
    assert b"\n=" not in raw
    assert b",=" not in raw
    assert outcomes(import_projects(project_sheet.read_csv(raw), by=BY)) == [S, S]


def test_a_file_from_a_spreadsheet_is_read_in_its_own_encoding() -> None:
    assert outcomes(read("名称,分类,价格\n项目,检查,100\n", encoding="gb18030")) == [A]
    assert "项目" in projects()


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "空的"),
        (b"\x00\x01PK", "无法识别"),
        (b"\xff\xff\xff", "无法识别"),
        ("名称,价格\n".encode(), "缺少列：分类"),
        ("名称,分类,价格,颜色\n".encode(), "不认识的列：颜色"),
        ("名称,名称,分类,价格\n".encode(), "重复的列"),
        ("名称,分类,价格\n".encode() + "项目,检查,1\n".encode() * 1001, "最多导入1000行"),
        (b"x" * (1024 * 1024 + 1), "1MB"),
        ('名称,分类,价格\n"没有结束'.encode(), "格式不正确"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(raw: bytes, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        project_sheet.read_csv(raw)
