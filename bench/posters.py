"""Posters drawn and posters kept, beside the least that has to be done for them."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import count

from PIL import Image

from bench.figures import Figure, Report, Rounds, percent, ratio_of
from bench.world import World
from tests.engines.processes import free_port
from wxapp.h5.posters import Poster, poster_png
from wxapp.h5.posters.drawing import HEIGHT, WIDTH

NAME = "posters"
DRAWN_MS = 200
KEPT_MS = 5
AT_A_TIME = 10
"""Posters of one round."""
LINK = "http" + "://weixin.example/q/02xQ7nE1sZcdr100{number:08}"


@dataclass(frozen=True)
class Row:
    """What is told, what is wanted, and what the baseline does."""

    what: str
    most_ms: int
    beside: str


def measure(world: World, report: Report) -> None:
    app, _config = world.application("posters", port=free_port())
    cover = _photograph()
    goods = Poster(
        hospital="示例医院健康管理中心",
        headline="送你一份健康",
        code="",
        inviter="张* 邀请您",
        title="心脑血管深度筛查套餐（男女通用，含颈动脉彩超、头颅磁共振）",
        picture=cover,
        price_fen=128_000,
        original_fen=198_000,
        valid_until=date(2026, 4, 1),
    )
    numbers = count(1)

    def fresh(poster: Poster) -> bytes:
        return poster_png(replace(poster, code=LINK.format(number=next(numbers))))

    invitation = replace(goods, picture=None, price_fen=None, original_fen=None)
    with app.app_context():
        first = fresh(goods)  # loads what is loaded once
        kept = replace(goods, code=LINK.format(number=0))
        poster_png(kept)
        plain = world.folder / "poster.png"
        plain.write_bytes(first)
        for what, poster in (("with a photograph", goods), ("without one", invitation)):
            _tell(
                world,
                report,
                Row(f"a poster {what}, drawn and kept", DRAWN_MS, "cover opened, PNG written"),
                partial(fresh, poster),
                partial(_bare, cover),
            )
        row = Row("a kept poster", KEPT_MS, "file read")
        _tell(world, report, row, partial(poster_png, kept), plain.read_bytes)
    report.note(f"a poster with a photograph is a file of {len(first) // 1024} kB")


def _tell(
    world: World,
    report: Report,
    row: Row,
    ours: Callable[[], bytes],
    bare: Callable[[], bytes],
) -> None:
    mine, other = [], []
    for _ in range(world.effort.rounds):
        mine.append(_milliseconds(ours))
        other.append(_milliseconds(bare))
    a, b = Rounds(tuple(mine)), Rounds(tuple(other))
    report.add(
        Figure(
            NAME,
            row.what,
            f"{a.median:.2g} ms" if a.median < 10 else f"{a.median:.0f} ms",
            f"{b.median:.2g} ms {row.beside}",
            percent(ratio_of(b, a)),
            f"< {row.most_ms} ms",
            a.median < row.most_ms,
        )
    )


def _milliseconds(make: Callable[[], bytes]) -> float:
    started = time.perf_counter()
    for _ in range(AT_A_TIME):
        make()
    return (time.perf_counter() - started) / AT_A_TIME * 1000


def _photograph() -> bytes:
    """Return a cover as it is stored, as large as they come and with the grain of a photograph."""
    shade = Image.linear_gradient("L").resize((1600, 1200))
    grain = Image.effect_noise((1600, 1200), 12)
    written = io.BytesIO()
    Image.merge("RGB", (shade, grain, shade.rotate(180))).save(written, "WEBP", quality=82)
    return written.getvalue()


def _bare(cover: bytes) -> bytes:
    """Do what no way of drawing can leave out."""
    with Image.open(io.BytesIO(cover)) as opened:
        image = opened.convert("RGB").resize((WIDTH, HEIGHT))
    written = io.BytesIO()
    image.save(written, "PNG")
    return written.getvalue()
