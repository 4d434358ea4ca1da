"""Lists into which packages plug: tab bar, 我的, the menu of the official account, home page, a physician's pages.

What names an endpoint that does not exist in this application is left out, so nothing ever leads to a missing page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from flask import current_app, url_for
from markupsafe import Markup

from wxapp.core.addresses import path_of
from wxapp.h5.identity import User

ORDERS = "我的订单"
SERVICES = "常用服务"
ACCOUNT = "账户与安全"
ME_GROUPS = (ORDERS, SERVICES, ACCOUNT)

MENU: Mapping[str, tuple[str, ...]] = {
    "医院概况": ("医院官网", "医院简介", "主任医师", "先进设备", "健康资讯"),
    "为你服务": ("在线预约", "在线充值", "体检项目", "体检商城"),
    "个人中心": ("我的预约", "我的报告", "我的订单", "个人中心"),
}
"""Names and order of the official account's menu: the contract's ``official_account_menu``."""


@dataclass(frozen=True)
class Tab:
    """One of the five entries at the foot of every page."""

    name: str
    label: str
    icon: str
    endpoint: str
    order: int
    badge: Callable[[User], int] | None = None

    @property
    def address(self) -> str:
        return url_for(self.endpoint)


@dataclass(frozen=True)
class MeEntry:
    """An entry of the page 我的. ``badge`` counts what waits for this user; 0 shows nothing.

    ``when`` says who has the entry; without it everybody has.
    """

    label: str
    endpoint: str
    icon: str
    order: int
    group: str
    badge: Callable[[User], int] | None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    when: Callable[[User], bool] | None = None

    @property
    def address(self) -> str:
        return url_for(self.endpoint, **self.arguments)


@dataclass(frozen=True)
class MePanel:
    """A piece of the page 我的 for users with a current patient, such as the balance."""

    render: Callable[[User], Markup]
    order: int


@dataclass(frozen=True)
class MenuEntry:
    """An entry of the official account's menu that has its page."""

    group: str
    label: str
    endpoint: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return path_of(self.endpoint, self.arguments)


@dataclass(frozen=True)
class PhysicianTab:
    """One of the pages of a physician, e.g. 医生简介. Its endpoint takes ``physician_id``."""

    label: str
    endpoint: str
    order: int
    address: str = ""


@dataclass(frozen=True)
class Floor:
    """A floor of the home page. What it renders is the same for everybody: the page is cached.

    What appears or disappears on it at a set moment is told to :func:`wxapp.h5.kept.changes_at`.
    """

    name: str
    render: Callable[[], Markup]
    order: int
    css: str = ""
    """Style sheet that it needs, as a static file's name."""


_tabs: dict[str, Tab] = {}
_entries: dict[tuple[str, str], MeEntry] = {}
_panels: dict[str, MePanel] = {}
_menu: dict[str, MenuEntry] = {}
_floors: dict[str, Floor] = {}
_physician_tabs: dict[str, PhysicianTab] = {}


def tab(
    name: str, label: str, icon: str, endpoint: str, order: int, *, badge: Callable[[User], int] | None = None
) -> None:
    """Add a tab. Pages name theirs in the block ``tab``."""
    _tabs[name] = Tab(name, label, icon, endpoint, order, badge)


def me_entry(
    label: str,
    endpoint: str,
    icon: str,
    order: int,
    *,
    group: str = SERVICES,
    badge: Callable[[User], int] | None = None,
    arguments: Mapping[str, Any] | None = None,
    when: Callable[[User], bool] | None = None,
) -> None:
    """Add an entry to the page 我的, in one of ``ME_GROUPS``; ``when`` says whose page has it."""
    if group not in ME_GROUPS:
        raise ValueError(f"no such group: {group}")
    _entries[group, label] = MeEntry(label, endpoint, icon, order, group, badge, dict(arguments or {}), when)


def me_panel(name: str, render: Callable[[User], Markup], order: int) -> None:
    """Add a piece to the page 我的; it is rendered for users who have a current patient."""
    _panels[name] = MePanel(render, order)


def menu_entry(group: str, label: str, endpoint: str, *, arguments: Mapping[str, Any] | None = None) -> None:
    """Say which page an entry of the official account's menu opens.

    :raises ValueError: the contract has no such entry
    """
    if label not in MENU.get(group, ()):
        raise ValueError(f"the menu has no {group}/{label}")
    _menu[label] = MenuEntry(group, label, endpoint, dict(arguments or {}))


def home_floor(name: str, render: Callable[[], Markup], order: int, *, css: str = "") -> None:
    """Add a floor to the home page; ``css`` is the style sheet it needs, e.g. ``css/pages/mall.css``."""
    _floors[name] = Floor(name, render, order, css)


def physician_tab(label: str, endpoint: str, order: int) -> None:
    """Add a page to those of each physician; ``endpoint`` takes ``physician_id``."""
    _physician_tabs[label] = PhysicianTab(label, endpoint, order)


_Linked = TypeVar("_Linked", Tab, MeEntry, MenuEntry, PhysicianTab)


def _existing(found: list[_Linked]) -> list[_Linked]:
    return [entry for entry in found if entry.endpoint in current_app.view_functions]


def tabs() -> list[Tab]:
    return _existing(sorted(_tabs.values(), key=lambda one: one.order))


def me_entries(user: User) -> dict[str, list[MeEntry]]:
    """Return the entries of a user's 我的 by group; groups without entries are left out."""
    there = _existing(sorted(_entries.values(), key=lambda entry: entry.order))
    found = [entry for entry in there if entry.when is None or entry.when(user)]
    groups = {group: [entry for entry in found if entry.group == group] for group in ME_GROUPS}
    return {group: entries for group, entries in groups.items() if entries}


def me_panels() -> list[MePanel]:
    return sorted(_panels.values(), key=lambda panel: panel.order)


def menu_entries() -> dict[str, list[MenuEntry]]:
    """Return the entries of the official account's menu that have a page, in the contract's order."""
    groups = {group: _existing([_menu[name] for name in names if name in _menu]) for group, names in MENU.items()}
    return {group: entries for group, entries in groups.items() if entries}


def home_floors() -> list[Floor]:
    return sorted(_floors.values(), key=lambda floor: floor.order)


def physician_tabs(physician_id: int) -> list[PhysicianTab]:
    """Return the pages of one physician with their addresses."""
    found = _existing(sorted(_physician_tabs.values(), key=lambda one: one.order))
    return [replace(one, address=url_for(one.endpoint, physician_id=physician_id)) for one in found]
