"""Columns of tables, and what a cell shows on the page, in JSON and in a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from wxapp.admin import identity
from wxapp.admin.answers import NOTHING, to_wire
from wxapp.core import clock
from wxapp.core.money import yuan


@dataclass(frozen=True)
class Badge:
    """A coloured word.

    :param tone: ``green``, ``amber``, ``red``, ``blue`` or ``grey``
    """

    label: str
    tone: str = "grey"


YES_NO: Mapping[Any, Badge] = {True: Badge("是", "green"), False: Badge("否", "grey")}


@dataclass(frozen=True)
class Column:
    """A column.

    :param name: attribute of the row; key in JSON
    :param kind: ``text``, ``money`` (fen), ``moment``, ``day``, ``number``, ``badge``, ``actor``, ``name`` (of people,
        never broken) or ``code`` (numbers that people copy)
    :param sort: expression (or several) it can be sorted by; None if it can't
    :param value: computes the value from the row, when it is no attribute
    :param link: address the cell leads to, "" for none
    :param below: a second, quieter line
    :param badges: for ``badge``: what stands for each value; a value that is a ``Badge`` stands for itself
    """

    name: str
    label: str
    kind: str = "text"
    sort: Any = None
    value: Callable[[Any], Any] | None = None
    link: Callable[[Any], str] | None = None
    below: Callable[[Any], str] | None = None
    badges: Mapping[Any, Badge] | None = None

    @property
    def is_number(self) -> bool:
        return self.kind in {"money", "number"}


@dataclass(frozen=True)
class Cell:
    """A cell as the template shows it."""

    text: str
    kind: str
    url: str = ""
    below: str = ""
    tone: str = ""


def raw(column: Column, row: Any) -> Any:
    if column.value is not None:
        return column.value(row)
    if isinstance(row, Mapping):
        return row.get(column.name)
    return getattr(row, column.name)


def make(column: Column, row: Any) -> Cell:
    value = raw(column, row)
    url = column.link(row) if column.link is not None else ""
    below = column.below(row) if column.below is not None else ""
    badge = badge_of(column, value)
    if badge is not None:
        return Cell(badge.label, "badge", url, below, badge.tone)
    return Cell(shown(column, value), column.kind, url, below)


def badge_of(column: Column, value: Any) -> Badge | None:
    if column.kind != "badge" or value is None:
        return None
    if isinstance(value, Badge):
        return value
    return (column.badges or {}).get(value) or Badge(str(value))


def shown(column: Column, value: Any) -> str:
    """Return the value as text for people."""
    if value is None or value == "":
        return "—"
    if (badge := badge_of(column, value)) is not None:
        return badge.label
    if column.kind == "money":
        return yuan(value)
    if column.kind == "actor":
        return identity.actor_name(str(value))
    if isinstance(value, datetime):
        return clock.local(value).strftime("%Y-%m-%d" if column.kind == "day" else "%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return str(getattr(value, "label", value.value))
    if isinstance(value, list | tuple):
        return "、".join(str(item) for item in value)
    return str(value)


def wire(column: Column, row: Any) -> Any:
    """Return the value for JSON: money in yuan, moments with offset."""
    value = raw(column, row)
    if column.kind == "money" and value is not None:
        return yuan(value)
    wired = to_wire(value.label if isinstance(value, Badge) else value)
    return None if wired is NOTHING else wired


def sheet(column: Column, row: Any) -> Any:
    """Return the value for a spreadsheet: money as a number in yuan, the rest as text or number."""
    value = raw(column, row)
    if value is None:
        return ""
    if column.kind == "money":
        return Decimal(value) / 100
    if column.kind == "number" and isinstance(value, int):
        return value
    if isinstance(value, datetime) and column.kind != "day":
        return clock.local(value).strftime("%Y-%m-%d %H:%M:%S")
    text = shown(column, value)
    return "" if text == "—" else text
