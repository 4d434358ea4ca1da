"""What a run finds out: figures beside their baseline, as a table for people and as JSON for programs."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Rounds:
    """The same thing measured several times."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def spread(self) -> float:
        """Distance of the outermost rounds as a share of the median: how noisy the machine was."""
        return (max(self.values) - min(self.values)) / self.median if self.median else 0.0


def ratio_of(ours: Rounds, baseline: Rounds) -> Rounds:
    """Return ours as a share of the baseline, pair by pair: the two of a pair ran one after the other."""
    return Rounds(tuple(a / b for a, b in zip(ours.values, baseline.values, strict=True)))


@dataclass(frozen=True)
class Figure:
    """One line of the table. ``holds`` is None for a line that is only told."""

    bench: str
    what: str
    ours: str
    baseline: str
    ratio: str = ""
    wanted: str = ""
    holds: bool | None = None


@dataclass
class Report:
    """All figures of a run, with what has to be known about the machine."""

    machine: dict[str, str]
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, *figures: Figure) -> None:
        for figure in figures:
            self.figures.append(figure)
            print(_line(figure), flush=True)

    def note(self, text: str) -> None:
        self.notes.append(text)
        print(f"  - {text}", flush=True)

    @property
    def failed(self) -> Sequence[Figure]:
        return [figure for figure in self.figures if figure.holds is False]

    def markdown(self) -> str:
        lines = ["# Measured", "", *(f"- {name}: {value}" for name, value in self.machine.items()), ""]
        lines += ["| | what | ours | baseline | ratio | wanted | |", "|---|---|---|---|---|---|---|"]
        lines += [_line(figure) for figure in self.figures]
        lines += ["", *(f"- {note}" for note in self.notes)]
        return "\n".join(lines).rstrip() + "\n"

    def write(self, folder: Path, *, at: datetime) -> Path:
        """Write both files and return the path of the table."""
        folder.mkdir(parents=True, exist_ok=True)
        table = folder / f"{at:%Y%m%d-%H%M%S}.md"
        table.write_text(self.markdown(), encoding="utf-8")
        values: dict[str, Any] = {"at": at.isoformat(timespec="seconds"), **asdict(self)}
        table.with_suffix(".json").write_text(json.dumps(values, ensure_ascii=False, indent=1), encoding="utf-8")
        return table


def _line(figure: Figure) -> str:
    mark = {None: "", True: "yes", False: "**no**"}[figure.holds]
    cells = (figure.bench, figure.what, figure.ours, figure.baseline, figure.ratio, figure.wanted, mark)
    return f"| {' | '.join(cells)} |"


def percent(rounds: Rounds) -> str:
    """Show a ratio with the lowest and highest round behind it."""
    low, high = min(rounds.values), max(rounds.values)
    return f"{rounds.median:.0%} ({low:.0%}-{high:.0%})" if len(rounds.values) > 1 else f"{rounds.median:.0%}"
