"""The patients' page shell: pages and actions, identity, notices, caching, refusals, macros."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, redirect, render_template, render_template_string, request
from pydantic import Field

from tests.factories.patients import make_wechat_user
from tests.settings import make_config
from wxapp.app import create_app
from wxapp.core.db import db
from wxapp.core.errors import DomainError, TooManyRequests, Unavailable
from wxapp.core.forms import Form, read_form
from wxapp.h5 import identity, kept
from wxapp.h5.choices import Choice
from wxapp.h5.kept import forget_public_pages
from wxapp.h5.notices import notice
from wxapp.h5.shell import Pages

CALLS: list[str] = []

toys = Pages("toys", __name__)

FORM = """{% extends "base_h5.html" %}{% import "h5/macros.html" as ui %}
{% block title %}玩具{% endblock %}{% block content %}
{% call ui.form("/toys", once=true) %}{{ ui.field("name", "名称", value="旧") }}
{{ ui.field("pin", "密码", type="password") }}
{{ ui.textarea("note", "备注", required=false) }}{{ ui.select("size", "大小", [("s", "小"), ("l", "大")], value="l") }}
{{ ui.radios("who", "谁", choices, value=2) }}{{ ui.checkbox("agree", "同意") }}{{ ui.button("保存") }}{% endcall %}
{% endblock %}"""


class ToyForm(Form):
    once: str = Field(max_length=40)
    name: str = Field(title="名称", max_length=3)
    pin: str = Field("", max_length=6)
    note: str = Field("", max_length=20)
    size: str = "s"
    who: str = ""
    agree: str = ""


@toys.page("/toys")
def toy() -> str:
    return render_template_string(FORM, choices=[Choice(1, "王*"), Choice(2, "李**", note="附注", aside="当前")])


@toys.action("/toys", shown_again_by=toy)
def make_toy() -> object:
    form = read_form(ToyForm)
    if form.name == "锁":
        raise TooManyRequests("太快了", retry_after=7)
    CALLS.append(form.name)
    notice("做好了")
    return redirect("/toys", 303)


@toys.page("/toys/public", is_public=True, max_age=60)
def public_toy() -> str:
    CALLS.append("public")
    return render_template(
        "h5/refusal.html", title="公开", message=request.args.get("q", ""), step="", address="/", number=""
    )


@toys.page("/toys/personal", is_public=True, max_age=60)
def personal_toy() -> str:
    return render_template_string(
        '{% extends "base_h5.html" %}{% block title %}x{% endblock %}{% block content %}{{ h5.csrf() }}{% endblock %}'
    )


@toys.page("/toys/away", is_public=True)
def away() -> str:
    raise Unavailable


@toys.page("/toys/broken", is_public=True)
def broken() -> str:
    raise ZeroDivisionError("a secret of the inside")


@pytest.fixture(scope="session")
def app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    application = create_app(make_config(database_url, tmp_path_factory.mktemp("files")))
    application.testing = True
    application.config["PROPAGATE_EXCEPTIONS"] = False
    application.register_blueprint(toys)
    yield application
    with application.app_context():
        db.engine.dispose()


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    CALLS.clear()
    forget_public_pages()
    yield
    forget_public_pages()


@pytest.fixture
def csrf(client, sign_in_wechat):
    return sign_in_wechat(client, make_wechat_user())


def post(client, csrf, **fields):
    return client.post("/toys", data={"csrf_token": csrf, "once": "k" * 12, "size": "s", "who": "1", **fields})


# --- who may ---------------------------------------------------------------------------------------------------------


def test_a_page_is_closed_unless_it_says_otherwise(client):
    assert "请在微信中打开" in client.get("/toys").text
    answer = client.get("/toys", headers={"User-Agent": "x MicroMessenger/8"})
    assert answer.headers["Location"] == "/wechat/login?next=%2Ftoys"


def test_outside_wechat_the_code_leads_to_this_very_page(client):
    page = client.get("/toys?a=1&b=<x>").text
    assert "http://localhost/toys?a=1&amp;b=&lt;x&gt;" in page or "http://localhost/toys?a=1&amp;b=%3Cx%3E" in page
    assert '<svg class="qr" role="img"' in page


def test_an_action_needs_token_and_somebody(client, csrf, app):
    assert client.post("/toys", data={"name": "球"}).status_code == 419
    assert post(client, csrf, name="球").status_code == 303
    stranger = app.test_client()
    assert stranger.post("/toys", data={"csrf_token": csrf, "name": "球"}).status_code == 419
    assert CALLS == ["球"]


def test_programs_get_problems_not_pages(client):
    answer = client.get("/toys", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.content_type) == (401, "application/problem+json")
    assert answer.get_json()["code"] == "sign_in_required"


# --- forms -----------------------------------------------------------------------------------------------------------


def test_a_form_shows_its_first_values(client, csrf):
    page = client.get("/toys").text
    assert 'name="name" type="text" value="旧"' in page
    assert re.search(r'value="l" selected', page)
    assert re.search(r'name="who" value="2" checked', page)


def test_a_refused_form_keeps_what_was_typed_except_passwords(client, csrf):
    answer = post(client, csrf, name="太长的名", pin="482915", note="<b>", agree="1")
    assert answer.status_code == 422
    page = answer.text
    assert 'value="太长的名"' in page
    assert "482915" not in page
    assert "&lt;b&gt;</textarea>" in page
    assert re.search(r'value="s" selected', page)
    assert re.search(r'name="who" value="1" checked', page)
    assert re.search(r'name="agree" value="1" checked', page)
    assert f'name="once" value="{"k" * 12}"' in page
    assert '<p class="field__error" id="d-name">名称不能超过3个字</p>' in page
    assert 'aria-invalid="true" aria-describedby="d-name"' in page
    assert CALLS == []


def test_a_limit_says_when_to_come_again(client, csrf):
    answer = post(client, csrf, name="锁")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert "太快了" in answer.text


def test_each_form_has_its_own_key(client, csrf):
    keys = {re.search(r'name="once" value="([^"]+)"', client.get("/toys").text)[1] for _ in range(2)}
    assert len(keys) == 2


def test_a_notice_is_shown_once(client, csrf):
    post(client, csrf, name="球")
    assert "做好了" in client.get("/toys").text
    assert "做好了" not in client.get("/toys").text


def test_a_made_up_notice_is_not_shown(client, csrf):
    client.set_cookie("wxapp-notice", "eyJ4IjoxfQ.forged.sig", domain="localhost")
    assert 'class="notice"' not in client.get("/toys").text


# --- public pages ----------------------------------------------------------------------------------------------------


def test_a_public_page_is_kept_and_names_nobody(client, csrf):
    first = client.get("/toys/public?q=a")
    second = client.get("/toys/public?q=a")
    assert CALLS == ["public"]
    assert first.text == second.text
    assert first.headers["Cache-Control"] == "public, no-cache"
    assert "Set-Cookie" not in first.headers
    again = client.get("/toys/public?q=a", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")


def test_another_query_is_another_page(client):
    assert client.get("/toys/public?q=a").text != client.get("/toys/public?q=b").text


def test_a_kept_page_is_rendered_anew_after_a_change(client):
    client.get("/toys/public")
    forget_public_pages()
    client.get("/toys/public")
    assert CALLS == ["public", "public"]


def test_what_belongs_to_a_visitor_is_never_kept(client, app):
    first, second = client.get("/toys/personal"), app.test_client().get("/toys/personal")
    assert first.headers["Cache-Control"] == "no-store"
    assert first.text != second.text


def test_only_public_pages_may_be_kept():
    with pytest.raises(ValueError, match="public"):
        toys.page("/x", max_age=5)


def test_strangers_queries_do_not_fill_the_memory(client):
    for number in range(kept.MOST + 20):
        client.get(f"/toys/public?q={number}")
    CALLS.clear()
    client.get(f"/toys/public?q={kept.MOST + 19}")
    client.get("/toys/public?q=0")
    assert CALLS == ["public"]  # the newest is kept, the oldest is not


def test_a_kept_page_is_not_given_to_a_foreign_host(client):
    assert client.get("/toys/public").status_code == 200
    assert client.get("/toys/public", base_url="http://elsewhere.example").status_code == 400


def test_a_kept_page_has_the_headers_of_every_answer_and_a_number_of_its_own(client):
    first, second = client.get("/toys/public").headers, client.get("/toys/public").headers
    own = {"X-Request-Id"}
    assert {name: value for name, value in first if name not in own} == {
        name: value for name, value in second if name not in own
    }
    assert "Content-Security-Policy" in second
    assert first["X-Request-Id"] != second["X-Request-Id"]


# --- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [("/nothing", 404, "返回首页"), ("/toys/away", 503, "重新加载"), ("/toys/broken", 500, "联系我们")],
)
def test_a_refusal_is_a_page_with_a_next_step(client, path, status, text):
    answer = client.get(path)
    assert answer.status_code == status
    assert text in answer.text
    assert "secret" not in answer.text


def test_the_page_of_a_fault_names_the_number_that_is_in_the_log(client):
    answer = client.get("/toys/broken")
    assert answer.headers["X-Request-Id"] in answer.text


def test_the_page_of_refusals_needs_no_database(app, client, monkeypatch):
    import sqlalchemy as sa

    def gone(*_: object) -> object:
        raise sa.exc.OperationalError("select", {}, Exception("gone"))

    monkeypatch.setattr("wxapp.core.settings._values", gone)
    answer = client.get("/nothing")
    assert answer.status_code == 404
    assert "示例医院" in answer.text


def test_every_page_has_the_strict_policy(client, csrf):
    for path in ("/toys", "/toys/public", "/nothing"):
        answer = client.get(path)
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert not re.search(r"<script(?![^>]*src=)|\sstyle=|\son\w+=", answer.text)


def test_a_refusal_class_without_page_is_rendered_too(client, csrf, monkeypatch):
    class Odd(DomainError):
        code, status, message = "odd", 423, "锁住了"

    def refuse(_form: object) -> None:
        raise Odd

    monkeypatch.setattr(f"{__name__}.read_form", refuse)
    assert post(client, csrf, name="球").status_code == 423


# --- page signatures -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url", ["", "https://evil.example/", "http://localhost.evil.example/", "http://localhost:8001/", "//localhost/",
            "https://localhost/", "http://[", "me"],
)  # fmt: skip
def test_only_our_own_pages_are_signed(client, url):
    answer = client.get("/h5/jssdk", query_string={"url": url}, headers={"Accept": "application/json"})
    assert answer.status_code == 422


def test_our_pages_are_signed(client, app):
    from dataclasses import replace

    from tests.fakes.wechat import FakeJsSdk
    from wxapp.wechat import connected
    from wxapp.wechat.jssdk import sign

    before = connected.clients()
    connected.use(replace(before, jssdk=FakeJsSdk()))
    try:
        told = client.get("/h5/jssdk", query_string={"url": "http://localhost/mall?a=1#x"}).get_json()
    finally:
        connected.use(before)
    assert told["signature"] == sign(
        ticket="ticket", nonce="nonce", timestamp=told["timestamp"], url="http://localhost/mall?a=1"
    )


# --- addresses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/", "/me?a=1&b=%2F", "/mall/goods/5", "/我"])
def test_own_paths(address):
    assert identity.own_path(address) == address


@pytest.mark.parametrize(
    "address", [None, "", "me", "http://x/", "//x", "/\\x", "\\/x", "/a\r\nb", "/a\tb", "/wechat/login", "/" * 600,
                "javascript:x", "/a\x00", " /me"],
)  # fmt: skip
def test_foreign_and_odd_addresses_become_the_home_page(address):
    assert identity.own_path(address) == "/"


# --- weight ----------------------------------------------------------------------------------------------------------


def test_our_css_is_light():
    folder = Path(identity.__file__).parent.parent / "static" / "css"
    shared = sum((folder / name).stat().st_size for name in ("tokens.css", "base.css", "components.css"))
    assert shared < 30_000
    assert all(path.stat().st_size < 15_000 for path in (folder / "pages").glob("*.css"))
