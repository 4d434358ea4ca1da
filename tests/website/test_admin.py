"""Staff's pages of the website: rights, right input, wrong input, stale forms, looking before publishing."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories.staff import make_member
from tests.factories.website import BY, make_article, make_category, make_equipment, make_physician, make_slide
from tests.website.conftest import Editor, picture
from wxapp.booking.models import Leave
from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.core.permissions import Permission
from wxapp.directory.models import Physician
from wxapp.h5 import registry
from wxapp.website import queries, services
from wxapp.website.models import Article, Equipment, Slide

JSON = {"Accept": "application/json"}
ADDRESSES = [
    "physicians", "physicians/new", "physicians/1", "physicians/1/preview", "website/slides", "website/slides/new",
    "website/slides/1", "website/slides/1/preview", "website/equipment", "website/equipment/new",
    "website/equipment/1", "website/equipment/1/preview", "website/articles", "website/articles/new",
    "website/articles/1", "website/articles/1/preview", "website/categories", "website/categories/new",
    "website/categories/1", "website/sheets", "website/sheets/about", "website/home",
]  # fmt: skip
POSTS = [
    "physicians", "physicians/1", "physicians/1/remove", "physicians/1/preview", "website/slides", "website/slides/1",
    "website/slides/1/remove", "website/equipment", "website/equipment/1", "website/equipment/1/remove",
    "website/equipment/1/preview", "website/articles", "website/articles/1", "website/articles/1/remove",
    "website/articles/1/preview", "website/categories", "website/categories/1", "website/categories/1/remove",
    "website/sheets/about", "website/sheets/about/preview", "website/home", "rich-text/pictures",
]  # fmt: skip


@pytest.mark.parametrize("path", [("GET", path) for path in ADDRESSES] + [("POST", path) for path in POSTS])
def test_each_door_needs_its_right(client: FlaskClient, sign_in_staff: Any, path: tuple[str, str]) -> None:
    token = sign_in_staff(client, make_member({Permission.PATIENT_READ}))
    assert client.open(f"/pc/{path[1]}", method=path[0], data={"csrf_token": token}).status_code == 403


# --- slides ----------------------------------------------------------------------------------------------------------

SLIDE = {"title": "春季体检", "target": "/mall", "is_published": "1"}


def test_a_slide_is_added_and_the_home_page_shows_it_at_once(client: FlaskClient, editor: Editor) -> None:
    client.get("/")
    assert editor.post("/pc/website/slides", **SLIDE, picture=picture()).status_code == 303
    page = client.get("/").text
    assert "春季体检" in page
    with client.get(re.search(r'src="(/media/[^"]+)"', page)[1]) as shown:
        assert (shown.status_code, shown.content_type) == (200, "image/webp")


@pytest.mark.parametrize(
    ("over", "field", "sentence"),
    [
        ({"title": ""}, "title", "请填写标题"),
        ({"picture": None}, "picture", "请选择图片"),
        ({"picture": (io.BytesIO(b"<svg>"), "x.png")}, "picture", "请上传JPG、PNG、WebP或GIF图片"),
        ({"target": "other", "path": ""}, "path", "请填写本站页面的地址"),
        ({"target": "other", "path": "https://evil.example/"}, "path", "只能链接到本站页面，地址以 / 开头，如 /mall"),
        ({"target": "other", "path": "//evil.example"}, "path", "只能链接到本站页面，地址以 / 开头，如 /mall"),
        ({"target": "other", "path": "/\\evil.example"}, "path", "只能链接到本站页面，地址以 / 开头，如 /mall"),
        ({"target": "other", "path": "javascript:alert(1)"}, "path", "只能链接到本站页面，地址以 / 开头，如 /mall"),
        ({"target": "other", "path": "/nothing"}, "path", "本站没有这个页面，请检查地址"),
        ({"target": "other", "path": "/pc/website/home"}, "path", "本站没有这个页面，请检查地址"),
        ({"target": "https://evil.example/"}, "target", "点击后打开的页面不在可选范围内"),
        ({"visible_from": "明天"}, "visible_from", "时间格式应如2026-01-31 08:00"),
        ({"visible_from": "0001-01-01T00:00"}, "visible_from", "时间应在2000年至2199年之间"),
        (
            {"visible_from": "2026-03-05T08:00", "visible_until": "2026-03-04T08:00"},
            "visible_until",
            "结束时间应晚于开始时间",
        ),
    ],
)
def test_a_wrong_slide_is_refused_beside_its_field(editor: Editor, over: Any, field: str, sentence: str) -> None:
    fields = {**SLIDE, "picture": picture(), **over}
    sent = {name: value for name, value in fields.items() if value is not None}
    answer = editor.post("/pc/website/slides", **sent, headers=JSON)
    assert (answer.status_code, answer.get_json()["errors"]) == (422, {field: sentence})
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Slide)) == 0


def test_a_refused_slide_comes_back_with_what_was_typed(editor: Editor) -> None:
    answer = editor.post("/pc/website/slides", **SLIDE | {"target": "other", "path": "//evil.example"})
    assert answer.status_code == 422
    assert 'value="春季体检"' in answer.text
    assert 'value="//evil.example"' in answer.text
    assert "只能链接到本站页面" in answer.text


@pytest.mark.parametrize("path", ["/mall?category=1", "/physicians/1", "/news#top", "/"])
def test_any_page_of_patients_may_be_opened(editor: Editor, path: str) -> None:
    number = make_slide()
    answer = editor.post(f"/pc/website/slides/{number}", **SLIDE | {"target": "other", "path": path}, version="1")
    assert answer.status_code == 303
    db.session.expire_all()
    assert (queries.get(Slide, number).link, queries.get(Slide, number).picture) == (path, "none-slide")


def test_moments_are_the_hospitals(editor: Editor) -> None:
    editor.post("/pc/website/slides", **SLIDE, picture=picture(), visible_from="2026-03-05T08:00")
    number = db.session.scalars(sa.select(Slide.id)).one()
    assert queries.get(Slide, number).visible_from.isoformat() == "2026-03-05T00:00:00+00:00"
    page = editor.get(f"/pc/website/slides/{number}").text
    assert 'name="visible_from" type="datetime-local" value="2026-03-05T08:00"' in page


# --- pictures --------------------------------------------------------------------------------------------------------


def test_a_large_photograph_is_taken_and_made_smaller(client: FlaskClient, editor: Editor) -> None:
    answer = editor.post("/pc/rich-text/pictures", picture=picture("JPEG", (8000, 5000)), headers=JSON)
    address = answer.get_json()["url"]
    with client.get(address) as shown:
        assert shown.status_code == 200
        assert len(shown.get_data()) < 200_000


@pytest.mark.parametrize(
    ("upload", "sentence"),
    [
        (picture("PNG", (8000, 5000)), "图片尺寸过大，请缩小后再上传"),
        ((io.BytesIO(b"<svg onload=alert(1)>"), "x.svg"), "请上传JPG、PNG、WebP或GIF图片"),
    ],
)
def test_a_picture_that_can_not_be_taken_is_refused_with_a_sentence(editor: Editor, upload: Any, sentence: str) -> None:
    answer = editor.post("/pc/rich-text/pictures", picture=upload, headers=JSON)
    assert (answer.status_code, answer.get_json()["errors"]) == (422, {"picture": sentence})


def test_no_picture_at_all(editor: Editor) -> None:
    assert editor.post("/pc/rich-text/pictures", headers=JSON).get_json()["errors"] == {"picture": "请选择图片"}


def test_who_writes_goods_may_upload_too(client: FlaskClient, sign_in_staff: Any) -> None:
    token = sign_in_staff(client, make_member({Permission.GOODS_WRITE}))
    sent = {"csrf_token": token, "picture": picture()}
    answer = client.post("/pc/rich-text/pictures", data=sent, headers=JSON, content_type="multipart/form-data")
    assert re.fullmatch(r"/media/[\w-]+", answer.get_json()["url"])


# --- equipment, articles, sheets -------------------------------------------------------------------------------------


def test_pictures_of_a_machine_are_added_and_taken_away(editor: Editor) -> None:
    number = make_equipment(pictures=("one", "two"))
    sent = {"name": "磁共振", "version": "1", "remove": "one", "picture": [picture(), picture()]}
    assert editor.post(f"/pc/website/equipment/{number}", **sent).status_code == 303
    db.session.expire_all()
    tokens = queries.get(Equipment, number).tokens
    assert (tokens[0], len(tokens)) == ("two", 3)


def test_too_many_pictures_are_refused_beside_the_field(editor: Editor) -> None:
    number = make_equipment(pictures=tuple("abcdefgh"))
    sent = {"name": "磁共振", "version": "1", "picture": [picture(), picture()]}
    answer = editor.post(f"/pc/website/equipment/{number}", **sent)
    assert (answer.status_code, "最多9张图片，请先删除一些" in answer.text) == (422, True)


def in_its_category(fields: dict[str, str], number: int) -> dict[str, str]:
    """Fill in an article's own category, whose number differs from run to run."""
    if "category_id" not in fields:
        return fields
    return {**fields, "category_id": str(db.session.get_one(Article, number).category_id)}


def test_an_article_is_written_looked_at_and_published(client: FlaskClient, editor: Editor) -> None:
    fields = {"title": "秋季养生", "category_id": str(make_category()), "body_html": "<p>多喝水</p><script>x</script>"}
    added = editor.post("/pc/website/articles", **fields, picture=picture(), headers=JSON)
    number = added.get_json()["id"]
    assert client.get(f"/news/{number}").status_code == 404
    preview = editor.get(f"/pc/website/articles/{number}/preview")
    assert preview.headers["Cache-Control"] == "no-store"
    editor.post(f"/pc/website/articles/{number}", **fields, version="1", is_published="1")
    public = client.get(f"/news/{number}")
    assert public.status_code == 200
    day = re.compile(r"<time.*</time>")
    assert day.sub("", preview.text) == day.sub("", public.text)
    assert "<p>多喝水</p></div>" in public.text


def test_a_preview_is_for_staff_only(client: FlaskClient) -> None:
    number = make_article(is_published=False)
    answer = client.get(f"/pc/website/articles/{number}/preview")
    assert (answer.status_code, "/pc/login" in answer.headers.get("Location", "")) == (302, True)


@pytest.mark.parametrize(
    ("path", "make", "fields", "field"),
    [
        ("website/articles", make_article, {"title": "改", "category_id": "1"}, "body_html"),
        ("website/equipment", make_equipment, {"name": "改"}, "body_html"),
        ("physicians", make_physician, {"name": "改", "department": "内科", "title": "医师"}, "profile"),
    ],
)
def test_what_is_typed_is_looked_at_without_saving(
    client: FlaskClient, editor: Editor, path: str, make: Any, fields: dict[str, str], field: str
) -> None:
    made = make()
    number = made if isinstance(made, int) else made.id
    fields = in_its_category(fields, number)
    sent = {**fields, field: "<p>新写的</p><img src=x onerror=alert(1)>", "version": "1"}
    shown = editor.post(f"/pc/{path}/{number}/preview", **sent)
    assert (shown.status_code, "<p>新写的</p>" in shown.text, "onerror" in shown.text) == (200, True, False)
    assert "新写的" not in editor.get(f"/pc/{path}/{number}").text
    assert editor.post(f"/pc/{path}/{number}/preview", **{**sent, next(iter(fields)): ""}).status_code == 422


def test_a_sheet_is_looked_at_and_saved(client: FlaskClient, editor: Editor) -> None:
    sent = {"body_html": "百年老院\n<b>新楼</b>", "version": "1"}
    assert "<p>百年老院</p>" in editor.post("/pc/website/sheets/about/preview", **sent).text
    assert "百年老院" not in client.get("/about").text
    assert editor.post("/pc/website/sheets/about", **sent, picture=picture()).status_code == 303
    assert "<p>百年老院</p><p><b>新楼</b></p>" in client.get("/about").text
    assert "百年老院 新楼" in client.get("/").text
    stale = editor.post("/pc/website/sheets/about", **sent | {"body_html": "另一位写的"})
    assert (stale.status_code, "另一位写的" in stale.text) == (409, True)
    assert editor.get("/pc/website/sheets/nothing").status_code == 404


@pytest.mark.parametrize(
    ("path", "make", "fields"),
    [
        ("website/slides", make_slide, SLIDE),
        ("website/equipment", make_equipment, {"name": "改"}),
        ("website/articles", make_article, {"title": "改", "category_id": "1"}),
        ("website/categories", make_category, {"name": "改"}),
        ("physicians", make_physician, {"name": "改", "department": "内科", "title": "医师"}),
    ],
)
def test_a_stale_form_is_refused_and_keeps_what_was_typed(
    editor: Editor, path: str, make: Any, fields: dict[str, str]
) -> None:
    made = make()
    number = made if isinstance(made, int) else made.id
    fields = in_its_category(fields, number)
    address = f"/pc/{path}/{number}"
    assert editor.post(address, **fields, version="1").status_code == 303
    again = editor.post(address, **{**fields, next(iter(fields)): "晚到的"}, version="1")
    assert (again.status_code, "内容已被他人修改" in again.text, 'value="晚到的"' in again.text) == (409, True, True)


def test_a_draft_with_a_schedule_says_so_in_the_list(editor: Editor) -> None:
    make_slide(title="草", is_published=False)
    make_slide(title="今")
    lines = editor.client.get("/pc/website/slides", headers=JSON).get_json()["list"]
    shown = {line["title"]: line["state"] for line in lines}
    assert shown == {"草": "draft", "今": "shown"}


def test_a_category_with_articles_is_not_removed(editor: Editor) -> None:
    number = make_category()
    make_article(category_id=number)
    answer = editor.post(f"/pc/website/categories/{number}/remove")
    assert (answer.status_code, "该分类下还有资讯" in answer.text) == (409, True)


@pytest.mark.parametrize(
    ("path", "make"), [("slides", make_slide), ("equipment", make_equipment), ("articles", make_article)]
)
def test_staff_remove_what_they_showed(client: FlaskClient, editor: Editor, path: str, make: Any) -> None:
    address = f"/pc/website/{path}/{make()}"
    assert editor.post(f"{address}/remove").status_code == 303
    assert editor.get(address).status_code == 404


# --- floors ----------------------------------------------------------------------------------------------------------


def names() -> list[str]:
    return [floor.name for floor in registry.home_floors()]


def test_floors_are_moved_by_their_buttons_and_switched(editor: Editor) -> None:
    order = names()
    answer = editor.post("/pc/website/home", floors=order, shown=order[1:], up=order[2], version="1")
    assert answer.status_code == 303
    db.session.expire_all()
    kept = queries.kept_places(queries.layout())
    assert [place.name for place in kept] == [order[0], order[2], order[1], *order[3:]]
    assert [place.name for place in kept if not place.is_shown] == [order[0]]


@pytest.mark.parametrize("change", [lambda order: order[1:], lambda order: [*order, "别的"], lambda order: order * 2])
def test_floors_that_are_not_those_there_are(editor: Editor, change: Any) -> None:
    answer = editor.post("/pc/website/home", floors=change(names()), version="1")
    assert (answer.status_code, "楼层有变动" in answer.text) == (422, True)
    assert queries.layout().version == 1


def test_a_stale_order_of_floors_is_refused(editor: Editor) -> None:
    services.arrange_home([], seen_version=1, by=BY)
    assert editor.post("/pc/website/home", floors=names(), version="1").status_code == 409


# --- physicians ------------------------------------------------------------------------------------------------------

PHYSICIAN = {"name": "林秀英", "department": "妇产科", "title": "主任医师"}


def test_staff_add_a_physician_and_the_public_page_shows_it_at_once(client: FlaskClient, editor: Editor) -> None:
    client.get("/physicians")
    made = editor.post("/pc/physicians", **PHYSICIAN, is_shown="1", picture=picture())
    assert made.status_code == 303
    assert "林秀英" in client.get("/physicians").text
    assert "林秀英" in editor.get("/pc/physicians").text


def test_without_a_new_picture_the_old_one_stays(editor: Editor) -> None:
    made = make_physician()
    db.session.execute(sa.update(Physician).values(picture="old-token"))
    assert editor.post(f"/pc/physicians/{made.id}", **PHYSICIAN, version="1").status_code == 303
    db.session.refresh(made)
    assert (made.name, made.picture, made.is_shown, made.version) == ("林秀英", "old-token", False, 2)


@pytest.mark.parametrize(
    ("over", "text"),
    [
        ({"name": ""}, "请填写姓名"),
        ({"department": "科" * 41}, "科室不能超过40个字"),
        ({"position": "x"}, "排序应为整数"),
        ({"picture": (io.BytesIO(b"<script>"), "x.png")}, "请上传JPG"),
    ],
)
def test_a_wrong_field_comes_back_with_what_was_typed(editor: Editor, over: Any, text: str) -> None:
    response = editor.post("/pc/physicians", **{**PHYSICIAN, **over})
    assert (response.status_code, text in response.text) == (422, True)
    assert db.session.scalars(sa.select(Physician)).all() == []


def test_removing_a_physician_says_what_became_of_it(app: Flask, editor: Editor) -> None:
    free, needed = make_physician(), make_physician(name="甲")
    with transaction():
        day = clock.today()
        db.session.add(
            Leave(physician_id=needed.id, first_day=day, last_day=day, made_at=clock.now(), made_by="staff:1")
        )
    gone = editor.post(f"/pc/physicians/{free.id}/remove", headers=JSON).get_json()
    hidden = editor.post(f"/pc/physicians/{needed.id}/remove", headers=JSON).get_json()
    assert (gone["msg"], gone["is_removed"]) == ("已删除", True)
    assert (hidden["msg"], hidden["is_removed"]) == (
        "甲有排班、预约或报告记录，资料已保留并改为不在主页展示",
        False,
    )
    assert editor.get(f"/pc/physicians/{needed.id}").status_code == 200


def test_goods_have_the_editor_too(client: FlaskClient, sign_in_staff: Any) -> None:
    sign_in_staff(client, make_member({Permission.GOODS_WRITE, Permission.GOODS_READ}))
    page = client.get("/pc/mall/goods/new").text
    assert "data-rich-text" in page
    assert "vendor/quill.js" in page


def test_the_editor_is_a_plain_field_without_script(editor: Editor) -> None:
    number = make_article(body_html="<p>正文 & <b>粗</b></p>")
    page = editor.get(f"/pc/website/articles/{number}").text
    field = re.search(r'<textarea[^>]*name="body_html"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert field[1] == "&lt;p&gt;正文 &amp;amp; &lt;b&gt;粗&lt;/b&gt;&lt;/p&gt;"
    assert db.session.get(Article, number).body_html == "<p>正文 &amp; <b>粗</b></p>"
