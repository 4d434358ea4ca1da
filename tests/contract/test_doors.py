"""Each interface of the contract: under which paths it answers, to whom, and when not."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.contract.calls import PREPARE
from tests.contract.entries import ALL, MENUS, ROLES, SERVED, STILL_TO_COME, Entry
from tests.contract.house import House, changed, contents, doors, send
from wxapp.admin.interface import REGISTERED

PAGE = {"Accept": "text/html"}
each = pytest.mark.parametrize("entry", SERVED.values(), ids=lambda entry: entry.id)
each_change = pytest.mark.parametrize(
    "entry", [one for one in SERVED.values() if one.method == "POST"], ids=lambda entry: entry.id
)


def test_every_interface_is_served_or_listed_as_still_to_come(app):
    served = {spec.id for spec in REGISTERED.values()}
    assert [entry.id for entry in SERVED.values() if entry.id not in served] == []
    assert [entry.id for entry in ALL.values() if entry.module in STILL_TO_COME and entry.id in served] == []
    assert set(PREPARE) == set(SERVED)
    assert (len(SERVED), len(ALL) - len(SERVED)) == (28, 38)


@each
def test_it_answers_under_each_spelling_of_its_path_and_to_nobody_without_a_session(app: Flask, entry: Entry):
    client = app.test_client()
    with doors(app) as seen:
        for path in entry.spellings:
            answer = send(client, entry, {"id": "1"}, path=path)
            assert (answer.status_code, answer.json["code"]) == (401, 0), path
    assert set(seen) == {entry.id}


@each
def test_it_opens_to_the_roles_that_the_contract_names_and_to_no_other(house: House, entry: Entry):
    sent = PREPARE[entry.id](house)
    opened = {role for role in ROLES if house.call(entry, {**sent}, role=role).status_code != 403}
    assert opened == {role for role in ROLES if entry.admits(role)}


@each
def test_a_role_outside_is_told_so_before_its_parameters_are_read(house: House, entry: Entry):
    outside = [role for role in ROLES if not entry.admits(role)]
    for role in outside:
        answer = house.call(entry, {"id": "no number"}, role=role)
        assert (answer.status_code, answer.json["code"]) == (403, 0)
        assert answer.json["msg"].startswith("操作失败：")


@each_change
def test_a_change_without_the_token_of_the_session_is_refused(house: House, entry: Entry):
    sent = PREPARE[entry.id](house)
    before = contents()
    answer = house.call(entry, sent, token=False)
    assert (answer.status_code, answer.json["code"]) == (419, 0)
    assert answer.json["msg"].startswith("操作失败：页面已过期")
    assert changed(before, contents()) == []


@pytest.mark.parametrize(
    "entry", [one for one in SERVED.values() if one.is_changing], ids=lambda entry: entry.id
)  # fmt: skip
def test_asking_where_the_old_system_changed_something_shows_a_page_and_changes_nothing(house: House, entry: Entry):
    sent = PREPARE[entry.id](house)
    client = house.caller(entry.roles[0]).client
    before = contents()
    for path in entry.spellings:
        answer = client.get(path, query_string=sent, headers=PAGE)
        assert (answer.status_code, answer.mimetype) == (200, "text/html"), path
        assert 'method="post"' in answer.text
    assert changed(before, contents()) == []


ONLY_POST = {
    "retail.get_cate_goods", "common.upload_one", "common.get_project_ajax", "external.set_machine",
    "consultation.pay", "physical.complete", "examine.pass", "examine.pay", "examine.edit", "triage.edit",
}  # fmt: skip
"""Called by scripts of pages, or standing on another page."""


@pytest.mark.parametrize(
    "entry", [one for one in SERVED.values() if one.id not in ONLY_POST], ids=lambda entry: entry.id
)  # fmt: skip
def test_a_browser_gets_a_page(house: House, entry: Entry):
    """What answers programs with JSON has a page for people: its own, or that of its form."""
    sent = PREPARE[entry.id](house)
    client = house.caller(entry.roles[0]).client
    answer = client.get(entry.path, query_string=sent, headers=PAGE, follow_redirects=True)
    assert (answer.status_code, answer.mimetype) == (200, "text/html")


# --- menus -----------------------------------------------------------------------------------------------------------

WITHOUT_ROLES = {
    "/pc/config/flow": {"超管"},
    "/pc/config/project": {"超管"},
    "/pc/config/bank": {"超管"},
    "/pc/config/physical": {"超管"},
    "/pc/config/computer": {"超管"},
    "/pc/config/media": {"超管"},
    "/pc/appointment/index": {"前台", "咨询师", "售后主管", "超管"},
    "/pc/driver/waiting": {"前台", "售后主管", "超管"},
    "/pc/driver/assigned": {"前台", "售后主管", "超管"},
    "/pc/leave/index": {"前台", "售后主管", "超管"},
}
"""Menus of which the contract has nothing but the heading, and who works with them here."""
PAGES = {
    menu["proposed_path"]: WITHOUT_ROLES.get(menu["proposed_path"], {*menu["roles"], "超管"})
    for menu in MENUS
    if "proposed_path" in menu and menu["menu"][0] not in {"报表统计", "售后服务", "员工提成"}
}


@pytest.mark.parametrize("path", PAGES)
def test_each_menu_has_its_page_for_its_roles_and_for_no_other(house: House, path: str):
    opened = {role for role in ROLES if house.caller(role).client.get(path, headers=PAGE).status_code == 200}
    assert opened == PAGES[path]
