"""Home page and list of goods beside an empty Flask view under the same server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench import machine, people
from bench.figures import Figure, Report, Rounds, percent, ratio_of
from bench.world import Served, World, run_programs
from tests.engines.processes import free_port
from wxapp.h5.kept import MOST

NAME = "pages"
CONNECTIONS = 32
WANTED = 0.5
NEVER_KEPT = [f"/mall?fresh={number}" for number in range(2 * MOST)]
"""More addresses in turn than are kept: each of them is made anew."""

PAGES: tuple[tuple[str, list[str], float | None], ...] = (
    ("home page", ["/"], WANTED),
    ("list of goods", ["/mall"], WANTED),
    ("list of goods, made anew each time", NEVER_KEPT, None),
)


@dataclass(frozen=True)
class Pace:
    """How fast one round went."""

    per_second: float
    processor_ms: float
    p50_ms: float
    p99_ms: float


def measure(world: World, report: Report) -> None:
    port = free_port()
    app, config = world.application("pages", port=port)
    with app.app_context():
        people.make_wares(scarce=False)
    web, empty = world.web(config, port=port), world.empty()
    for what, paths, wanted in PAGES:
        _compare(world, report, what, paths, wanted, web=web, empty=empty)
    web.running.stop()


def _compare(
    world: World, report: Report, what: str, paths: list[str], wanted: float | None, *, web: Served, empty: Served
) -> None:
    for served, warm in ((web, paths), (empty, ["/"])):
        load(served, warm, seconds=0.5)
    ours: list[Pace] = []
    baseline: list[Pace] = []
    for _ in range(world.effort.rounds):
        ours.append(load(web, paths, seconds=world.effort.seconds / 2))
        baseline.append(load(empty, ["/"], seconds=world.effort.seconds / 2))
    a, b = _rates(ours), _rates(baseline)
    ratio = ratio_of(a, b)
    report.add(
        Figure(
            NAME,
            what,
            f"{a.median:,.0f}/s",
            f"{b.median:,.0f}/s empty view",
            percent(ratio),
            f"≥ {wanted:.0%}" if wanted else "",
            ratio.median >= wanted if wanted else None,
        )
    )
    if machine.has_proc():
        mine, other = (Rounds(tuple(pace.processor_ms for pace in paces)) for paces in (ours, baseline))
        report.add(
            Figure(
                NAME,
                f"{what}: processor time of the server for one",
                f"{mine.median:.3f} ms",
                f"{other.median:.3f} ms empty view",
                percent(ratio_of(other, mine)),
            )
        )


def _rates(paces: Sequence[Pace]) -> Rounds:
    return Rounds(tuple(pace.per_second for pace in paces))


def load(
    served: Served,
    paths: list[str],
    *,
    seconds: float,
    connections: int = CONNECTIONS,
    cookie: str = "",
    most: int = 10**6,
) -> Pace:
    """Ask for pages over several connections.

    :raises RuntimeError: an answer was not a page
    """
    job: dict[str, Any] = {
        "port": served.port,
        "visit": "look",
        "connections": connections,
        "seconds": seconds,
        "most": most,
        "paths": paths,
        "cookie": cookie,
    }
    used = served.processor_seconds()
    (result,) = run_programs("bench.loader", [job])
    used = served.processor_seconds() - used
    done = result["ends"].get("ok", 0)
    if set(result["ends"]) != {"ok"}:
        raise RuntimeError(f"{paths}: {result['ends']}")
    return Pace(
        done / result["seconds"], used / done * 1000, result["took"]["p50"] * 1000, result["took"]["p99"] * 1000
    )
