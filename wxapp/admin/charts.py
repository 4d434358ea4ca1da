"""Charts: plain figures here, drawn by ``static/js/admin/charts.js``; without script the figures stand in a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Chart:
    """A chart.

    :param kind: ``line``, ``bar`` or ``ring``
    :param labels: along the axis, or of the ring's parts
    :param series: figures by name, as long as the labels; a ring has one
    :param unit: ``元`` for money, whose figures are fen, else e.g. ``单``
    """

    title: str
    kind: str
    labels: Sequence[str]
    series: Mapping[str, Sequence[int]]
    unit: str = ""
    note: str = ""
    is_stacked: bool = False
    """Bars of one label stand on each other: parts of a sum."""

    def __post_init__(self) -> None:
        if self.kind not in {"line", "bar", "ring"}:
            raise ValueError(f"no such chart: {self.kind}")
        if any(len(figures) != len(self.labels) for figures in self.series.values()):
            raise ValueError("a series and its labels differ in length")

    @property
    def is_empty(self) -> bool:
        return not any(any(figures) for figures in self.series.values())

    @property
    def is_money(self) -> bool:
        return self.unit == "元"

    def to_wire(self) -> dict[str, object]:
        """Return what the script draws; money in fen, the script shows yuan."""
        return {
            "kind": self.kind,
            "labels": list(self.labels),
            "series": [{"name": name, "figures": list(figures)} for name, figures in self.series.items()],
            "unit": self.unit,
            "stacked": self.is_stacked,
        }
