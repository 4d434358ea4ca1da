"""Every staff route names its right, and has it enforced for every role (checklist S-17, S-18)."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.architecture import staff_routes
from tests.factories.staff import make_member
from wxapp.admin import menu
from wxapp.admin.interface import REGISTERED, Interface
from wxapp.core import clock
from wxapp.core.permissions import Permission
from wxapp.staff import queries, services
from wxapp.staff.defaults import DEFAULT_ROLES

pytestmark = pytest.mark.once

JSON = {"Accept": "application/json"}


def address(rule: str) -> str:
    """Return the rule with something that is hardly there in each place."""
    return re.sub(r"<int:\w+>", "999999", re.sub(r"<(?!int:)[^>]+>", "none", rule))


def test_everything_below_the_staff_door_is_an_interface(app: Flask) -> None:
    assert staff_routes.strangers_of(app) == []


def test_the_table_in_the_repository_is_that_of_the_application(app: Flask) -> None:
    written = staff_routes.TABLE.read_text(encoding="utf-8")
    assert written == staff_routes.table_of(app), "run: python -m tests.architecture.staff_routes"


def test_a_post_says_in_chinese_what_it_does(app: Flask) -> None:
    silent = [
        spec.id for spec in staff_routes.interfaces_of(app) if spec.post and not re.search(r"[一-鿿]", spec.audit)
    ]
    assert silent == []


def test_only_the_log_in_is_public_and_without_token(app: Flask) -> None:
    found = staff_routes.interfaces_of(app)
    assert {spec.id for spec in found if spec.is_public} == {
        "staff.log_in_page",
        "staff.log_in",
        "staff.log_in_code_page",
        "staff.log_in_code",
    }
    assert {spec.id for spec in found if not spec.checks_csrf} == {"staff.log_in", "staff.log_in_code"}


def test_each_menu_entry_leads_to_a_page_with_the_same_right(app: Flask) -> None:
    for entry in menu.entries():
        spec = REGISTERED[entry.endpoint]
        assert entry.endpoint in app.view_functions, entry.endpoint
        assert spec.get, entry.endpoint
        assert spec.permission == entry.permission, entry.label


def test_each_permission_but_those_of_parts_of_pages_opens_something(app: Flask) -> None:
    used = {spec.permission for spec in staff_routes.interfaces_of(app)}
    assert {Permission.STAFF_WRITE, Permission.AUDIT_READ, Permission.SETTING_WRITE} <= used


# --- enforced --------------------------------------------------------------------------------------------------------


def status(client: FlaskClient, spec: Interface, method: str) -> int:
    if method == "GET":
        return client.get(address(spec.get or ""), headers=JSON).status_code
    # Without a CSRF token nothing is carried out; who may gets 419, who may not gets 403 before that.
    return client.post(address(spec.post or ""), headers=JSON).status_code


@pytest.mark.parametrize("role", DEFAULT_ROLES, ids=lambda role: role.name)
def test_a_role_opens_what_its_rights_open_and_nothing_else(
    app: Flask, client: FlaskClient, sign_in_staff, role
) -> None:
    services.install_default_roles()
    held = next(found for found in queries.roles() if found.name == role.name)
    sign_in_staff(client, make_member(roles=[held], totp_confirmed_at=clock.now(), totp_secret="JBSWY3DPEHPK3PXP"))
    wrong = []
    for spec in staff_routes.interfaces_of(app):
        if spec.is_public:
            continue
        for method in [name for name, path in (("GET", spec.get), ("POST", spec.post)) if path]:
            answered = status(client, spec, method)
            expected = {403} if not staff_routes.may(role, spec) else {200, 302, 404} if method == "GET" else {419}
            if answered not in expected:
                wrong.append(f"{method} {spec.get or spec.post}: {answered}, expected {expected}")
    assert wrong == []


def test_without_a_session_nothing_opens(app: Flask, client: FlaskClient) -> None:
    for spec in staff_routes.interfaces_of(app):
        if not spec.is_public:
            assert status(client, spec, "GET" if spec.get else "POST") == 401, spec.id


# --- never a fault ---------------------------------------------------------------------------------------------------


@pytest.fixture
def boss(client: FlaskClient, sign_in_staff) -> str:
    return str(sign_in_staff(client, make_member(everything=True)))


def test_every_page_shows_in_html(app: Flask, client: FlaskClient, boss: str) -> None:
    for spec in staff_routes.interfaces_of(app):
        if spec.get:
            answer = client.get(address(spec.get))
            assert answer.status_code in {200, 302, 404}, spec.get
            assert " style=" not in answer.text, spec.get
            assert " onclick=" not in answer.text, spec.get


@pytest.mark.parametrize(
    "junk",
    [
        {},
        {"unknown": "1"},
        {"name": "x" * 5000, "amount": "1e9", "version": "x", "id": "-1", "date": "2026-02-30", "reason": "\x00"},
        {"amount": "99999999999999999999", "version": "9" * 30, "q": "%", "price": "0.001", "phone": "'; --"},
    ],
    ids=["empty", "unknown", "wrong", "huge"],
)
def test_no_form_is_answered_with_a_fault(app: Flask, client: FlaskClient, boss: str, junk: dict[str, str]) -> None:
    for spec in staff_routes.interfaces_of(app):
        if spec.post and spec.id not in {"staff.log_out", "staff.end_other_sessions"}:
            answer = client.post(address(spec.post), data={"csrf_token": boss, **junk})
            # 503 is what a page says when WeChat does not answer, and in tests it never does.
            assert answer.status_code < 500 or answer.status_code == 503, f"{spec.post}: {answer.status_code}"


@pytest.mark.parametrize(
    "query", ["page=-1&sort=id", "page=x", "since=x&until=2026-99-99", "q=%25%27%22%00", "sort=-%27"]
)
def test_no_address_is_answered_with_a_fault(app: Flask, client: FlaskClient, boss: str, query: str) -> None:
    for spec in staff_routes.interfaces_of(app):
        if spec.get:
            answer = client.get(f"{address(spec.get)}?{query}", headers=JSON)
            assert answer.status_code < 500, f"{spec.get}: {answer.status_code}"


# --- links -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", DEFAULT_ROLES, ids=lambda role: role.name)
def test_no_list_offers_a_link_that_its_reader_may_not_follow(
    app: Flask, client: FlaskClient, sign_in_staff, role
) -> None:
    sign_in_staff(client, make_member(role.permissions))
    offered: dict[str, str] = {}
    for spec in staff_routes.interfaces_of(app):
        if spec.get and "<" not in spec.get and not spec.is_public and staff_routes.may(role, spec):
            page = client.get(spec.get).text
            offered |= dict.fromkeys(re.findall(r'href="(/pc/[^"#?]*)"', page), spec.get)
    refused = [f"{page} offers {link}" for link, page in offered.items() if client.get(link).status_code == 403]
    assert refused == []
