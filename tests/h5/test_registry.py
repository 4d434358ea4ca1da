"""The lists into which packages plug, and the menu of the contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories.patients import make_wechat_user
from wxapp.h5 import registry
from wxapp.wechat.menu import SUB_BUTTONS, TOP_BUTTONS

CONTRACT = Path(__file__).parents[2] / "contract" / "patient.yaml"


def contract_menu() -> dict[str, tuple[str, ...]]:
    """Read the one list that is needed; it is written in one line per group."""
    groups = {}
    lines = CONTRACT.read_text(encoding="utf-8").split("official_account_menu:\n")[1].splitlines()
    for line in lines:
        if not line.startswith("  "):
            break
        name, _, names = line.strip().partition(": ")
        groups[name] = tuple(names.strip("[]").split(", "))
    return groups


def test_the_menu_is_that_of_the_contract():
    assert dict(registry.MENU) == contract_menu()
    assert len(registry.MENU) <= TOP_BUTTONS
    assert all(len(names) <= SUB_BUTTONS for names in registry.MENU.values())


def test_an_entry_that_the_contract_does_not_have_is_refused():
    with pytest.raises(ValueError, match="the menu has no"):
        registry.menu_entry("个人中心", "随便", "patients.me")


def test_a_group_of_me_must_exist():
    with pytest.raises(ValueError, match="no such group"):
        registry.me_entry("x", "patients.me", "user", 1, group="没有")


@pytest.mark.usefixtures("client")
def test_only_pages_that_exist_are_led_to(app, monkeypatch):
    monkeypatch.setattr(registry, "_tabs", dict(registry._tabs))
    monkeypatch.setattr(registry, "_entries", dict(registry._entries))
    registry.tab("nowhere", "无", "x", "nowhere.page", 9)
    registry.me_entry("无", "nowhere.page", "x", 1)
    user = make_wechat_user()
    assert "nowhere" not in {tab.name for tab in registry.tabs()}
    labels = {entry.label for entries in registry.me_entries(user).values() for entry in entries}
    assert "无" not in labels
    assert "余额密码" in labels


@pytest.mark.usefixtures("client")
def test_an_entry_may_be_for_some_only(app, monkeypatch):
    monkeypatch.setattr(registry, "_entries", dict(registry._entries))
    user = make_wechat_user()
    registry.me_entry("只给别人", "patients.me", "x", 1, when=lambda shown: shown.id != user.id)
    registry.me_entry("只给本人", "patients.me", "x", 1, when=lambda shown: shown.id == user.id)
    labels = {entry.label for entries in registry.me_entries(user).values() for entry in entries}
    assert "只给本人" in labels
    assert "只给别人" not in labels


@pytest.mark.usefixtures("client")
def test_tabs_have_the_contracts_order_and_open():
    wanted = ["首页", "体检", "预约", "购物车", "我的"]
    labels = [tab.label for tab in registry.tabs()]
    assert labels == [label for label in wanted if label in labels]
    assert {"首页", "我的"} <= set(labels)


def test_every_entry_of_the_menu_opens(app, client):
    for entries in registry.menu_entries().values():
        for entry in entries:
            assert client.get(entry.path).status_code == 200, entry.label
