"""Staff page: the official account's menu."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.core.permissions import Permission
from wxapp.patients import services
from wxapp.patients.admin.door import interface
from wxapp.patients.services.menu import MenuRefused

menu.entry("公众号", "公众号菜单", "patients_admin.account_menu", Permission.MENU_PUBLISH, 10)


@dataclass(frozen=True)
class MenuLine:
    """A sub-button of the account's menu."""

    name: str
    address: str


@dataclass(frozen=True)
class MenuGroup:
    """A button with its sub-buttons."""

    name: str
    lines: list[MenuLine]


@interface("patients.menu", GET="/pc/account-menu", permission=Permission.MENU_PUBLISH)
def account_menu() -> Page:
    """The menu as the pages that exist would make it, beside the one that phones show now."""
    problem = ""
    try:
        wanted = _groups(services.build_menu())
    except MenuRefused as refusal:
        wanted, problem = [], refusal.message
    published = _groups(services.published_menu() or {})
    return Page(
        "patients/admin/account_menu.html",
        wanted=wanted,
        published=published,
        problem=problem,
        is_current=wanted == published,
    )


@interface(
    "patients.publish_menu",
    POST="/pc/account-menu",
    permission=Permission.MENU_PUBLISH,
    audit="发布公众号菜单",
    form_page=account_menu,
)
def publish_menu() -> Done:
    made = _groups(services.publish_menu())
    audit.about("menu", "，".join(f"{group.name}/{line.name}" for group in made for line in group.lines))
    return Done("菜单已发布，用户重新进入公众号后5分钟内生效")


def _groups(found: Mapping[str, Any]) -> list[MenuGroup]:
    return [
        MenuGroup(
            str(top.get("name")),
            [MenuLine(str(one.get("name")), str(one.get("url", ""))) for one in top.get("sub_button", [])],
        )
        for top in found.get("button", [])
    ]
