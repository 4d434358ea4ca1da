"""Settings that staff may change while the system runs.

Each is declared by its package with type, default and label, and kept in the database once somebody changed it.
Asking for a name that nobody declared is an error.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar, cast

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core import clock, generation
from wxapp.core.db import Model, UTCDateTime, db, on_commit, transaction
from wxapp.core.errors import Invalid
from wxapp.core.money import MAX_FEN, parse_yuan, yuan

T = TypeVar("T")

_YES, _NO = ("1", "true", "on", "yes"), ("", "0", "false", "off", "no")
_FRESH_SECONDS = 2.0
"""How long another process may still see the old value."""


class SettingRow(Model):
    """A changed setting; unchanged ones have no row."""

    __tablename__ = "core_setting"

    name: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    value: Mapped[str] = mapped_column(sa.Text, comment="JSON")
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_by: Mapped[str] = mapped_column(sa.String(60))


@dataclass(frozen=True)
class Setting(Generic[T]):
    """A declared setting; call it to get its present value.

    :param kind: ``bool``, ``int``, ``fen`` (shown in yuan), ``text`` or ``long_text``
    """

    name: str
    label: str
    default: T
    kind: str = "text"
    group: str = "基本"
    help: str = ""
    minimum: int = 0
    maximum: int = MAX_FEN
    max_length: int = 200
    is_required: bool = field(default=False, kw_only=True)
    choices: tuple[tuple[str, str], ...] = field(default=(), kw_only=True)
    """Value and label of each, when only some texts are allowed."""
    check: Callable[[str], str] | None = field(default=None, kw_only=True)
    """For a text: returns what is wrong with it, in Chinese and after the label, or nothing."""

    def __post_init__(self) -> None:
        if self.name in _declared:
            raise ValueError(f"declared twice: {self.name}")
        _declared[self.name] = self

    def __call__(self) -> T:
        return cast("T", _values().get(self.name, self.default))

    def parse(self, text: str) -> Any:
        """Turn what was typed into a value.

        :raises Invalid: beside the field of this setting
        """
        text = text.strip()
        if self.kind == "bool":
            if text not in {*_YES, *_NO}:
                raise Invalid({self.name: f"{self.label}应为开启或关闭"})
            return text in _YES
        if self.kind in {"int", "fen"}:
            return self._parse_number(text)
        if self.choices and text not in {value for value, _ in self.choices}:
            raise Invalid({self.name: f"{self.label}不在可选范围内"})
        if self.is_required and not text:
            raise Invalid({self.name: f"{self.label}不能为空"})
        if len(text) > self.max_length:
            raise Invalid({self.name: f"{self.label}不能超过{self.max_length}个字"})
        if self.check is not None and (wrong := self.check(text)):
            raise Invalid({self.name: f"{self.label}{wrong}"})
        return text

    def _parse_number(self, text: str) -> int:
        try:
            number = parse_yuan(text) if self.kind == "fen" else int(text)
        except ValueError:
            raise Invalid({self.name: f"{self.label}应为数字"}) from None
        if not self.minimum <= number <= self.maximum:
            low, high = (yuan(n) if self.kind == "fen" else str(n) for n in (self.minimum, self.maximum))
            raise Invalid({self.name: f"{self.label}应在{low}至{high}之间"})
        return number


_declared: dict[str, Setting[Any]] = {}


def declared() -> list[Setting[Any]]:
    return list(_declared.values())


def get_declared(name: str) -> Setting[Any]:
    """:raises KeyError: nobody declared it"""
    return _declared[name]


def write(setting: Setting[Any], value: Any, *, by: str) -> None:
    """Keep a new value; other processes see it within two seconds. The caller audits."""
    with transaction():
        row = db.session.get(SettingRow, setting.name) or SettingRow(name=setting.name)
        row.value, row.changed_at, row.changed_by = json.dumps(value, ensure_ascii=False), clock.now(), by
        db.session.add(row)
        on_commit(forget)
        db.session.flush()  # the generation is the last row that a transaction waits for
        generation.step()


def forget() -> None:
    """Read the table again at the next question."""
    current_app.extensions.pop("wxapp_settings", None)


# Else a public page of the new generation could still be made with the old name of the hospital.
generation.when_new(forget)


def _values() -> dict[str, Any]:
    kept = current_app.extensions.get("wxapp_settings")
    if kept is None or kept[0] < time.monotonic():
        rows = db.session.execute(sa.select(SettingRow.name, SettingRow.value))
        kept = (time.monotonic() + _FRESH_SECONDS, {name: json.loads(value) for name, value in rows})
        current_app.extensions["wxapp_settings"] = kept
    values: dict[str, Any] = kept[1]
    return values
