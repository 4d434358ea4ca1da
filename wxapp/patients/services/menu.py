"""The official account's menu: published from the pages that exist, never typed by hand."""

from __future__ import annotations

from typing import Any

from wxapp.core.addresses import absolute
from wxapp.core.errors import DomainError, Unavailable
from wxapp.h5 import registry
from wxapp.wechat import connected
from wxapp.wechat import menu as wechat_menu
from wxapp.wechat.errors import WechatError
from wxapp.wechat.menu import Entry, Kind


class MenuRefused(DomainError):
    """WeChat, or its known limits, say no to the menu."""

    code, status = "menu_refused", 422


def build_menu() -> dict[str, Any]:
    """Return the menu as WeChat takes it, from the entries whose pages exist.

    :raises MenuRefused: it breaks one of WeChat's limits, or there is nothing to publish
    """
    groups = registry.menu_entries()
    entries = [
        Entry(
            group,
            entries=tuple(Entry(one.label, kind=Kind.VIEW, url=absolute(one.path)) for one in found),
        )
        for group, found in groups.items()
    ]
    try:
        return wechat_menu.build(entries)
    except wechat_menu.MenuRefused as error:
        raise MenuRefused("；".join(problem.text for problem in error.problems)) from error


def publish_menu() -> dict[str, Any]:
    """Publish the menu and return it. Phones show it within five minutes of entering the chat.

    :raises MenuRefused: WeChat does not take it
    :raises Unavailable: WeChat does not answer
    """
    menu = build_menu()
    try:
        connected.official_account().create_menu(menu)
    except WechatError as error:
        if error.errcode is None:
            raise Unavailable("微信暂时没有响应，请稍后再试") from error
        raise MenuRefused(f"微信拒绝了菜单（{error.errcode}）") from error
    return menu


def published_menu() -> dict[str, Any] | None:
    """Return the menu that phones show now; None when there is none or WeChat does not answer."""
    try:
        return connected.official_account().menu()
    except WechatError:
        return None
