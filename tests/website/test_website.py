"""The website: public, cached, kept by staff."""

from __future__ import annotations

import io
import re

import pytest
import sqlalchemy as sa
from PIL import Image

from tests.factories.patients import make_patient, make_wechat_user
from tests.factories.staff import make_member
from wxapp.core import settings
from wxapp.core.db import db
from wxapp.core.errors import NotFound, Stale
from wxapp.core.permissions import Permission
from wxapp.directory import queries, services
from wxapp.directory.models import Physician
from wxapp.directory.services import PhysicianText
from wxapp.h5.kept import forget_public_pages
from wxapp.website.settings import ABOUT

PAGES = ["/", "/about", "/physicians", "/physicians?chief=1"]


@pytest.fixture(autouse=True)
def _fresh():
    forget_public_pages()
    yield
    forget_public_pages()


def make_physician(**over):
    text = {"name": "陈建国", "department": "心血管内科", "title": "主任医师", "good_at": "高血压"} | over
    return services.add_physician(PhysicianText(**text), by="staff:1")


@pytest.mark.parametrize("path", PAGES)
def test_everybody_reads_and_nobody_is_named(client, sign_in_wechat, path):
    sign_in_wechat(client, make_wechat_user(patient=make_patient(), nickname="某人的昵称"))
    page = client.get(path)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "public, max-age=60"
    assert "Set-Cookie" not in page.headers
    assert "某人的昵称" not in page.text
    assert client.get(path, headers={"If-None-Match": page.headers["ETag"]}).status_code == 304


def test_a_kept_page_asks_the_database_nothing(client, queries):
    client.get("/")
    queries.clear()
    client.get("/")
    assert queries == []


def test_home_has_its_floors_in_the_contracts_order(client):
    make_physician()
    settings.write(ABOUT, "百年老院", by="staff:1")
    page = client.get("/").text
    assert page.index("百年老院") < page.index("陈建国")


def test_an_empty_floor_is_left_out(client):
    settings.write(ABOUT, "", by="staff:1")
    page = client.get("/").text
    assert "医院简介</h2>" not in page.replace('<a class="card__more"', "</h2>")
    assert "专家介绍" not in page


def test_physicians_stand_by_department_in_the_order_of_staff(client):
    make_physician(name="甲", position=2)
    make_physician(name="乙", position=1)
    make_physician(name="丙", department="口腔科", title="主治医师")
    make_physician(name="隐", is_shown=False)
    page = client.get("/physicians").text
    assert page.index("乙") < page.index("甲")
    assert "隐" not in page
    chiefs = client.get("/physicians?chief=1").text
    assert "甲" in chiefs
    assert "丙" not in chiefs


def test_nobody_there_has_a_next_step(client):
    page = client.get("/physicians").text
    assert "还没有专家介绍" in page
    assert 'href="/"' in page


def test_a_physicians_page(client):
    shown, hidden = make_physician(profile="第一行\n<script>第二行"), make_physician(is_shown=False)
    page = client.get(f"/physicians/{shown.id}").text
    assert "高血压" in page
    assert "&lt;script&gt;" in page
    assert client.get(f"/physicians/{hidden.id}").status_code == 404
    assert client.get("/physicians/999999").status_code == 404


# --- services --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("client")
def test_of_two_who_write_the_second_is_told():
    made = make_physician()
    services.change_physician(made.id, PhysicianText("陈", "内科", "医师"), seen_version=1, by="staff:1")
    with pytest.raises(Stale):
        services.change_physician(made.id, PhysicianText("程", "内科", "医师"), seen_version=1, by="staff:2")
    assert queries.get_physician(made.id).name == "陈"


@pytest.mark.usefixtures("client")
def test_a_removed_physician_is_gone():
    number = make_physician().id
    services.remove_physician(number)
    with pytest.raises(NotFound):
        services.remove_physician(number)


# --- staff -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def csrf(client, sign_in_staff):
    return sign_in_staff(client, make_member({Permission.WEBSITE_WRITE}))


def picture(kind="PNG"):
    written = io.BytesIO()
    Image.new("RGB", (40, 40), "teal").save(written, kind)
    written.seek(0)
    return (written, "photo.png")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/pc/physicians"), ("GET", "/pc/physicians/new"), ("POST", "/pc/physicians"),
        ("GET", "/pc/physicians/1"), ("POST", "/pc/physicians/1"), ("POST", "/pc/physicians/1/remove"),
    ],
)  # fmt: skip
def test_each_door_needs_its_right(client, sign_in_staff, method, path):
    token = sign_in_staff(client, make_member({Permission.PATIENT_READ}))
    assert client.open(path, method=method, data={"csrf_token": token}).status_code == 403


def test_staff_add_a_physician_and_the_public_page_shows_it_at_once(client, csrf):
    client.get("/physicians")
    fields = {"csrf_token": csrf, "name": "林秀英", "department": "妇产科", "title": "主任医师", "is_shown": "1"}
    made = client.post("/pc/physicians", data=fields | {"picture": picture()}, content_type="multipart/form-data")
    assert made.status_code == 303
    page = client.get("/physicians").text
    assert "林秀英" in page
    with client.get(re.search(r'src="(/media/[^"]+)"', page)[1]) as shown:
        assert (shown.status_code, shown.content_type) == (200, "image/webp")
    assert "林秀英" in client.get("/pc/physicians").text


def test_without_a_new_picture_the_old_one_stays(client, csrf):
    made = make_physician()
    db.session.execute(sa.update(Physician).values(picture="old-token"))
    fields = {"csrf_token": csrf, "name": "陈", "department": "内科", "title": "医师", "version": "1"}
    assert client.post(f"/pc/physicians/{made.id}", data=fields).status_code == 303
    db.session.refresh(made)
    assert (made.name, made.picture, made.is_shown, made.version) == ("陈", "old-token", False, 2)


@pytest.mark.parametrize(
    ("over", "text"),
    [
        ({"name": ""}, "请填写姓名"),
        ({"department": "科" * 41}, "科室不能超过40个字"),
        ({"position": "x"}, "排序应为整数"),
        ({"picture": (io.BytesIO(b"<script>"), "x.png")}, "请上传JPG"),
    ],
)
def test_a_wrong_field_comes_back_with_what_was_typed(client, csrf, over, text):
    fields = {"csrf_token": csrf, "name": "林秀英", "department": "妇产科", "title": "主任医师"} | over
    response = client.post("/pc/physicians", data=fields, content_type="multipart/form-data")
    assert response.status_code == 422
    assert text in response.text
    assert db.session.scalars(sa.select(Physician)).all() == []


def test_a_stale_form_is_refused(client, csrf):
    made = make_physician()
    fields = {"csrf_token": csrf, "name": "陈", "department": "内科", "title": "医师", "version": "1"}
    client.post(f"/pc/physicians/{made.id}", data=fields)
    assert client.post(f"/pc/physicians/{made.id}", data=fields).status_code == 409


def test_staff_remove_a_physician(client, csrf):
    path = f"/pc/physicians/{make_physician().id}"
    assert client.post(f"{path}/remove", data={"csrf_token": csrf}).status_code == 303
    assert client.get(path).status_code == 404
