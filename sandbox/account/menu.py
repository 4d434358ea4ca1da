"""The custom menu at the bottom of the chat."""

from __future__ import annotations

from typing import Any

from sandbox.account.api import Body, done, interface, json_body
from sandbox.account.errors import ApiError
from sandbox.endpoints import world

KEY_TYPES = frozenset(
    {"click", "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin"}
    | {"location_select"}
)
NEEDED = {
    "media_id": "media_id",
    "view_limited": "media_id",
    "article_id": "article_id",
    "article_view_limited": "article_id",
}
"""Types that show something published, and the field that names it."""
TYPES = KEY_TYPES | NEEDED.keys() | {"view", "miniprogram"}
SUB = 7
"""A code about a sub-button lies seven above that of a top button (40018 and 40025, …)."""


@interface("/cgi-bin/menu/create", method="POST")
def create() -> Body:
    """Publish a menu."""
    menu = checked(json_body())
    here = world()
    with here.change():
        here.account.menu = menu
        here.account.menu_id += 1
    return done()


@interface("/cgi-bin/menu/get")
def get() -> Body:
    """Return the published menu."""
    menu = world().account.menu
    if menu is None:
        raise ApiError(46003)
    return {"menu": menu}


@interface("/cgi-bin/menu/delete")
def delete() -> Body:
    """Take the menu away."""
    here = world()
    with here.change():
        here.account.menu = None
    return done()


@interface("/cgi-bin/get_current_selfmenu_info")
def current() -> Body:
    """Return the menu as the console shows it."""
    menu = world().account.menu
    if menu is None:
        return {"is_menu_open": 0, "selfmenu_info": {"button": []}}
    shown = []
    for button in menu["button"]:
        subs = button.get("sub_button")
        shown.append({**button, "sub_button": {"list": subs}} if subs else button)
    return {"is_menu_open": 1, "selfmenu_info": {"button": shown}}


def checked(menu: dict[str, Any]) -> dict[str, Any]:
    """Return the menu if it keeps all limits.

    :raises ApiError: a code of 40016..40027, 40054 or 40055.
    """
    buttons = menu.get("button")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        raise ApiError(40016)
    for button in buttons:
        _check(button, sub=False)
    return {"button": buttons}


def _check(button: Any, *, sub: bool) -> None:
    step = SUB if sub else 0
    if not isinstance(button, dict):
        raise ApiError(47001)
    if not 1 <= _size(button.get("name")) <= (60 if sub else 16):
        raise ApiError(40018 + step)
    subs = button.get("sub_button")
    if subs:
        if sub:
            raise ApiError(40022)
        if not isinstance(subs, list) or len(subs) > 5:
            raise ApiError(40023)
        for below in subs:
            _check(below, sub=True)
        return
    _check_type(button, step)


def _check_type(button: dict[str, Any], step: int) -> None:
    kind = button.get("type")
    if kind not in TYPES:
        raise ApiError(40017 + step)
    if kind in KEY_TYPES and not 1 <= _size(button.get("key")) <= 128:
        raise ApiError(40019 + step)
    if kind in {"view", "miniprogram"}:
        if not 1 <= _size(button.get("url")) <= 1024:
            raise ApiError(40020 + step)
        if not button["url"].startswith(("http://", "https://")):
            raise ApiError(40054 if step else 40055)
    if kind == "miniprogram" and not (button.get("appid") and button.get("pagepath")):
        raise ApiError(45064)
    if not button.get(NEEDED.get(str(kind), "name")):
        raise ApiError(40007)


def _size(value: Any) -> int:
    return len(value.encode()) if isinstance(value, str) else 0
