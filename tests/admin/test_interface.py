"""What the door promises: who gets in, what a refusal looks like, what is written down."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.factories.staff import make_member
from wxapp.admin import audit
from wxapp.admin.interface import Interfaces
from wxapp.admin.models import AuditRow
from wxapp.core.db import db
from wxapp.core.permissions import Permission
from wxapp.core.web import MAX_BODY

JSON = {"Accept": "application/json"}
READER = {Permission.GOODS_READ}
WRITER = {Permission.GOODS_READ, Permission.GOODS_WRITE}


def audit_rows() -> list[tuple[str, str, str]]:
    rows = db.session.execute(sa.select(AuditRow.action, AuditRow.subject, AuditRow.result).order_by(AuditRow.number))
    return [tuple(row) for row in rows]


# --- who gets in -----------------------------------------------------------------------------------------------------


def test_a_route_that_is_no_interface_is_refused_even_to_who_may_do_everything(client, sign_in_staff):
    sign_in_staff(client, make_member(everything=True))
    assert client.get("/pc/sneaked-in").status_code == 403


def test_a_browser_without_session_is_led_to_the_log_in_and_back(client):
    answer = client.get("/pc/toys/list?q=a")
    assert answer.status_code == 302
    assert answer.location == "/pc/login?next=/pc/toys/list?q%3Da"


@pytest.mark.parametrize("send", ["get", "post"])
def test_a_program_without_session_gets_401_in_the_envelope(client, send):
    path = "/pc/toys/list" if send == "get" else "/pc/toys/bear"
    answer = getattr(client, send)(path, headers=JSON)
    assert answer.status_code == 401
    assert answer.json["code"] == 0
    assert answer.json["msg"].startswith("操作失败：")


def test_a_form_without_session_is_not_carried_out(client, saved):
    assert client.post("/pc/toys/bear", data={"label": "好"}).status_code == 401
    assert saved == []


def test_without_the_right_nothing_happens_and_the_denial_is_written_down(client, sign_in_staff, saved):
    csrf = sign_in_staff(client, make_member(READER))
    answer = client.post("/pc/toys/bear", data={"csrf_token": csrf, "label": "好"})
    assert answer.status_code == 403
    assert saved == []
    assert audit_rows() == [("toys.save", "name:bear", audit.DENIED)]


def test_with_the_right_it_happens_once_and_is_written_down(client, sign_in_staff, saved):
    csrf = sign_in_staff(client, make_member(WRITER))
    answer = client.post("/pc/toys/bear", data={"csrf_token": csrf, "label": "好"})
    assert (answer.status_code, answer.location) == (303, "/pc/toys/list")
    assert saved == ["bear 好 1"]
    assert audit_rows() == [("toys.save", "name:bear", audit.OK)]
    assert "已保存" in client.get("/pc/toys/list").text
    assert "已保存" not in client.get("/pc/toys/list").text


@pytest.mark.parametrize("token", ["", "guessed"])
def test_without_the_token_of_this_session_it_is_419(client, sign_in_staff, saved, token):
    sign_in_staff(client, make_member(WRITER))
    answer = client.post("/pc/toys/bear", data={"csrf_token": token, "label": "好"}, headers=JSON)
    assert answer.status_code == 419
    assert answer.json["msg"] == "操作失败：页面已过期，请刷新后重试"
    assert saved == []


def test_the_token_of_another_session_does_not_do(app, client, sign_in_staff, saved):
    foreign = sign_in_staff(app.test_client(), make_member(WRITER))
    sign_in_staff(client, make_member(WRITER))
    assert client.post("/pc/toys/bear", data={"csrf_token": foreign, "label": "好"}).status_code == 419
    assert saved == []


def test_a_foreign_site_cannot_make_the_browser_post(client, sign_in_staff, saved):
    csrf = sign_in_staff(client, make_member(WRITER))
    answer = client.post(
        "/pc/toys/bear", data={"csrf_token": csrf, "label": "好"}, headers={"Origin": "https://elsewhere.example"}
    )
    assert answer.status_code == 419
    assert saved == []


def test_who_has_to_change_the_first_password_gets_nowhere_else(client, sign_in_staff, saved):
    csrf = sign_in_staff(client, make_member(WRITER, must_change_password=True))
    assert client.get("/pc/toys/list").location == "/pc/account/password"
    assert client.get("/pc/toys/list", headers=JSON).status_code == 403
    assert client.post("/pc/toys/bear", data={"csrf_token": csrf, "label": "好"}).status_code == 403
    assert saved == []


# --- paths -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/pc/toys/list", "/pc/toys/list.html", "/PC/Toys/List", "/pc/TOYS/list.HTML", "/pc/toys/list/"]
)
def test_a_path_is_matched_in_any_letter_case_with_or_without_html(client, sign_in_staff, path):
    sign_in_staff(client, make_member(READER))
    assert client.get(path, headers=JSON).json["code"] == 1


@pytest.mark.parametrize("path", ["/pc/toys/Bear.html", "/PC/toys/Bear", "/Pc/TOYS/Bear.HTML"])
def test_what_stands_in_a_path_keeps_its_letters(client, sign_in_staff, path):
    sign_in_staff(client, make_member(READER))
    assert client.get(path, headers=JSON).json["name"] == "Bear"


def test_other_spellings_check_the_same_rights(client, sign_in_staff, saved):
    csrf = sign_in_staff(client, make_member(READER))
    assert client.post("/PC/Toys/bear.html", data={"csrf_token": csrf, "label": "好"}).status_code == 403
    assert saved == []


def test_a_wrong_method_and_an_unknown_path(client, sign_in_staff):
    sign_in_staff(client, make_member(READER))
    assert client.delete("/pc/toys/list").status_code == 405
    assert client.get("/pc/nowhere", headers=JSON).status_code == 404
    assert "没有这个页面" in client.get("/pc/nowhere").text


# --- answers ---------------------------------------------------------------------------------------------------------


def test_a_refused_form_comes_back_with_what_was_typed_and_why(client, sign_in_staff, saved):
    csrf = sign_in_staff(client, make_member(WRITER))
    answer = client.post("/pc/toys/bear", data={"csrf_token": csrf, "label": "太长太长太长", "count": "77"})
    assert answer.status_code == 422
    assert "标签不能超过5个字" in answer.text
    assert "数量不能大于9" in answer.text
    assert 'value="太长太长太长"' in answer.text
    assert 'value="77"' in answer.text
    assert saved == []
    assert audit_rows() == [("toys.save", "name:bear", audit.REFUSED)]


def test_a_refused_form_tells_programs_the_fields(client, sign_in_staff):
    csrf = sign_in_staff(client, make_member(WRITER))
    answer = client.post("/pc/toys/bear", data={"csrf_token": csrf}, headers=JSON)
    assert answer.status_code == 422
    assert answer.json["errors"] == {"label": "请填写标签"}
    assert answer.json["code"] == 0


def test_a_stale_page_is_told_so_on_the_form(client, sign_in_staff):
    csrf = sign_in_staff(client, make_member(WRITER))
    answer = client.post("/pc/toys/bear", data={"csrf_token": csrf, "label": "旧页"})
    assert answer.status_code == 409
    assert "内容已被他人修改" in answer.text
    assert 'value="旧页"' in answer.text


def test_json_bodies_are_read_like_forms(client, sign_in_staff, saved):
    csrf = sign_in_staff(client, make_member(WRITER))
    headers = {"X-CSRF-Token": csrf}
    answer = client.post("/pc/toys/bear", json={"label": "好", "count": 3, "is_new": True}, headers=headers)
    assert answer.json == {"code": 1, "msg": "已保存", "price": "12.34"}
    assert saved == ["bear 好 3"]


DEEP = "[" * 100_000


@pytest.mark.parametrize("body", ["[1]", "nonsense", DEEP, '{"label": {"a": 1}}', '{"label": "好", "more": 1}'])
def test_json_that_is_no_form_is_refused(client, sign_in_staff, saved, body):
    csrf = sign_in_staff(client, make_member(WRITER))
    headers = {"X-CSRF-Token": csrf, "Content-Type": "application/json"}
    assert client.post("/pc/toys/bear", data=body, headers=headers).status_code == 422
    assert saved == []


@pytest.mark.parametrize("body", ["[1]", "nonsense", DEEP])
def test_json_without_the_token_of_a_page_is_not_even_read(client, sign_in_staff, body):
    sign_in_staff(client, make_member(WRITER))
    headers = {"Content-Type": "application/json"}
    assert client.post("/pc/toys/bear", data=body, headers=headers).status_code == 419
    assert client.post("/pc/toybox/take", data=body, headers=headers).status_code == 419


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize(("path", "status"), [("/pc/toys/bear", 413), ("/pc/toybox/take", 200)])
def test_a_body_that_is_too_large_is_refused_as_such(client, sign_in_staff, saved, path, status, kind):
    csrf = sign_in_staff(client, make_member(WRITER))
    headers = {"X-CSRF-Token": csrf, "Content-Type": kind, **JSON}
    answer = client.post(path, data=b"a" * (MAX_BODY + 1), headers=headers)
    assert (answer.status_code, answer.json["code"], answer.json["msg"]) == (status, 0, "操作失败：上传内容过大")
    assert saved == []


def test_a_fault_names_its_request_and_nothing_else(app, client, sign_in_staff):
    csrf = sign_in_staff(client, make_member(WRITER))
    app.config["PROPAGATE_EXCEPTIONS"] = False
    try:
        answer = client.post("/pc/toys/bear", data={"csrf_token": csrf, "label": "坏"})
    finally:
        app.config["PROPAGATE_EXCEPTIONS"] = None
    assert answer.status_code == 500
    assert answer.headers["X-Request-Id"] in answer.text
    assert "a fault" not in answer.text


def test_json_shows_money_in_yuan_and_keeps_secrets(client, sign_in_staff):
    sign_in_staff(client, make_member())
    shown = client.get("/pc/toys/all/kinds", headers=JSON).json
    assert shown["toy"] == {"name": "球", "price": "19.99", "state": "new", "made_on": "2026-03-01"}
    assert shown["at"] == "2026-03-02T10:00:00+08:00"
    assert set(shown["member"]) & {"phone", "password_hash", "totp_secret", "totp_pending"} == set()
    assert "_quiet" not in shown
    assert "page" not in shown


def test_pages_may_not_be_kept_or_framed_and_run_no_inline_script(client, sign_in_staff):
    sign_in_staff(client, make_member(READER))
    answer = client.get("/pc/toys/list")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "onclick" not in answer.text
    assert "style=" not in answer.text


# --- registering -----------------------------------------------------------------------------------------------------


def test_an_interface_cannot_forget_its_permission_audit_line_or_place():
    made = Interfaces("half", __name__)
    with pytest.raises(TypeError):
        made.interface("half.a", GET="/pc/half/a")
    with pytest.raises(ValueError, match="audit"):
        made.interface("half.a", POST="/pc/half/a", permission=None)
    with pytest.raises(ValueError, match="below"):
        made.interface("half.a", GET="/elsewhere", permission=None)


def test_two_interfaces_cannot_have_one_id():
    made = Interfaces("twin", __name__)
    with pytest.raises(ValueError, match="two interfaces"):
        made.interface("toys.list", GET="/pc/twin", permission=None)(lambda: None)
