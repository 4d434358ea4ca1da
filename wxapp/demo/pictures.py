"""Drawn pictures for invented goods and people: a soft ground, a few circles, one plain symbol.

Everything is drawn at three times its size and made smaller, which smooths the edges.
"""

from __future__ import annotations

import colorsys
import io
import math
import random
from collections.abc import Callable

from PIL import Image, ImageDraw

Point = tuple[float, float]
Colour = tuple[int, int, int]
Pen = ImageDraw.ImageDraw

_SCALE = 3
_WHITE: Colour = (255, 255, 255)


def draw_goods(symbol: str, *, hue: float, seed: int) -> bytes:
    """Return a PNG of 800 × 600 with one of SYMBOLS.

    :param hue: 0…1, the colour of the ground
    """
    image, pen = _ground(800, 600, hue, seed)
    centre = (400 * _SCALE, 300 * _SCALE)
    radius = 170 * _SCALE
    _disc(pen, centre, radius, _colour(hue, 0.10, 1.0))
    SYMBOLS[symbol](pen, centre, radius * 0.62, _colour(hue, 0.62, 0.62))
    return _png(image, 800, 600)


def draw_banner(symbol: str, *, hue: float, seed: int) -> bytes:
    """Return a PNG of 900 × 480 with one of SYMBOLS at its right, and room for words at its left."""
    image, pen = _ground(900, 480, hue, seed)
    for at, radius in ((650, 185), (700, 150)):
        _disc(pen, (at * _SCALE, 240 * _SCALE), radius * _SCALE, _colour(hue, 0.16 if at == 650 else 0.08, 1.0))
    SYMBOLS[symbol](pen, (700 * _SCALE, 240 * _SCALE), 92 * _SCALE, _colour(hue, 0.62, 0.62))
    for step, width in enumerate((300, 220, 260)):
        top = (170 + step * 52) * _SCALE
        pen.rounded_rectangle((90 * _SCALE, top, (90 + width) * _SCALE, top + 22 * _SCALE), 11 * _SCALE, fill=_WHITE)
    return _png(image, 900, 480)


def draw_portrait(*, hue: float, seed: int, is_woman: bool) -> bytes:
    """Return a PNG of 480 × 480: a person in a white coat, without a face of anybody's."""
    image, pen = _ground(480, 480, hue, seed)
    s = _SCALE
    skin, hair = (247, 217, 190), (60, 48, 44)
    if is_woman:
        pen.rounded_rectangle((150 * s, 95 * s, 330 * s, 330 * s), 85 * s, fill=hair)
    pen.rounded_rectangle((80 * s, 305 * s, 400 * s, 560 * s), 95 * s, fill=(252, 253, 254))
    pen.polygon([(195 * s, 305 * s), (285 * s, 305 * s), (240 * s, 400 * s)], fill=_colour(hue, 0.35, 0.85))
    pen.rounded_rectangle((212 * s, 255 * s, 268 * s, 335 * s), 24 * s, fill=(238, 203, 172))
    pen.ellipse((165 * s, 110 * s, 315 * s, 285 * s), fill=skin)
    pen.pieslice((160 * s, 92 * s, 320 * s, 250 * s), 180, 360, fill=hair)
    pen.line([(170 * s, 330 * s), (205 * s, 440 * s)], fill=_colour(hue, 0.25, 0.75), width=5 * s)
    pen.line([(310 * s, 330 * s), (275 * s, 440 * s)], fill=_colour(hue, 0.25, 0.75), width=5 * s)
    return _png(image, 480, 480)


def _ground(width: int, height: int, hue: float, seed: int) -> tuple[Image.Image, Pen]:
    image = Image.new("RGB", (width * _SCALE, height * _SCALE))
    pen = ImageDraw.Draw(image)
    top, bottom = _colour(hue, 0.16, 0.97), _colour(hue + 0.06, 0.34, 0.90)
    for y in range(image.height):
        share = y / image.height
        mixed = tuple(round(a + (b - a) * share) for a, b in zip(top, bottom, strict=True))
        pen.line([(0, y), (image.width, y)], fill=mixed)
    chance = random.Random(seed)
    for _ in range(7):
        centre = (chance.uniform(0, image.width), chance.uniform(0, image.height))
        _disc(pen, centre, chance.uniform(20, 90) * _SCALE, _colour(hue, chance.uniform(0.10, 0.22), 0.97))
    return image, pen


def _png(image: Image.Image, width: int, height: int) -> bytes:
    written = io.BytesIO()
    image.resize((width, height), Image.Resampling.LANCZOS).save(written, "PNG")
    return written.getvalue()


def _colour(hue: float, saturation: float, value: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


def _disc(pen: Pen, centre: Point, radius: float, colour: Colour) -> None:
    x, y = centre
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _box(centre: Point, left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
    x, y = centre
    return x + left, y + top, x + right, y + bottom


# --- symbols: each fills about a circle of radius r ------------------------------------------------------------------


def _heart(pen: Pen, centre: Point, r: float, colour: Colour) -> None:
    x, y = centre
    outline = []
    for step in range(0, 360, 3):
        t = math.radians(step)
        across = 16 * math.sin(t) ** 3
        up = 13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)
        outline.append((x + across * r / 17, y - up * r / 17))
    pen.polygon(outline, fill=colour)
    beat = [(-0.75, 0), (-0.3, 0), (-0.15, -0.35), (0.05, 0.4), (0.2, 0), (0.75, 0)]
    pen.line([(x + a * r, y + b * r) for a, b in beat], fill=_WHITE, width=round(r * 0.09), joint="curve")


def _drop(pen: Pen, centre: Point, r: float, colour: Colour) -> None:
    x, y = centre
    pen.ellipse(_box(centre, -0.62 * r, -0.25 * r, 0.62 * r, r), fill=colour)
    pen.polygon([(x, y - 1.05 * r), (x - 0.57 * r, y + 0.18 * r), (x + 0.57 * r, y + 0.18 * r)], fill=colour)
    pen.arc(_box(centre, -0.38 * r, 0, 0.38 * r, 0.76 * r), 95, 175, fill=_WHITE, width=round(r * 0.09))


def _eye(pen: Pen, centre: Point, r: float, colour: Colour) -> None:
    x, y = centre
    upper = [(x + r * math.cos(math.radians(a)), y - 0.62 * r * math.sin(math.radians(a))) for a in range(0, 181, 6)]
    lower = [(x + r * math.cos(math.radians(a)), y - 0.62 * r * math.sin(math.radians(a))) for a in range(180, 361, 6)]
    pen.polygon(upper + lower, fill=colour)
    _disc(pen, centre, 0.44 * r, _WHITE)
    _disc(pen, centre, 0.26 * r, colour)


def _tooth(pen: Pen, centre: Point, r: float, colour: Colour) -> None:
    x, y = centre
    pen.rounded_rectangle(_box(centre, -0.72 * r, -0.85 * r, 0.72 * r, 0.25 * r), 0.4 * r, fill=colour)
    for side in (-1, 1):
        root = [(0.72, 0), (0.08, 0), (0.22, 0.95), (0.48, 0.95)]
        pen.polygon([(x + side * a * r, y + b * r) for a, b in root], fill=colour)
    pen.arc(_box(centre, -0.45 * r, -0.6 * r, 0.2 * r, 0), 180, 260, fill=_WHITE, width=round(r * 0.09))


def _lungs(pen: Pen, centre: Point, r: float, colour: Colour) -> None:
    pen.rounded_rectangle(_box(centre, -0.07 * r, -r, 0.07 * r, -0.1 * r), 0.07 * r, fill=colour)
    pen.ellipse(_box(centre, -0.95 * r, -0.55 * r, -0.12 * r, 0.9 * r), fill=colour)
    pen.ellipse(_box(centre, 0.12 * r, -0.55 * r, 0.95 * r, 0.9 * r), fill=colour)
    pen.arc(_box(centre, -0.75 * r, -0.3 * r, -0.3 * r, 0.5 * r), 130, 230, fill=_WHITE, width=round(r * 0.08))
    pen.arc(_box(centre, 0.3 * r, -0.3 * r, 0.75 * r, 0.5 * r), -50, 50, fill=_WHITE, width=round(r * 0.08))


def _bone(pen: Pen, centre: Point, r: float, colour: Colour) -> None:
    x, y = centre
    pen.line([(x - 0.55 * r, y + 0.55 * r), (x + 0.55 * r, y - 0.55 * r)], fill=colour, width=round(r * 0.36))
    for side in (-1, 1):
        for a, b in ((0.78, 0.42), (0.42, 0.78)):
            _disc(pen, (x - side * a * r, y + side * b * r), 0.27 * r, colour)


def _shield(pen: Pen, centre: Point, r: float, colour: Colour) -> None:
    x, y = centre
    outline = [(0, -1), (0.8, -0.68), (0.74, 0.2), (0.42, 0.68), (0, 1), (-0.42, 0.68), (-0.74, 0.2), (-0.8, -0.68)]
    pen.polygon([(x + a * r, y + b * r) for a, b in outline], fill=colour)
    tick = [(-0.34, 0.02), (-0.08, 0.3), (0.4, -0.28)]
    pen.line([(x + a * r, y + b * r) for a, b in tick], fill=_WHITE, width=round(r * 0.15), joint="curve")


def _leaf(pen: Pen, centre: Point, r: float, colour: Colour) -> None:
    x, y = centre
    pen.pieslice(_box(centre, -1.6 * r, -1.1 * r, 0.75 * r, 1.1 * r), -62, 62, fill=colour)
    pen.pieslice(_box(centre, -0.75 * r, -1.1 * r, 1.6 * r, 1.1 * r), 118, 242, fill=colour)
    pen.line([(x, y - 0.7 * r), (x, y + r)], fill=_WHITE, width=round(r * 0.08))
    for b in (-0.25, 0.1, 0.45):
        pen.line([(x, y + b * r), (x + 0.34 * r, y + (b - 0.25) * r)], fill=_WHITE, width=round(r * 0.06))
        pen.line([(x, y + b * r), (x - 0.34 * r, y + (b - 0.25) * r)], fill=_WHITE, width=round(r * 0.06))


def _clipboard(pen: Pen, centre: Point, r: float, colour: Colour) -> None:
    pen.rounded_rectangle(_box(centre, -0.72 * r, -0.9 * r, 0.72 * r, r), 0.14 * r, fill=colour)
    pen.rounded_rectangle(_box(centre, -0.3 * r, -1.05 * r, 0.3 * r, -0.72 * r), 0.1 * r, fill=_WHITE)
    pen.rounded_rectangle(_box(centre, -0.24 * r, -0.98 * r, 0.24 * r, -0.78 * r), 0.08 * r, fill=colour)
    for b, right in ((-0.4, 0.45), (-0.08, 0.45), (0.24, 0.2), (0.56, 0.35)):
        pen.rounded_rectangle(_box(centre, -0.45 * r, b * r, right * r, (b + 0.12) * r), 0.06 * r, fill=_WHITE)


def _cross(pen: Pen, centre: Point, r: float, colour: Colour) -> None:
    pen.rounded_rectangle(_box(centre, -0.3 * r, -0.95 * r, 0.3 * r, 0.95 * r), 0.12 * r, fill=colour)
    pen.rounded_rectangle(_box(centre, -0.95 * r, -0.3 * r, 0.95 * r, 0.3 * r), 0.12 * r, fill=colour)


def _tube(pen: Pen, centre: Point, r: float, colour: Colour) -> None:
    pen.rounded_rectangle(_box(centre, -0.34 * r, -0.8 * r, 0.34 * r, r), 0.34 * r, fill=_WHITE)
    pen.rounded_rectangle(_box(centre, -0.26 * r, -0.05 * r, 0.26 * r, 0.92 * r), 0.26 * r, fill=colour)
    pen.rectangle(_box(centre, -0.26 * r, -0.1 * r, 0.26 * r, 0.3 * r), fill=colour)
    pen.rounded_rectangle(_box(centre, -0.48 * r, -r, 0.48 * r, -0.74 * r), 0.1 * r, fill=colour)


def _ribbon(pen: Pen, centre: Point, r: float, colour: Colour) -> None:
    x, y = centre
    width = round(r * 0.26)
    pen.line([(x - 0.5 * r, y + r), (x + 0.33 * r, y - 0.42 * r)], fill=colour, width=width)
    pen.line([(x + 0.5 * r, y + r), (x - 0.33 * r, y - 0.42 * r)], fill=colour, width=width)
    pen.arc(_box(centre, -0.5 * r, -1.0 * r, 0.5 * r, 0), 150, 390, fill=colour, width=width)


SYMBOLS: dict[str, Callable[[Pen, Point, float, Colour], None]] = {
    "heart": _heart,
    "drop": _drop,
    "eye": _eye,
    "tooth": _tooth,
    "lungs": _lungs,
    "bone": _bone,
    "shield": _shield,
    "leaf": _leaf,
    "clipboard": _clipboard,
    "cross": _cross,
    "tube": _tube,
    "ribbon": _ribbon,
}
