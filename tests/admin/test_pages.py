"""The shell's own pages: start, search, settings, menu."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.factories.staff import make_member
from wxapp.admin import dashboard, menu, search
from wxapp.admin.charts import Chart
from wxapp.admin.dashboard import Card
from wxapp.admin.models import AuditRow
from wxapp.admin.search import Hit
from wxapp.admin.settings import TITLE
from wxapp.core import settings
from wxapp.core.db import db
from wxapp.core.permissions import Permission
from wxapp.core.settings import Setting

JSON = {"Accept": "application/json"}

SWITCH = Setting("test.switch", "开关", True, kind="bool", group="测试")
PRICE = Setting("test.price", "价格", 100, kind="fen", group="测试", minimum=1, maximum=1000)
WORD = Setting("test.word", "词", "a", group="测试", choices=(("a", "甲"), ("b", "乙")))


# --- start page ------------------------------------------------------------------------------------------------------


@pytest.fixture
def board(monkeypatch):
    monkeypatch.setattr(dashboard, "_registered", {})
    dashboard.dashboard_card(2, Permission.ORDER_READ, lambda: Card("今日订单", "28"))
    return dashboard


def test_figures_show_to_who_may_see_them(client, sign_in_staff, board):
    sign_in_staff(client, make_member({Permission.DASHBOARD_READ, Permission.ORDER_READ}))
    assert "今日订单" in client.get("/pc/").text
    sign_in_staff(client, make_member({Permission.DASHBOARD_READ}))
    assert "今日订单" not in client.get("/pc/").text


def test_a_chart_stands_in_a_table_too(client, sign_in_staff, board):
    board.dashboard_chart(1, Permission.ORDER_READ, chart)
    sign_in_staff(client, make_member({Permission.DASHBOARD_READ, Permission.ORDER_READ}))
    page = client.get("/pc/").text
    assert "近两日" in page
    assert "<td>12.50</td>" in page
    assert client.get("/pc/", headers=JSON).json["charts"][0]["labels"] == ["昨天", "今天"]


def chart() -> Chart:
    return Chart("近两日", "line", ["昨天", "今天"], {"收款": [1000, 1250]}, unit="元")


def test_a_chart_whose_figures_do_not_fit_is_refused():
    with pytest.raises(ValueError, match="length"):
        Chart("x", "line", ["a"], {"b": [1, 2]})


def test_who_may_do_nothing_is_told_whom_to_ask(client, sign_in_staff):
    sign_in_staff(client, make_member())
    assert client.get("/pc/").status_code == 200
    assert "我的账号" in client.get("/pc/").text


# --- menu ------------------------------------------------------------------------------------------------------------


def test_the_menu_shows_what_may_be_opened_and_marks_the_page(client, sign_in_staff):
    sign_in_staff(client, make_member({Permission.STAFF_READ}))
    page = client.get("/pc/staff").text
    assert 'href="/pc/staff" aria-current="page"' in page
    assert "审计日志" not in page


def test_an_entry_needs_a_group_that_exists():
    with pytest.raises(ValueError, match="no such group"):
        menu.entry("没有的组", "页", "admin_admin.start", None)


# --- search ----------------------------------------------------------------------------------------------------------


def test_search_asks_only_finders_of_whom_the_person_has_the_right(client, sign_in_staff, monkeypatch):
    monkeypatch.setattr(search, "_finders", {})
    search.register("患者", Permission.PATIENT_READ, lambda text: [Hit("林*", "/pc/patients/1", text[:2])])
    search.register("订单", Permission.ORDER_READ, lambda text: [Hit("M1", "/pc/orders/M1")])
    csrf = sign_in_staff(client, make_member({Permission.ORDER_READ}))
    answer = client.post("/pc/search", data={"csrf_token": csrf, "q": " 13800000001 "})
    assert "M1" in answer.text
    assert "林*" not in answer.text
    row = db.session.scalars(sa.select(AuditRow)).one()
    assert (row.action, row.detail) == ("admin.search", "命中1条")


@pytest.mark.parametrize("text", ["", "   "])
def test_searching_for_nothing_finds_nothing(client, sign_in_staff, text):
    csrf = sign_in_staff(client, make_member({Permission.ORDER_READ}))
    assert client.post("/pc/search", data={"csrf_token": csrf, "q": text}).status_code == 200


def test_too_long_a_text_is_refused_on_the_page(client, sign_in_staff):
    csrf = sign_in_staff(client, make_member({Permission.ORDER_READ}))
    assert client.post("/pc/search", data={"csrf_token": csrf, "q": "长" * 61}).status_code == 422


# --- settings --------------------------------------------------------------------------------------------------------


@pytest.fixture
def save(client, sign_in_staff):
    csrf = sign_in_staff(client, make_member({Permission.SETTING_READ, Permission.SETTING_WRITE}))
    return lambda **typed: client.post("/pc/settings", data={"csrf_token": csrf, **typed})


def test_a_change_is_kept_and_written_down_with_both_values(save):
    assert save(**{"test.price": "2.5", "test.switch": "0"}).status_code == 303
    assert (PRICE(), SWITCH()) == (250, False)
    rows = db.session.scalars(sa.select(AuditRow).where(AuditRow.action == "setting.change").order_by(AuditRow.number))
    assert [row.detail for row in rows] == ["价格：1.00元 → 2.50元", "开关：开启 → 关闭"]


def test_of_a_checkbox_and_its_hidden_no_the_last_counts(save):
    save(**{"test.switch": "0"})
    save(**{"test.switch": ["0", "1"]})
    assert SWITCH() is True


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"test.price": "much"}, "价格应为数字"),
        ({"test.price": "11"}, "价格应在0.01至10.00之间"),
        ({"test.word": "c"}, "词不在可选范围内"),
        ({"test.nothing": "1"}, "没有这个设置"),
    ],
)
def test_one_wrong_value_keeps_all_as_they_were(save, typed, sentence):
    answer = save(**{"test.switch": "0", **typed})
    assert answer.status_code == 422
    assert sentence in answer.text or "test.nothing" in typed
    assert (PRICE(), SWITCH(), WORD()) == (100, True, "a")


def test_a_page_that_showed_another_value_is_stale(save):
    save(**{"test.price": "3", "seen.test.price": "1.00"})
    answer = save(**{"test.price": "4", "seen.test.price": "1.00"})
    assert answer.status_code == 409
    assert "已被他人修改为“3.00元”" in answer.text
    assert PRICE() == 300


def test_who_may_only_read_sees_and_cannot_save(client, sign_in_staff):
    csrf = sign_in_staff(client, make_member({Permission.SETTING_READ}))
    page = client.get("/pc/settings").text
    assert "后台名称" in page
    assert "保存测试设置" not in page
    answer = client.post("/pc/settings", data={"csrf_token": csrf, "test.price": "2"})
    assert answer.status_code == 403
    assert PRICE() == 100


def test_the_title_of_the_pages_is_a_setting(save, client):
    save(**{TITLE.name: "示例医院后台"})
    settings.forget()
    assert "示例医院后台" in client.get("/pc/settings").text


def test_every_declared_setting_keeps_what_its_own_field_shows(save, client):
    for setting in settings.declared():
        before = setting()
        shown = "1" if before is True else "0" if before is False else None
        if shown is not None:
            assert setting.parse(shown) == before
