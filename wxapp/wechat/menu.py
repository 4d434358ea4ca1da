"""The account's menu: built from plain entries, and checked before WeChat refuses it. Source: wechat.md 6.1."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

TOP_BUTTONS = 3
SUB_BUTTONS = 5
TOP_NAME_BYTES = 16
SUB_NAME_BYTES = 60
KEY_BYTES = 128
URL_BYTES = 1024

_APPID = re.compile(r"wx[0-9a-f]{16}")


class Kind(StrEnum):
    """What a tap does."""

    CLICK = "click"
    VIEW = "view"
    MINI_PROGRAM = "miniprogram"
    SCAN_PUSH = "scancode_push"
    SCAN_WAIT = "scancode_waitmsg"
    PHOTO = "pic_sysphoto"
    PHOTO_OR_ALBUM = "pic_photo_or_album"
    ALBUM = "pic_weixin"
    PLACE = "location_select"
    MEDIA = "media_id"
    MEDIA_VIEW = "view_limited"
    ARTICLE = "article_id"
    ARTICLE_VIEW = "article_view_limited"


_REFERS_TO = {
    Kind.MEDIA: "media_id",
    Kind.MEDIA_VIEW: "media_id",
    Kind.ARTICLE: "article_id",
    Kind.ARTICLE_VIEW: "article_id",
}
_WITH_ADDRESS = {Kind.VIEW, Kind.MINI_PROGRAM}


@dataclass(frozen=True)
class Entry:
    """A button. With ``entries`` it only opens its sub-menu; otherwise ``kind`` says what a tap does.

    ``key`` is the key of a click, or the id of the media or article that the kind refers to. ``url`` is also
    what clients too old for mini-programs open.
    """

    name: str
    kind: Kind | None = None
    key: str = ""
    url: str = ""
    appid: str = ""
    page_path: str = ""
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Problem:
    """A fault of an entry: ``where`` counts from 1, e.g. (2, 1) for the first sub-button of the second button."""

    where: tuple[int, ...]
    text: str


class MenuRefused(Exception):
    """The menu breaks WeChat's limits; ``problems`` has all of them with texts for staff."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{problem.where}: {problem.text}" for problem in problems))
        self.problems = tuple(problems)


def build(entries: Sequence[Entry]) -> dict[str, Any]:
    """Return the menu as ``menu/create`` takes it.

    :raises MenuRefused: it breaks a limit.
    """
    if problems := check(entries):
        raise MenuRefused(problems)
    return {"button": [_button(entry) for entry in entries]}


def check(entries: Sequence[Entry]) -> list[Problem]:
    """Return everything that WeChat would refuse, in the order of the menu."""
    problems = []
    if not 1 <= len(entries) <= TOP_BUTTONS:
        problems.append(Problem((), f"一级菜单需要 1 至 {TOP_BUTTONS} 个"))
    for number, entry in enumerate(entries, 1):
        problems += _check_name(entry, (number,), TOP_NAME_BYTES)
        if not entry.entries:
            problems += _check_action(entry, (number,))
            continue
        if entry.kind is not None:
            problems.append(Problem((number,), "有子菜单的一级菜单不能再设置动作"))
        if len(entry.entries) > SUB_BUTTONS:
            problems.append(Problem((number,), f"子菜单最多 {SUB_BUTTONS} 个"))
        for sub_number, sub in enumerate(entry.entries, 1):
            problems += _check_name(sub, (number, sub_number), SUB_NAME_BYTES)
            if sub.entries:
                problems.append(Problem((number, sub_number), "菜单最多两级"))
            problems += _check_action(sub, (number, sub_number))
    return problems


def _check_name(entry: Entry, where: tuple[int, ...], limit: int) -> list[Problem]:
    if not entry.name.strip():
        return [Problem(where, "请填写菜单名称")]
    if _size(entry.name) > limit:
        return [Problem(where, f"菜单名称最多 {limit} 字节（约 {limit // 3} 个汉字）")]
    return []


def _check_action(entry: Entry, where: tuple[int, ...]) -> list[Problem]:
    if entry.kind is None:
        return [Problem(where, "请选择点击后的动作")]
    texts = []
    if entry.kind in _WITH_ADDRESS:
        if not entry.url.startswith(("https://", "http://")):
            texts.append("链接需要以 https:// 或 http:// 开头")
        if _size(entry.url) > URL_BYTES:
            texts.append(f"链接最多 {URL_BYTES} 字节")
    elif not entry.key:
        texts.append("请填写菜单的 key 或素材编号")
    elif _size(entry.key) > KEY_BYTES:
        texts.append(f"key 最多 {KEY_BYTES} 字节")
    if entry.kind is Kind.MINI_PROGRAM:
        if not _APPID.fullmatch(entry.appid):
            texts.append("小程序 appid 应为 wx 加 16 位小写字母或数字")
        if not entry.page_path:
            texts.append("请填写小程序页面路径")
    return [Problem(where, text) for text in texts]


def _button(entry: Entry) -> dict[str, Any]:
    if entry.entries:
        return {"name": entry.name, "sub_button": [_button(sub) for sub in entry.entries]}
    assert entry.kind is not None  # checked by build
    button: dict[str, Any] = {"type": entry.kind.value, "name": entry.name}
    if entry.kind in _WITH_ADDRESS:
        button["url"] = entry.url
    else:
        button[_REFERS_TO.get(entry.kind, "key")] = entry.key
    if entry.kind is Kind.MINI_PROGRAM:
        button |= {"appid": entry.appid, "pagepath": entry.page_path}
    return button


def _size(text: str) -> int:
    return len(text.encode())
