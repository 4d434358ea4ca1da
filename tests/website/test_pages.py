"""Patients' pages of the website: public, the same for everybody, in the order of staff, on time."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories.mall import make_goods
from tests.factories.patients import make_patient, make_wechat_user
from tests.factories.website import BY, make_article, make_category, make_equipment, make_physician, make_slide
from wxapp.core import clock
from wxapp.h5 import registry
from wxapp.h5.shell import STATIC
from wxapp.website import queries, services
from wxapp.website.rules import FloorPlace

PAGES = [
    "/", "/about", "/checkup-notice", "/physicians", "/physicians?chief=1", "/physicians?q=x", "/equipment", "/news",
]  # fmt: skip
FLOORS = ["轮播广告", "医院简介", "健康体检", "专家列表", "体检须知", "先进设备", "主任医师", "健康资讯"]
At = Callable[[str | timedelta], None]


def all_floors() -> None:
    make_slide()
    make_goods()
    make_physician()
    make_equipment()
    make_article()


@pytest.mark.parametrize("path", PAGES)
def test_everybody_reads_and_nobody_is_named(client: FlaskClient, sign_in_wechat: Any, path: str) -> None:
    sign_in_wechat(client, make_wechat_user(patient=make_patient(), nickname="某人的昵称"))
    page = client.get(path)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "public, no-cache"
    assert "Set-Cookie" not in page.headers
    assert "某人的昵称" not in page.text
    assert client.get(path, headers={"If-None-Match": page.headers["ETag"]}).status_code == 304


def test_a_kept_page_asks_the_database_nothing(client: FlaskClient, queries: list[str]) -> None:
    client.get("/")
    client.get("/")
    queries.clear()
    client.get("/")
    assert queries == []


# --- home page -------------------------------------------------------------------------------------------------------


def headings(page: str) -> list[str]:
    """Return the floors of a home page from the top."""
    found = re.findall(r'aria-label="(轮播广告)"|<h2 class="card__title">([^<]+)<', page)
    return ["".join(pair) for pair in found]


def test_floors_are_those_of_the_contract_in_its_order(client: FlaskClient) -> None:
    all_floors()
    assert [floor.name for floor in registry.home_floors()] == FLOORS
    assert headings(client.get("/").text) == FLOORS


def test_an_empty_floor_is_left_out(client: FlaskClient) -> None:
    services.write_sheet("about", "", seen_version=1, by=BY)
    assert headings(client.get("/").text) == ["体检须知"]


def test_staff_order_floors_and_switch_them_off(client: FlaskClient) -> None:
    all_floors()
    places = [FloorPlace(name, name != "医院简介") for name in reversed(FLOORS)]
    services.arrange_home(places, seen_version=1, by=BY)
    assert headings(client.get("/").text) == [name for name in reversed(FLOORS) if name != "医院简介"]


def test_a_floor_that_staff_have_not_placed_yet_takes_part(client: FlaskClient) -> None:
    all_floors()
    services.arrange_home([FloorPlace("健康资讯", True), FloorPlace("轮播广告", True)], seen_version=1, by=BY)
    assert sorted(headings(client.get("/").text)) == sorted(FLOORS)


def test_a_home_page_without_anything_has_a_next_step(client: FlaskClient) -> None:
    for slug in ("about", "checkup-notice"):
        services.write_sheet(slug, "", seen_version=1, by=BY)
    page = client.get("/").text
    assert "首页内容正在整理中" in page
    assert 'href="/mall"' in page


# --- on time ---------------------------------------------------------------------------------------------------------


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=clock.HOSPITAL_ZONE).astimezone(UTC)


def test_what_is_scheduled_comes_and_goes_on_time_though_the_page_is_kept(client: FlaskClient, at: At) -> None:
    make_slide(title="义诊", since=moment("2026-03-02 10:00:30"), until=moment("2026-03-02 10:00:50"))
    assert "义诊" not in client.get("/").text
    at(timedelta(seconds=29))
    assert "义诊" not in client.get("/").text
    at(timedelta(seconds=1))
    assert "义诊" in client.get("/").text
    at(timedelta(seconds=20))
    assert "义诊" not in client.get("/").text


def test_an_article_and_its_page_appear_together(client: FlaskClient, at: At) -> None:
    number = make_article(title="讲座", since=moment("2026-03-02 10:00:30"))
    paths = ["/", "/news", f"/news/{number}"]
    assert ["讲座" in client.get(path).text for path in paths] == [False] * 3
    assert client.get(f"/news/{number}").status_code == 404
    at(timedelta(seconds=30))
    assert ["讲座" in client.get(path).text for path in paths] == [True] * 3


@pytest.mark.parametrize("make", [make_article, make_equipment])
def test_a_page_whose_time_is_over_is_gone(client: FlaskClient, at: At, make: Callable[..., int]) -> None:
    path = "/news" if make is make_article else "/equipment"
    number = make(until=moment("2026-03-02 10:00:10"))
    assert client.get(f"{path}/{number}").status_code == 200
    at(timedelta(seconds=10))
    assert client.get(f"{path}/{number}").status_code == 404


@pytest.mark.parametrize("make", [make_article, make_equipment])
def test_a_draft_is_nobodys_to_see(client: FlaskClient, make: Callable[..., int]) -> None:
    path = "/news" if make is make_article else "/equipment"
    field = "title" if make is make_article else "name"
    number = make(is_published=False, **{field: "未完成的"})
    assert client.get(f"{path}/{number}").status_code == 404
    assert "未完成的" not in client.get(path).text + client.get("/").text


# --- physicians ------------------------------------------------------------------------------------------------------


def test_physicians_stand_by_department_in_the_order_of_staff(client: FlaskClient) -> None:
    make_physician(name="甲", position=2)
    make_physician(name="乙", position=1)
    make_physician(name="丙", department="口腔科", title="主治医师")
    make_physician(name="隐", is_shown=False)
    page = client.get("/physicians").text
    assert page.index("<strong>乙") < page.index("<strong>甲")
    assert "隐" not in page
    chiefs = client.get("/physicians?chief=1").text
    assert "<strong>甲" in chiefs
    assert "<strong>丙" not in chiefs


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("q=甲", "甲"),
        ("q=口腔", "丙"),
        ("q=冠心", "甲"),
        ("department=口腔科", "丙"),
        ("department=口腔科&q=甲", ""),
        ("q=%25", ""),
        ("q=_", ""),
    ],
)
def test_physicians_are_found_by_department_and_word(client: FlaskClient, question: str, found: str) -> None:
    make_physician(name="甲", good_at="冠心病")
    make_physician(name="丙", department="口腔科")
    page = client.get(f"/physicians?{question}").text
    assert re.findall(r"<strong>(.)</strong>", page) == list(found)
    assert ("没有找到符合条件的专家" in page) is not bool(found)


def test_nobody_there_has_a_next_step(client: FlaskClient) -> None:
    page = client.get("/physicians").text
    assert "还没有专家介绍" in page
    assert 'href="/"' in page


def test_a_physicians_page(client: FlaskClient) -> None:
    profile = '<p onclick="x()">第一行</p><script>第二行</script>'
    shown, hidden = make_physician(profile=profile, academic_titles="教授"), make_physician(is_shown=False)
    page = client.get(f"/physicians/{shown.id}").text
    assert "高血压" in page
    assert "教授" in page
    assert "<p>第一行</p>" in page
    assert "第二行" not in page
    assert client.get(f"/physicians/{hidden.id}").status_code == 404
    assert client.get("/physicians/999999").status_code == 404


def test_a_physician_has_the_tabs_that_packages_add(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_physician()
    own = {"医生简介": registry.PhysicianTab("医生简介", "website.physician", 1)}
    monkeypatch.setattr(registry, "_physician_tabs", own)
    assert 'aria-label="医生"' not in client.get(f"/physicians/{made.id}").text
    own["别处"] = registry.PhysicianTab("别处", "website.physician", 2)
    own["没有"] = registry.PhysicianTab("没有", "nowhere.page", 3)
    page = client.get(f"/physicians/{made.id}?x=1").text
    assert re.findall(r'class="tabs__item"[^>]*>([^<]+)<', page) == ["医生简介", "别处"]


# --- equipment and news ----------------------------------------------------------------------------------------------


def test_equipment_is_listed_page_by_page(client: FlaskClient) -> None:
    for number in range(queries.PAGE_SIZE + 1):
        make_equipment(name=f"设备{number:02d}", position=number)
    first, second = client.get("/equipment").text, client.get("/equipment?page=2").text
    assert "设备00" in first
    assert "设备10" not in first
    assert 'href="/equipment?page=2"' in first
    assert "设备10" in second


def test_a_machine_shows_its_pictures_and_text(client: FlaskClient) -> None:
    number = make_equipment(name="磁共振", pictures=("one", "two"), body_html="<p>好</p><script>x</script>")
    page = client.get(f"/equipment/{number}").text
    assert re.findall(r'src="/media/(\w+)"', page) == ["one", "two"]
    assert "<p>好</p></div>" in page


def test_news_stand_pinned_first_then_by_day_and_category(client: FlaskClient) -> None:
    science, notices = make_category("科普"), make_category("公告")
    now = clock.now()
    make_article(title="旧的", category_id=science, since=now - timedelta(days=3))
    make_article(title="新的", category_id=science, since=now - timedelta(days=1))
    make_article(title="要紧的", category_id=notices, since=now - timedelta(days=9), is_pinned=True)
    titles = r'headline__title">(?:<span class="headline__pin">置顶</span>)?([^<]+)<'
    assert re.findall(titles, client.get("/news").text) == ["要紧的", "新的", "旧的"]
    assert re.findall(titles, client.get(f"/news?category={science}").text) == ["新的", "旧的"]


@pytest.mark.parametrize("question", ["page=x", "page=0", "page=501", "category=x", "category=-1", "page=١"])
def test_an_address_that_never_was_a_link(client: FlaskClient, question: str) -> None:
    assert client.get(f"/news?{question}").status_code == 404


@pytest.mark.parametrize("path", ["/news", "/news?page=3", "/news?category=77", "/equipment", "/equipment?page=9"])
def test_empty_lists_have_a_next_step(client: FlaskClient, path: str) -> None:
    page = client.get(path)
    assert page.status_code == 200
    assert 'class="empty"' in page.text
    assert "button--fit" in page.text


# --- weight and sharing ----------------------------------------------------------------------------------------------


def test_the_first_view_is_light(client: FlaskClient) -> None:
    all_floors()
    page = client.get("/").text
    named = set(re.findall(r'(?:href|src)="(/static/[^"?#]+)', page)) - {"/static/vendor/icons.svg"}
    weight = len(page.encode()) + (STATIC / "vendor/icons.svg.br").stat().st_size
    weight += sum((STATIC / name.removeprefix("/static/")).stat().st_size for name in named)
    assert len(named) >= 6
    assert weight < 150_000


def test_a_shared_page_has_its_card_and_may_load_wechats_script_only(client: FlaskClient) -> None:
    paths = {
        "/": "示例医院",
        f"/physicians/{make_physician(picture='face').id}": "陈建国 主任医师",
        f"/equipment/{make_equipment(pictures=('cover',))}": "磁共振",
        f"/news/{make_article(cover='cover')}": "秋季养生",
        f"/mall/goods/{make_goods(name='体检').id}": "体检",
    }
    for path, title in paths.items():
        answer = client.get(path)
        assert f'data-title="{title}"' in answer.text
        assert f'data-link="http://localhost{path}"' in answer.text
        assert re.search(r'data-img-url="http://localhost/(media|static)/[^"]+"', answer.text)
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src 'self' https://res.wx.qq.com;" in policy
    assert "res.wx.qq.com" not in client.get("/about").headers["Content-Security-Policy"]


def test_a_card_takes_any_text(client: FlaskClient) -> None:
    number = make_article(title='"><script>alert(1)</script>', summary="'<b>")
    assert "<script>alert(1)" not in client.get(f"/news/{number}").text
