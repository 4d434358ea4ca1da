"""The log-in, the account, members and roles, over HTTP."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa

from tests.factories.staff import PASSWORD, make_member, make_role
from wxapp.admin.models import AuditRow
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.permissions import Permission
from wxapp.core.sessions import STAFF, SessionRow, sessions_of
from wxapp.staff import services
from wxapp.staff.models import Member

JSON = {"Accept": "application/json"}
MANAGER = {Permission.STAFF_READ, Permission.STAFF_WRITE, Permission.ROLE_WRITE}


def log_in(client, username: str, password: str = PASSWORD, **more):
    return client.post("/pc/login", data={"username": username, "password": password, **more})


def code_of(secret: str) -> str:
    return pyotp.TOTP(secret).generate_otp(int(clock.now().timestamp()) // 30)


def csrf_in(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([0-9a-f]+)"', page)
    assert found
    return found[1]


# --- log-in ----------------------------------------------------------------------------------------------------------


def test_a_browser_signs_in_and_is_led_to_where_it_wanted(client):
    make_member({Permission.STAFF_READ}, username="wang.fang")
    assert client.get("/pc/staff").location == "/pc/login?next=/pc/staff"
    answer = log_in(client, "Wang.Fang", next="/pc/staff")
    assert (answer.status_code, answer.location) == (303, "/pc/staff")
    assert client.get("/pc/staff").status_code == 200


@pytest.mark.parametrize("send", [{"json": {}}, {"data": {}, "headers": JSON}])
def test_a_program_signs_in_and_gets_the_token_of_its_forms(client, send):
    make_member({Permission.STAFF_READ, Permission.STAFF_WRITE}, username="wang.fang")
    body = {"username": "wang.fang", "password": PASSWORD}
    send = {**send, **{key: body for key in ("json", "data") if key in send}}
    answer = client.post("/pc/login", **send)
    assert (answer.status_code, answer.json["code"]) == (200, 1)
    headers = {**JSON, "X-CSRF-Token": answer.json["csrf_token"]}
    made = client.post("/pc/staff/new", data={"username": "new.one", "name": "新人"}, headers=headers)
    assert made.json["code"] == 1


@pytest.mark.parametrize(
    "target", ["https://elsewhere.example/pc/", "//elsewhere.example", "/me", "\\\\elsewhere", "javascript:x"]
)
def test_the_log_in_leads_nowhere_else(client, target):
    make_member(username="wang.fang")
    assert log_in(client, "wang.fang", next=target).location == "/pc/"


def test_a_wrong_password_shows_the_form_again_without_it(client):
    make_member(username="wang.fang")
    answer = log_in(client, "wang.fang", "my secret guess")
    assert answer.status_code == 401
    assert "账号或密码不正确" in answer.text
    assert 'value="wang.fang"' in answer.text
    assert "my secret guess" not in answer.text


def test_an_unknown_name_gets_the_very_same_page(client):
    make_member(username="wang.fang")
    known, unknown = log_in(client, "wang.fang", "wrong").text, log_in(client, "wang.wang", "wrong").text
    assert known.replace("wang.fang", "wang.wang") == unknown


def test_failures_and_log_ins_are_written_down_without_passwords(client):
    member = make_member(username="wang.fang")
    log_in(client, "wang.fang", "wrong password")
    log_in(client, "typed my password here", "x")
    log_in(client, "wang.fang")
    rows = db.session.execute(
        sa.select(AuditRow.action, AuditRow.subject, AuditRow.result, AuditRow.detail).order_by(AuditRow.number)
    ).all()
    assert [(row.action, row.subject, row.result) for row in rows] == [
        ("staff.log_in", f"staff:{member.id}", "refused"),
        ("staff.log_in", "staff:unknown", "refused"),
        ("staff.log_in", f"staff:{member.id}", "ok"),
    ]
    assert "password" not in " ".join(row.detail for row in rows)


def test_the_log_in_comes_from_our_own_pages_only(client):
    make_member(username="wang.fang")
    answer = client.post(
        "/pc/login",
        data={"username": "wang.fang", "password": PASSWORD},
        headers={"Origin": "https://elsewhere.example"},
    )
    assert answer.status_code == 419
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SessionRow)) == 0


def test_the_session_is_a_new_one_with_a_careful_cookie(client):
    make_member(username="wang.fang")
    first = log_in(client, "wang.fang").headers["Set-Cookie"]
    second = log_in(client, "wang.fang").headers["Set-Cookie"]
    assert first.split(";")[0] != second.split(";")[0]
    assert "HttpOnly" in first
    assert "SameSite=Lax" in first
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SessionRow)) == 1


def test_an_unused_session_ends_after_half_an_hour(client, sign_in_staff, at):
    sign_in_staff(client, make_member())
    at(timedelta(minutes=29))
    assert client.get("/pc/").status_code == 200
    at(timedelta(minutes=31))
    assert client.get("/pc/").status_code == 302


def test_the_log_out_ends_the_session_on_the_server(client, sign_in_staff):
    member = make_member()
    csrf = sign_in_staff(client, member)
    assert client.get("/pc/logout").status_code == 405
    answer = client.post("/pc/logout", data={"csrf_token": csrf})
    assert answer.location == "/pc/login"
    assert sessions_of(STAFF, member.id) == []
    assert client.get("/pc/").status_code == 302
    assert "您已安全退出" in client.get("/pc/login").text


# --- second factor ---------------------------------------------------------------------------------------------------


@pytest.fixture
def guarded(client, at):
    member = make_member({Permission.STAFF_READ}, username="wang.fang")
    secret = services.begin_totp(member.id)
    services.confirm_totp(member.id, code_of(secret))
    at(timedelta(minutes=2))
    return secret


def test_after_the_password_the_code_is_asked_for(client, guarded):
    answer = log_in(client, "wang.fang", next="/pc/staff")
    assert answer.location == "/pc/login/code?next=/pc/staff"
    assert client.get("/pc/staff").status_code == 302
    assert client.get(answer.location).status_code == 200
    wrong = client.post("/pc/login/code", data={"code": "000000", "next": "/pc/staff"})
    assert wrong.status_code == 422
    assert "验证码不正确" in wrong.text
    right = client.post("/pc/login/code", data={"code": code_of(guarded), "next": "/pc/staff"})
    assert right.location == "/pc/staff"
    assert client.get("/pc/staff").status_code == 200


def test_the_code_is_worth_nothing_without_the_password(client, guarded):
    assert client.post("/pc/login/code", data={"code": code_of(guarded)}, headers=JSON).status_code == 401
    assert client.get("/pc/login/code").location == "/pc/login"


def test_the_password_of_another_browser_does_not_count(app, client, guarded):
    log_in(app.test_client(), "wang.fang")
    assert client.post("/pc/login/code", data={"code": code_of(guarded)}, headers=JSON).status_code == 401


def test_the_second_step_has_five_minutes(client, guarded, at):
    log_in(client, "wang.fang")
    at(timedelta(minutes=6))
    assert client.post("/pc/login/code", data={"code": code_of(guarded)}, headers=JSON).status_code == 401


def test_a_program_may_send_the_code_along(client, guarded):
    body = {"username": "wang.fang", "password": PASSWORD}
    first = client.post("/pc/login", json=body)
    assert (first.status_code, first.json["error"]) == (401, "code_needed")
    assert client.post("/pc/login", json={**body, "code": code_of(guarded)}).json["code"] == 1


def test_a_code_cannot_be_used_by_a_second_browser(app, client, guarded):
    other = app.test_client()
    for browser in (client, other):
        log_in(browser, "wang.fang")
    code = {"code": code_of(guarded)}
    assert client.post("/pc/login/code", data=code).status_code == 303
    assert other.post("/pc/login/code", data=code).status_code == 422


def test_a_role_that_asks_for_it_leads_to_the_set_up_and_shows_recovery_codes_once(client):
    role = make_role({Permission.STAFF_READ}, requires_totp=True)
    member = make_member(roles=[role], username="wang.fang")
    assert log_in(client, "wang.fang").location == "/pc/account/two-step"
    assert client.get("/pc/staff").location == "/pc/account/two-step"
    page = client.get("/pc/account/two-step").text
    assert "<svg" in page
    secret = db.session.scalars(sa.select(Member.totp_pending).where(Member.id == member.id)).one()
    done = client.post("/pc/account/two-step", data={"csrf_token": csrf_in(page), "code": code_of(secret)})
    assert len(re.findall(r"<code>[A-Z2-9-]{14}</code>", done.text)) == 10
    assert client.get("/pc/staff").status_code == 200
    assert secret not in client.get("/pc/account/two-step").text


# --- own account -----------------------------------------------------------------------------------------------------


def test_the_first_password_is_changed_and_then_everything_is_open(client):
    make_member({Permission.STAFF_READ}, username="wang.fang", must_change_password=True)
    assert log_in(client, "wang.fang").location == "/pc/account/password"
    csrf = csrf_in(client.get("/pc/account/password").text)
    typed = {"csrf_token": csrf, "old": PASSWORD, "new": "four green kettles", "again": "four green kettle"}
    unequal = client.post("/pc/account/password", data=typed)
    assert unequal.status_code == 422
    assert "两次输入的新密码不一致" in unequal.text
    assert "four green" not in unequal.text
    assert client.post("/pc/account/password", data={**typed, "again": "four green kettles"}).status_code == 303
    assert client.get("/pc/staff").status_code == 200


def test_a_new_password_means_a_new_session_here_and_none_elsewhere(app, client, sign_in_staff):
    member = make_member()
    other = app.test_client()
    sign_in_staff(other, member)
    csrf = sign_in_staff(client, member)
    typed = {"csrf_token": csrf, "old": PASSWORD, "new": "four green kettles", "again": "four green kettles"}
    answer = client.post("/pc/account/password", data=typed, headers=JSON)
    assert answer.json["csrf_token"] != csrf
    assert client.get("/pc/").status_code == 200
    assert other.get("/pc/").status_code == 302


def test_one_ends_one_s_own_devices_and_nobody_else_s(app, client, sign_in_staff):
    member, stranger = make_member(), make_member(everything=True)
    phone, foreign = app.test_client(), app.test_client()
    sign_in_staff(phone, member)
    sign_in_staff(foreign, stranger)
    csrf = sign_in_staff(client, member)
    theirs = sessions_of(STAFF, stranger.id)[0].id
    assert client.post(f"/pc/account/sessions/{theirs}/end", data={"csrf_token": csrf}).status_code == 404
    assert client.post("/pc/account/sessions/end-others", data={"csrf_token": csrf}).status_code == 303
    assert phone.get("/pc/").status_code == 302
    assert client.get("/pc/").status_code == 200
    assert foreign.get("/pc/").status_code == 200


# --- members ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def csrf(client, sign_in_staff):
    return sign_in_staff(client, make_member(everything=True))


def test_a_new_member_s_password_is_shown_once_and_works(app, client, csrf):
    answer = client.post(
        "/pc/staff/new", data={"csrf_token": csrf, "username": "new.one", "name": "新人"}, headers=JSON
    )
    password = answer.json["first_password"]
    assert password not in client.get(f"/pc/staff/{answer.json['member_id']}").text
    assert log_in(app.test_client(), "new.one", password).location == "/pc/account/password"


def test_a_wrong_new_member_is_explained_beside_the_fields(client, csrf):
    typed = {"csrf_token": csrf, "username": "9", "name": "王,芳", "phone": "12"}
    answer = client.post("/pc/staff/new", data=typed)
    assert answer.status_code == 422
    assert "姓名中不能有英文逗号" in answer.text
    assert "手机号格式不正确" in answer.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Member)) == 1


def test_switching_off_ends_the_session_in_the_same_moment(app, client, csrf, sign_in_staff):
    member = make_member()
    other = app.test_client()
    sign_in_staff(other, member)
    assert other.get("/pc/").status_code == 200
    assert client.post(f"/pc/staff/{member.id}/off", data={"csrf_token": csrf}).status_code == 303
    assert other.get("/pc/").status_code == 302
    assert log_in(other, member.username).status_code == 401


def test_a_stale_form_is_shown_again_with_what_was_typed(client, csrf):
    member = make_member()
    typed = {"csrf_token": csrf, "name": "一", "version": "1"}
    assert client.post(f"/pc/staff/{member.id}", data=typed).status_code == 303
    answer = client.post(f"/pc/staff/{member.id}", data={**typed, "name": "二"})
    assert answer.status_code == 409
    assert 'value="二"' in answer.text


def test_a_telephone_number_shows_only_to_who_manages_the_member(client, sign_in_staff):
    member = make_member(phone="13800000001")
    sign_in_staff(client, make_member({Permission.STAFF_READ}))
    assert "13800000001" not in client.get(f"/pc/staff/{member.id}").text
    sign_in_staff(client, make_member({Permission.STAFF_READ, Permission.STAFF_WRITE}))
    assert "13800000001" in client.get(f"/pc/staff/{member.id}").text


def test_anyone_s_session_is_ended_with_the_right_only(app, client, sign_in_staff):
    member = make_member()
    other = app.test_client()
    sign_in_staff(other, member)
    session_id = sessions_of(STAFF, member.id)[0].id
    csrf = sign_in_staff(client, make_member({Permission.STAFF_READ}))
    assert client.post(f"/pc/sessions/{session_id}/end", data={"csrf_token": csrf}).status_code == 403
    csrf = sign_in_staff(client, make_member({Permission.STAFF_READ, Permission.STAFF_WRITE}))
    assert client.post(f"/pc/sessions/{session_id}/end", data={"csrf_token": csrf}).status_code == 303
    assert other.get("/pc/").status_code == 302


@pytest.mark.parametrize("path", ["/pc/staff/999", "/pc/roles/999"])
def test_what_is_not_there_is_not_found(client, csrf, path):
    assert client.get(path, headers=JSON).status_code == 404
    assert client.post(path, data={"csrf_token": csrf, "name": "x", "label": "x", "version": 1}).status_code == 404


# --- roles -----------------------------------------------------------------------------------------------------------


def test_the_matrix_shows_every_permission_by_its_chinese_name(client, csrf):
    services.install_default_roles()
    page = client.get("/pc/roles").text
    assert all(permission.label in page for permission in Permission)
    assert "售后主管" in page


def test_a_role_is_made_changed_and_removed(client, csrf):
    typed = {"csrf_token": csrf, "label": "客户经理", "permissions": ["order:read", "goods:read"]}
    role_id = client.post("/pc/roles/new", data=typed, headers=JSON).json["id"]
    again = client.post("/pc/roles/new", data=typed)
    assert again.status_code == 409
    assert "已有同名的角色" in again.text
    changed = {**typed, "permissions": ["order:read"], "version": 1, "requires_totp": "1"}
    assert client.post(f"/pc/roles/{role_id}", data=changed).status_code == 303
    assert client.post(f"/pc/roles/{role_id}", data=changed).status_code == 409
    assert client.post(f"/pc/roles/{role_id}/delete", data={"csrf_token": csrf}).status_code == 303


def test_a_right_that_does_not_exist_is_refused(client, csrf):
    answer = client.post(
        "/pc/roles/new", data={"csrf_token": csrf, "label": "x", "permissions": ["all:all"]}, headers=JSON
    )
    assert answer.status_code == 422


def test_who_changes_his_own_role_goes_on_with_a_new_session(client, sign_in_staff):
    make_member(everything=True)
    role = make_role(MANAGER)
    csrf = sign_in_staff(client, make_member(roles=[role]))
    typed = {"csrf_token": csrf, "label": "管理", "permissions": ["staff:read", "staff:write"], "version": 1}
    answer = client.post(f"/pc/roles/{role.id}", data=typed, headers=JSON)
    assert answer.json["csrf_token"] != csrf
    assert client.get("/pc/staff").status_code == 200
    assert client.get("/pc/roles/new").status_code == 403
