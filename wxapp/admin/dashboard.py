"""The start page: today's figures and charts, registered by packages, shown to those who may see them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wxapp.admin.charts import Chart
from wxapp.admin.identity import Staff
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
_registered: dict[str, tuple[int, Permission, Callable[[], Loaded]]] = {}


def dashboard_card(order: int, permission: Permission, load: Callable[[], Loaded]) -> None:
    """Put a card (or several, or a chart) on the start page; ``load`` may return None for nothing."""
    _registered[f"{load.__module__}.{load.__qualname__}"] = (order, permission, load)


dashboard_chart = dashboard_card
"""The same, for a function that returns a :class:`~wxapp.admin.charts.Chart`."""


def board(staff: Staff) -> tuple[list[Card], list[Chart]]:
    """Return what this person's start page shows."""
    shown: list[Card | Chart] = []
    for _order, permission, load in sorted(_registered.values(), key=lambda found: found[0]):
        if not staff.may(permission):
            continue
        loaded = load()
        if isinstance(loaded, Card | Chart):
            shown.append(loaded)
        elif loaded is not None:
            shown += loaded
    return [one for one in shown if isinstance(one, Card)], [one for one in shown if isinstance(one, Chart)]
