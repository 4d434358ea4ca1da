"""What staff's pages of statistics share: the blueprint, the period that they are asked for, their look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import request

from wxapp.admin.answers import Page
from wxapp.admin.interface import Interfaces
from wxapp.admin.tables import TableView
from wxapp.core import clock
from wxapp.core.errors import Invalid
from wxapp.statistics import rules
from wxapp.statistics.rules import Period

blueprint = Interfaces("statistics", "wxapp.statistics")
interface = blueprint.interface

MOST_ROWS = 400
"""A table of statistics stands on one page: days of a year, ways to pay, goods of a hospital."""


@dataclass(frozen=True)
class Asked:
    """The period that the address names, and what was wrong with it."""

    period: Period
    preset: str
    errors: dict[str, str]

    @property
    def first(self) -> str:
        return self.period.first.isoformat()

    @property
    def last(self) -> str:
        return self.period.last.isoformat()


def asked_period() -> Asked:
    """Read the period: two days, or a preset; the last 30 days without either, or when they are wrong."""
    today = clock.today()
    first, last = request.args.get("from", "").strip(), request.args.get("to", "").strip()
    if not first and not last:
        name = request.args.get("period", "30")
        name = name if name in rules.PRESETS else "30"
        return Asked(rules.preset(name, today), name, {})
    try:
        return Asked(_between(first, last, today), "", {})
    except Invalid as refusal:
        return Asked(rules.preset("30", today), "", refusal.errors)


def _between(first: str, last: str, today: date) -> Period:
    """:raises Invalid: no days, in the wrong order, in the future, or too many"""
    errors: dict[str, str] = {}
    found: dict[str, date] = {}
    for name, label, text in (("from", "开始日期", first), ("to", "结束日期", last)):
        try:
            found[name] = date.fromisoformat(text)
        except ValueError:
            errors[name] = f"{label}应为日期，如2026-01-31"
    if errors:
        raise Invalid(errors)
    period = Period(found["from"], found["to"])
    if period.last < period.first:
        raise Invalid({"to": "结束日期不能早于开始日期"})
    if period.days > rules.LONGEST:
        raise Invalid({"to": f"一次最多查看{rules.LONGEST}天"})
    if period.first.year < 2000 or period.first > today:
        raise Invalid({"from": "开始日期不在可查询的范围内"})
    return period


def page_of(title: str, table: TableView, asked: Asked, **variables: Any) -> Page:
    table.errors.update(asked.errors)
    return Page(
        "statistics/page.html",
        title=title,
        table=table,
        asked=asked,
        presets=rules.PRESETS,
        status=422 if asked.errors else 200,
        **variables,
    )
