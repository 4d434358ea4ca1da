"""Periods and shares. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

LONGEST = 366
"""Days of one look."""

PRESETS = {"today": "今天", "7": "近7天", "30": "近30天", "month": "本月", "last_month": "上月", "90": "近90天"}


@dataclass(frozen=True)
class Period:
    """Days from ``first`` to ``last``, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> Period:
        """The days before, as many."""
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=n) for n in range(self.days))


@dataclass(frozen=True)
class Step:
    """Days that make one point of a chart and one row of a table."""

    label: str
    first: date
    last: date


def preset(name: str, today: date) -> Period:
    """:raises KeyError: no such preset"""
    first_of_month = today.replace(day=1)
    if name == "month":
        return Period(first_of_month, today)
    if name == "last_month":
        last = first_of_month - timedelta(days=1)
        return Period(last.replace(day=1), last)
    back = {"today": 1, "7": 7, "30": 30, "90": 90}[name]
    return Period(today - timedelta(days=back - 1), today)


def steps(period: Period) -> Sequence[Step]:
    """Divide a period into days, or into months when a chart could not show its days."""
    if period.days <= 62:
        return [Step(f"{day:%m-%d}", day, day) for day in period]
    found: list[Step] = []
    first = period.first
    while first <= period.last:
        next_month = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        found.append(Step(f"{first:%Y-%m}", first, min(next_month - timedelta(days=1), period.last)))
        first = next_month
    return found


def percent(part: int, whole: int) -> str:
    """Return a share with one decimal, ``—`` of nothing."""
    return f"{part * 100 / whole:.1f}%" if whole else "—"


def compared(now: int, before: int) -> str:
    """Return how a figure stands to the one before, for people."""
    if not before:
        return "上期没有" if now else "与上期持平"
    change = (now - before) * 100 / before
    if abs(change) < 0.05:
        return "与上期持平"
    return f"较上期{'增' if change > 0 else '减'}{abs(change):.1f}%"
