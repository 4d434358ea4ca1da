"""Searching: suggestions while typing, popular words, nothing in a text that steers the search."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from tests.factories.mall import make_goods
from wxapp.core import settings
from wxapp.h5.kept import forget_public_pages
from wxapp.mall import rules
from wxapp.mall.settings import POPULAR_SEARCHES
from wxapp.mall.views import home


@pytest.fixture(autouse=True)
def some_goods(client: FlaskClient) -> None:
    forget_public_pages()
    make_goods(name="入职体检套餐", keywords="入职 上岗 健康证", sales=3)
    make_goods(name="腹部彩超", keywords="B超 彩色超声", sales=9)
    make_goods(name="100%安心套餐", keywords="A_B")
    make_goods(name="入职旧套餐", is_on_sale=False)
    settings.write(POPULAR_SEARCHES, "彩超，入职体检 彩超", by="staff:1")


def words(client: FlaskClient, text: str) -> list[str]:
    answer = client.get("/mall/suggestions", query_string={"q": text})
    assert answer.status_code == 200
    found: list[str] = answer.json["words"]
    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["彩超", "入职体检"]),
        ("入", ["入职体检", "入职", "入职体检套餐"]),
        ("彩", ["彩超", "彩色超声", "腹部彩超"]),
        ("b超", ["B超"]),
        ("%", ["100%安心套餐"]),
        ("_", ["A_B"]),
        ("100!", []),
        ("'; --", []),
        ("没有这种", []),
        ("长" * 500, []),
        ("😀", []),
    ],
)
def test_what_a_text_may_become(client: FlaskClient, text: str, found: list[str]) -> None:
    assert words(client, text) == found


def test_there_are_at_most_eight(client: FlaskClient) -> None:
    for number in range(12):
        make_goods(name=f"骨密度{number:02d}")
    assert len(words(client, "骨密度")) == 8


def test_an_answer_is_kept_for_everybody(client: FlaskClient) -> None:
    answer = client.get("/mall/suggestions?q=彩")
    assert answer.headers["Cache-Control"].startswith("public")
    assert "Set-Cookie" not in answer.headers


def test_who_asks_without_end_has_to_wait(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "SEARCHES", replace(home.SEARCHES, count=2))
    found = [client.get("/mall/suggestions", query_string={"q": text}).status_code for text in ("血", "尿", "骨")]
    assert found == [200, 200, 429]


def test_popular_words_are_links_without_a_script(client: FlaskClient) -> None:
    page = client.get("/mall").text
    assert 'href="/mall?q=%E5%BD%A9%E8%B6%85">彩超</a>' in page
    assert 'data-suggestions="/mall/suggestions"' in page


def test_staff_may_have_no_popular_words(client: FlaskClient) -> None:
    settings.write(POPULAR_SEARCHES, "", by="staff:1")
    forget_public_pages()
    assert "热门搜索" not in client.get("/mall").text
    assert words(client, "") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("彩超", ["彩超"]),
        (" 彩超、彩超,B超  CT ", ["彩超", "B超", "CT"]),
        ("长" * 30, ["长" * 12]),
        (" ".join(str(n) for n in range(20)), [str(n) for n in range(10)]),
    ],
)
def test_popular_words_as_staff_type_them(text: str, found: list[str]) -> None:
    assert rules.popular_words(text) == found
