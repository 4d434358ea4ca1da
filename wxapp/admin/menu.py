"""The sidebar: entries are registered by packages and shown to those who may open them."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import current_app, request, url_for

from wxapp.admin.identity import Staff
from wxapp.core.permissions import Permission


@dataclass(frozen=True)
class Group:
    """A heading of the sidebar with its icon (a name of scripts/icons.txt)."""

    name: str
    icon: str
    order: int


@dataclass(frozen=True)
class Entry:
    """A line of the sidebar."""

    group: str
    label: str
    endpoint: str
    permission: Permission | None
    order: int


_groups: dict[str, Group] = {}
_entries: dict[str, Entry] = {}


def group(name: str, icon: str, order: int) -> None:
    """Declare a group of entries."""
    _groups[name] = Group(name, icon, order)


for _name, _icon, _order in (
    ("患者", "users", 10),
    ("商城", "shopping-bag", 20),
    ("订单", "receipt", 30),
    ("收银", "cash", 40),
    ("财务", "report-money", 50),
    ("消息", "message", 60),
    ("公众号", "device-mobile-message", 70),
    ("医院主页", "building-hospital", 80),
    ("系统", "settings", 90),
):
    group(_name, _icon, _order)


def entry(group: str, label: str, endpoint: str, permission: Permission | None, order: int = 50) -> None:
    """Put a page into the sidebar. The permission is that of the page itself.

    :param group: one that was declared with :func:`group`
    :param endpoint: ``<package>_admin.<function>``
    """
    if group not in _groups:
        raise ValueError(f"no such group: {group}")
    _entries[endpoint] = Entry(group, label, endpoint, permission, order)


def entries() -> list[Entry]:
    return list(_entries.values())


@dataclass(frozen=True)
class Line:
    """An entry as one page shows it."""

    label: str
    url: str
    is_current: bool


@dataclass(frozen=True)
class Section:
    """A group as one page shows it."""

    name: str
    icon: str
    lines: list[Line] = field(default_factory=list)

    @property
    def is_current(self) -> bool:
        return any(line.is_current for line in self.lines)


def sidebar(staff: Staff) -> list[Section]:
    """Return what this person's sidebar shows on the current page."""
    there = current_app.view_functions
    allowed = [entry for entry in _entries.values() if staff.may(entry.permission) and entry.endpoint in there]
    urls = {entry.endpoint: url_for(entry.endpoint) for entry in allowed}
    current = _current(list(urls.values()))
    sections = []
    for found in sorted(_groups.values(), key=lambda g: (g.order, g.name)):
        members = sorted((e for e in allowed if e.group == found.name), key=lambda e: (e.order, e.label))
        lines = [Line(e.label, urls[e.endpoint], urls[e.endpoint] == current) for e in members]
        if lines:
            sections.append(Section(found.name, found.icon, lines))
    return sections


def _current(urls: list[str]) -> str:
    """Return the entry whose address is the longest beginning of this page's."""
    path = request.path.lower() + "/"
    return max((url for url in urls if path.startswith(url.lower().rstrip("/") + "/")), key=len, default="")
