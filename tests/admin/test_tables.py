"""Lists: filters, order, pages, actions, spreadsheets."""

from __future__ import annotations

import io

import openpyxl
import pytest
import sqlalchemy as sa

from tests.factories.staff import make_member
from wxapp.admin import audit, tables
from wxapp.admin.cells import Column
from wxapp.admin.export import defused
from wxapp.admin.models import AuditRow
from wxapp.admin.tables import Table
from wxapp.core.db import db
from wxapp.core.permissions import Permission
from wxapp.staff.models import Member

JSON = {"Accept": "application/json"}
READER = {Permission.GOODS_READ}


@pytest.fixture
def shown(client, sign_in_staff):
    sign_in_staff(client, make_member(READER))
    return lambda query="": client.get(f"/pc/toys/list{query}", headers=JSON).json


def test_a_page_has_twenty_rows_and_says_how_many_there_are(shown):
    table = shown()
    assert len(table["list"]) == 20
    assert (table["total"], table["page"], table["pages"]) == (46, 1, 3)
    assert table["list"][0] == {"name": "玩具01", "price": "1.50", "state": "new", "made_on": "2026-03-01"}


@pytest.mark.parametrize(
    ("asked", "page"),
    [("?page=2", 2), ("?page=99", 3), ("?page=0", 1), ("?page=-1", 1), ("?page=x", 1), ("?page=²", 1)],
)
def test_a_page_that_is_not_there_becomes_the_nearest(shown, asked, page):
    assert shown(asked)["page"] == page


def test_filters_narrow_the_list(shown):
    assert [toy["name"] for toy in shown("?q=玩具4&state=new")["list"]][:2] == ["玩具40", "玩具41"]
    assert [toy["name"] for toy in shown("?state=old")["list"]] == ["=1+1"]
    assert shown("?since=2026-03-02")["list"] == []


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("state=stolen", "状态不在可选范围内"),
        ("since=yesterday", "从应为日期"),
        ("since=0001-01-01", "从应为日期"),
        ("q=" + "长" * 61, "名称不能超过60个字"),
    ],
)
def test_a_wrong_filter_is_told_beside_its_field(client, sign_in_staff, asked, sentence):
    sign_in_staff(client, make_member(READER))
    page = client.get(f"/pc/toys/list?{asked}")
    assert page.status_code == 422
    assert sentence in page.text
    assert client.get(f"/pc/toys/list?{asked}", headers=JSON).status_code == 422


def test_an_empty_list_says_whether_the_filters_are_the_reason(client, sign_in_staff):
    sign_in_staff(client, make_member(READER))
    assert "没有符合条件的记录" in client.get("/pc/toys/list?q=没有").text


def test_actions_show_only_to_who_may_and_where_they_fit(client, sign_in_staff):
    sign_in_staff(client, make_member(READER))
    assert "砸" not in client.get("/pc/toys/list").text
    sign_in_staff(client, make_member({*READER, Permission.GOODS_WRITE}))
    assert 'data-confirm="确定？"' in client.get("/pc/toys/list").text
    assert "砸" not in client.get("/pc/toys/list?state=old").text


def test_what_stands_in_a_row_is_escaped(client, sign_in_staff):
    sign_in_staff(client, make_member({Permission.STAFF_READ}, name="<b>王</b>"))
    page = client.get("/pc/staff").text
    assert "<b>王</b>" not in page
    assert "&lt;b&gt;王&lt;/b&gt;" in page


# --- order -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def three(client, sign_in_staff):
    for username in ("bea", "abe", "cai"):
        make_member(username=username)
    sign_in_staff(client, make_member({Permission.STAFF_READ}, username="zoe"))


def usernames(client, query: str) -> list[str]:
    found = client.get(f"/pc/staff{query}").text
    shown = [name for name in ("abe", "bea", "cai", "zoe") if f'sheet__below">{name}' in found]
    return sorted(shown, key=lambda name: found.index(f'sheet__below">{name}'))


def test_a_declared_column_sorts_both_ways(client, three):
    assert usernames(client, "?sort=name") == ["abe", "bea", "cai", "zoe"]
    assert usernames(client, "?sort=-name") == ["zoe", "cai", "bea", "abe"]


@pytest.mark.parametrize("sort", ["password_hash", "name;drop", "-nothing", "roles"])
def test_what_was_not_declared_sorts_nothing(client, three, sort):
    assert usernames(client, f"?sort={sort}") == ["zoe", "cai", "abe", "bea"]


def test_counting_stops_somewhere(client, three, monkeypatch):
    monkeypatch.setattr(tables, "COUNT_UP_TO", 2)
    assert "共 2+ 条" in client.get("/pc/staff").text


def test_a_list_asks_the_same_number_of_questions_however_long_it_is(client, three, queries):
    client.get("/pc/staff")
    few = len(queries)
    for _ in range(10):
        make_member({Permission.GOODS_READ})
    client.get("/pc/staff")
    queries.clear()
    client.get("/pc/staff")
    assert len(queries) <= few


# --- private filters -------------------------------------------------------------------------------------------------


def filtered_by_phone(client, csrf: str, phone: str = "13800000009"):
    typed = {"csrf_token": csrf, "page_of": "/pc/toys/list?state=new&page=2", "private": "phone", "state": "new"}
    return client.post("/pc/table-filter", data={**typed, "phone": phone, "q": ""})


def test_a_telephone_number_never_stands_in_an_address(client, sign_in_staff):
    csrf = sign_in_staff(client, make_member(READER))
    answer = filtered_by_phone(client, csrf)
    assert answer.status_code == 303
    assert answer.location.startswith("/pc/toys/list?state=new&f=")
    assert "13800000009" not in answer.location
    page = client.get(answer.location)
    assert "电话找到的" in page.text
    assert 'value="13800000009"' in page.text


def test_somebody_elses_private_filter_is_nobodys(app, client, sign_in_staff):
    csrf = sign_in_staff(client, make_member(READER))
    location = filtered_by_phone(client, csrf).location
    other = app.test_client()
    sign_in_staff(other, make_member(READER))
    assert "电话找到的" not in other.get(location).text


def test_a_private_filter_leads_nowhere_else(client, sign_in_staff):
    csrf = sign_in_staff(client, make_member(READER))
    typed = {"csrf_token": csrf, "page_of": "https://elsewhere.example/pc/", "private": ""}
    assert client.post("/pc/table-filter", data=typed).location == "/pc/"


# --- spreadsheets ----------------------------------------------------------------------------------------------------


def test_an_export_holds_all_rows_with_formulas_defused(client, sign_in_staff):
    sign_in_staff(client, make_member({*READER, Permission.TABLE_EXPORT}))
    answer = client.get("/pc/toys/list?export=xlsx")
    assert answer.status_code == 200
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == ("名称", "价格", "状态", "生产日期")
    assert rows[1] == ("玩具01", 1.5, "全新", "2026-03-01")
    assert len(rows) == 47
    assert rows[-1][0] == "'=1+1"
    assert sheet.cell(47, 1).data_type == "s"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_every_beginning_of_a_formula_is_defused(start):
    assert defused(f"{start}cmd").startswith("'")
    assert defused("plain") == "plain"


def test_an_export_needs_its_own_right_and_both_are_written_down(client, sign_in_staff):
    sign_in_staff(client, make_member(READER))
    assert "导出表格" not in client.get("/pc/toys/list").text
    assert client.get("/pc/toys/list?export=xlsx").status_code == 403
    sign_in_staff(client, make_member({*READER, Permission.TABLE_EXPORT}))
    client.get("/pc/toys/list?export=xlsx&state=old")
    rows = db.session.execute(sa.select(AuditRow.action, AuditRow.result, AuditRow.detail)).all()
    assert [tuple(row) for row in rows] == [
        ("table.export", audit.DENIED, ""),
        ("table.export", audit.OK, "1行；状态=old"),
    ]


def test_an_export_has_an_end(client, sign_in_staff, monkeypatch):
    monkeypatch.setattr("wxapp.admin.export.MOST_ROWS", 10)
    sign_in_staff(client, make_member({*READER, Permission.TABLE_EXPORT}))
    assert client.get("/pc/toys/list?export=xlsx").status_code == 422


def test_only_spreadsheets_are_exported(client, sign_in_staff):
    sign_in_staff(client, make_member({*READER, Permission.TABLE_EXPORT}))
    assert client.get("/pc/toys/list?export=exe").status_code == 404


def test_columns_that_are_selected_one_by_one_work_like_whole_rows(app, client):
    make_member(username="abe", name="阿贝")
    table = Table("t", "t", columns=(Column("username", "账号"), Column("name", "姓名")), key=Member.id)
    with app.test_request_context("/pc/x"):
        view = table.load(lambda: sa.select(Member.username, Member.name))
        assert view.to_wire()["list"] == [{"username": "abe", "name": "阿贝"}]


@pytest.mark.parametrize("sort", ["username", "-username"])
def test_a_late_page_holds_the_rows_that_come_there(client, three, monkeypatch, sort):
    near = usernames(client, f"?sort={sort}&limit=1&page=2")
    monkeypatch.setattr(tables, "FAR", 1)
    assert usernames(client, f"?sort={sort}&limit=1&page=2") == near
    assert len(near) == 1
