"""A use case over HTTP beside the same SQL in bare PyMySQL, turn by turn on the same server."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic

import sqlalchemy as sa
from flask import Flask

from bench import machine
from bench.figures import Figure, Report, Rounds, percent, ratio_of
from bench.people import Buyer
from bench.recording import Recording, T
from bench.world import Effort, World, run_programs

ENOUGH = 10**6
run_numbers = itertools.count(10)


@dataclass(frozen=True)
class Side(Generic[T]):
    """One of the two databases, with what lives in it."""

    app: Flask
    name: str
    buyers: list[Buyer]
    things: list[T]


@dataclass(frozen=True)
class Pace:
    per_second: float
    processor_ms: float
    p50_ms: float = 0
    p99_ms: float = 0


@dataclass(frozen=True)
class Row:
    """What is told: of which bench, what is done, under which condition, and what is wanted."""

    bench: str
    what: str
    condition: str
    wanted: float
    at_once: str


def compare(
    report: Report,
    row: Row,
    recorded: Recording,
    *,
    ours: Callable[[float], Pace],
    bare: Callable[[float], tuple[Pace, dict[str, int]]],
    effort: Effort,
) -> None:
    """Let both take turns and tell the ratio.

    :raises RuntimeError: the replay meets other rows than the recording
    """
    ours(1.0)
    if differing := bare(1.0)[1]:
        raise RuntimeError(f"the replay met other rows than the recording: {differing}")
    mine: list[Pace] = []
    other: list[Pace] = []
    for _ in range(effort.rounds):
        mine.append(ours(effort.seconds))
        other.append(bare(effort.seconds)[0])
    a, b = (Rounds(tuple(pace.per_second for pace in paces)) for paces in (mine, other))
    ratio = ratio_of(a, b)
    report.add(
        Figure(
            row.bench,
            f"{row.what}, {row.condition}",
            f"{a.median:,.0f}/s",
            f"{b.median:,.0f}/s same SQL, bare PyMySQL",
            percent(ratio),
            f"≥ {row.wanted:.0%}",
            ratio.median >= row.wanted,
        )
    )
    if machine.has_proc():
        a, b = (Rounds(tuple(pace.processor_ms for pace in paces)) for paces in (mine, other))
        report.add(
            Figure(
                row.bench,
                f"processor time of the web processes for one, {row.condition}",
                f"{a.median:.1f} ms",
                f"{b.median:.1f} ms of the bare client",
                percent(ratio_of(b, a)),
            )
        )
    report.note(
        f"{row.condition}: {recorded.statements} statements and {recorded.commits} commits for one; half take "
        f"{_median(mine, 'p50_ms'):.0f} ms, one in a hundred {_median(mine, 'p99_ms'):.0f} ms ({row.at_once} at a time)"
    )


def _median(paces: Sequence[Pace], name: str) -> float:
    return Rounds(tuple(getattr(pace, name) for pace in paces)).median


def replay(
    world: World, side: Side[T], recorded: Recording, seconds: float, *, connections: int, processes: int
) -> tuple[Pace, dict[str, int]]:
    """Send what was recorded with other people's and things' keys; return the pace, and which statements differed."""
    jobs = [
        {
            "port": sa.engine.make_url(world.mariadb.url).port,
            "database": side.name,
            "threads": connections // processes,
            "seconds": seconds,
            "most": ENOUGH,
            "run": f"{next(run_numbers)}",
            "steps": recorded.steps,
            "buyers": [buyer.rows for buyer in side.buyers[number::processes]],
            "things": [thing.rows for thing in side.things],
        }
        for number in range(processes)
    ]
    results = run_programs("bench.replay", jobs)
    done = sum(result["ends"].get("ok", 0) for result in results)
    differing: Counter[str] = Counter()
    for result in results:
        differing.update(result["differing"])
    rate = sum(result["ends"].get("ok", 0) / result["seconds"] for result in results)
    return Pace(rate, sum(result["processor"] for result in results) / done * 1000), dict(differing)
