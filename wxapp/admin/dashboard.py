"""The start page: today's figures and charts, registered by packages, shown to those who may see them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import sqlalchemy as sa

from wxapp.admin.charts import Chart
from wxapp.admin.identity import Staff
from wxapp.core.db import db
from wxapp.core.permissions import Permission


@dataclass(frozen=True)
class Card:
    """A figure of today.

    :param value: as shown, e.g. ``¥1,280.00``
    :param tone: ``plain``, or ``attention`` when somebody has to act
    """

    label: str
    value: str
    hint: str = ""
    url: str = ""
    icon: str = "chart-bar"
    tone: str = "plain"


Loaded = Card | Chart | Sequence[Card | Chart] | None
Counts = Sequence[sa.ScalarSelect[Any]]


@dataclass(frozen=True)
class _Entry:
    """What a package shows: ``show`` gets the counts that ``ask`` names, in their order."""

    order: int
    permission: Permission
    show: Callable[..., Loaded]
    ask: Callable[[], Counts] = tuple


_registered: dict[str, _Entry] = {}


def dashboard_card(order: int, permission: Permission, load: Callable[[], Loaded]) -> None:
    """Put a card (or several, or a chart) on the start page; ``load`` may return None for nothing."""
    _registered[f"{load.__module__}.{load.__qualname__}"] = _Entry(order, permission, load)


def dashboard_counts(
    order: int, permission: Permission, ask: Callable[[], Counts], show: Callable[..., Loaded]
) -> None:
    """Put cards of a few counts on the start page. The counts of all packages are asked for with one question."""
    _registered[f"{show.__module__}.{show.__qualname__}"] = _Entry(order, permission, show, ask)


dashboard_chart = dashboard_card
"""The same, for a function that returns a :class:`~wxapp.admin.charts.Chart`."""


def board(staff: Staff) -> tuple[list[Card], list[Chart]]:
    """Return what this person's start page shows."""
    allowed = (entry for entry in _registered.values() if staff.may(entry.permission))
    entries = sorted(allowed, key=lambda entry: entry.order)
    asked = [entry.ask() for entry in entries]
    counts = iter(_count([one for each in asked for one in each]))
    shown: list[Card | Chart] = []
    for entry, each in zip(entries, asked, strict=True):
        loaded = entry.show(*islice(counts, len(each)))
        if isinstance(loaded, Card | Chart):
            shown.append(loaded)
        elif loaded is not None:
            shown += loaded
    return [one for one in shown if isinstance(one, Card)], [one for one in shown if isinstance(one, Chart)]


def _count(asked: Sequence[sa.ScalarSelect[Any]]) -> Sequence[Any]:
    if not asked:
        return ()
    return db.session.execute(sa.select(*(one.label(f"count_{at}") for at, one in enumerate(asked)))).one()
