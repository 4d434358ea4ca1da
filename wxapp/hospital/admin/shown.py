"""What the pages of 医院配置 share: badges, choices, and a change in words for the audit log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any

from wxapp.admin.cells import Badge
from wxapp.admin.fields import money_text
from wxapp.core.errors import Invalid
from wxapp.core.forms import Form, label_of
from wxapp.hospital import queries
from wxapp.hospital.rules.percents import percent
from wxapp.staff import queries as staff

ACTIVE = {True: Badge("启用", "green"), False: Badge("停用", "grey")}
_TYPED: Mapping[str, Callable[[int], str]] = {
    "price": money_text, "least": money_text, "most": money_text, "share": percent, "floor": percent,
}  # fmt: skip
"""Fields that are typed in yuan or percent and handed on in fen or basis points."""


def role_options() -> list[tuple[str, str]]:
    return [(role.name, role.label) for role in staff.roles()]


def role_words(names: Iterable[str], labels: Mapping[str, str]) -> str:
    """Return roles (or other choices) as people call them; one that is gone keeps its name."""
    return "、".join(labels.get(name, name) for name in names)


def check_roles(names: Iterable[str], field: str) -> None:
    """:raises Invalid: one of these is no role"""
    known = {role.name for role in staff.roles()}
    if not set(names) <= known:
        raise Invalid({field: "有的角色已不存在，请重新选择"})


def category_options() -> list[tuple[str, str]]:
    return [(str(one.id), one.name) for one in queries.categories()]


def exam_options() -> list[tuple[str, str]]:
    return [(one.kind, one.label) for one in queries.exam_departments(only_active=False)]


def shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a row as its form shows them."""
    return {name: _TYPED[name](value) if name in _TYPED else value for name, value in values.items()}


def told(form: Form, before: Mapping[str, Any], options: Mapping[str, Sequence[tuple[str, str]]] | None = None) -> str:
    """Return in words what a form changed.

    :param options: the choices of fields, whose words are told instead of their values
    """
    words = []
    for name, old in before.items():
        choices = dict((options or {}).get(name, ()))
        was, now = _word(name, old, choices), _word(name, getattr(form, name), choices)
        if was != now:
            words.append(f"{label_of(type(form), name)}：{was or '（空）'} → {now or '（空）'}")
    return "；".join(words) or "没有变化"


def _word(name: str, value: Any, choices: Mapping[str, str]) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Enum):
        return str(getattr(value, "label", value.value))
    if isinstance(value, list | tuple):
        return role_words(value, choices)
    if str(value) in choices:
        return choices[str(value)]
    return _TYPED[name](value) if name in _TYPED else str(value)
