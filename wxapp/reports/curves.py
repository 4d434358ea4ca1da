"""The curve of an item over time, drawn as SVG: a band for the reference, a line, a point for each value.

Values of different units are drawn apart, never on one scale. Colours are the style sheet's affair.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from wxapp.core import clock
from wxapp.reports.queries.own import Reading

WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 20, 44
STEPS = 4


@dataclass(frozen=True)
class Curve:
    """The values of one unit."""

    unit: str
    readings: tuple[Reading, ...]

    @property
    def is_drawn(self) -> bool:
        return len(self.readings) > 1

    def svg(self) -> Markup:
        """Return the drawing; the table below it says the same in words."""
        return _draw(self)


def curves_of(readings: Sequence[Reading]) -> list[Curve]:
    """Return a curve for each unit, the one of the newest value first; what is no number is in none."""
    units: dict[str, list[Reading]] = {}
    for one in reversed(readings):
        if one.number is not None:
            units.setdefault(one.unit.strip(), []).insert(0, one)
    return [Curve(unit, tuple(found)) for unit, found in units.items()]


def scale_of(values: Sequence[float]) -> tuple[float, float, float]:
    """Return bottom, top and step of an axis on which all values have room, at round numbers."""
    lowest, highest = min(values), max(values)
    spread = highest - lowest or abs(highest) or 1.0
    rough = spread / STEPS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(nice * power for nice in (1, 2, 2.5, 5, 10) if nice * power >= rough)
    bottom = math.floor(lowest / step) * step
    top = math.ceil(highest / step) * step
    if top <= bottom:  # of numbers with many digits a step may be too small to be added
        top = bottom + max(step, math.ulp(bottom))
    return bottom, top, step


def _draw(curve: Curve) -> Markup:
    readings = curve.readings
    numbers = [one.number for one in readings if one.number is not None]
    low, high = readings[-1].low, readings[-1].high
    bottom, top, step = scale_of([*numbers, *(bound for bound in (low, high) if bound is not None)])
    first, last = readings[0].at.timestamp(), readings[-1].at.timestamp()

    def x(one: Reading) -> float:
        if last <= first:
            return (LEFT + WIDTH - RIGHT) / 2
        return LEFT + (one.at.timestamp() - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return TOP + (top - value) / (top - bottom) * (HEIGHT - TOP - BOTTOM)

    parts = [_band(low, high, y)] if low is not None or high is not None else []
    for index in range(round((top - bottom) / step) + 1):
        value = bottom + index * step
        parts.append(
            f'<line class="curve__grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>'
            f'<text class="curve__label" x="{LEFT - 10}" y="{y(value) + 7:.1f}" text-anchor="end">'
            f"{value:.6g}</text>"
        )
    points = " ".join(f"{x(one):.1f},{y(one.number):.1f}" for one in readings if one.number is not None)
    parts.append(f'<polyline class="curve__line" points="{points}"/>')
    for one in readings:
        if one.number is not None:
            kind = "curve__point curve__point--out" if one.arrow else "curve__point"
            parts.append(f'<circle class="{kind}" cx="{x(one):.1f}" cy="{y(one.number):.1f}" r="6"/>')
    parts.append(_days(readings))
    label = f"{readings[-1].name}的变化，共{len(readings)}次，数值见下表"
    head = f'<svg class="curve" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">'
    return Markup(f"{head}{''.join(parts)}</svg>")  # noqa: S704 - numbers of ours, and the label escaped


def _band(low: float | None, high: float | None, place: Callable[[float], float]) -> str:
    upper = place(high) if high is not None else TOP
    lower = place(low) if low is not None else HEIGHT - BOTTOM
    return (
        f'<rect class="curve__band" x="{LEFT}" width="{WIDTH - LEFT - RIGHT}" '
        f'y="{upper:.1f}" height="{max(0.0, lower - upper):.1f}"/>'
    )


def _days(readings: Sequence[Reading]) -> str:
    first, last = (f"{clock.local(one.at):%Y-%m-%d}" for one in (readings[0], readings[-1]))
    return (
        f'<text class="curve__label" x="{LEFT}" y="{HEIGHT - 12}">{first}</text>'
        f'<text class="curve__label" x="{WIDTH - RIGHT}" y="{HEIGHT - 12}" text-anchor="end">{last}</text>'
    )
