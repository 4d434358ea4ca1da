"""Memory of the processes after many requests, beside an empty Flask view under the same server."""

from __future__ import annotations

import time

from bench import machine, people
from bench.figures import Figure, Report
from bench.pages import load
from bench.world import Served, World
from tests.engines.processes import free_port

NAME = "memory"
WEB_MIB = 150
SCHEDULER_MIB = 120
PUBLIC = ["/", "/mall", "/mall?sort=sales"]
SETTLE = 5.0
"""Seconds the scheduler gets to do each of its jobs once."""


def measure(world: World, report: Report) -> None:
    if not machine.has_proc():
        report.note("memory: needs Linux' /proc, not measured")
        return
    port = free_port()
    app, config = world.application("memory", port=port)
    with app.app_context():
        wares = people.make_wares(scarce=False)
        buyer = people.make_buyers(app, 1)[0]
    web, empty, scheduler = world.web(config, port=port), world.empty(), world.scheduler(config)
    own = ["/me", "/orders", f"/mall/checkout?goods_id={wares[0].id}", *(f"/mall/goods/{ware.id}" for ware in wares)]
    count = world.effort.requests
    load(web, PUBLIC, seconds=60, most=count // 2)
    load(web, [*PUBLIC, *own], seconds=120, most=count - count // 2, cookie=buyer.cookie, connections=16)
    load(empty, ["/"], seconds=60, most=count)
    time.sleep(SETTLE)
    ours, baseline = _largest(web), _largest(empty)
    report.add(
        _figure(f"web: largest process after {count:,} requests", ours, baseline, WEB_MIB),
        Figure(
            NAME,
            "web: server and two workers together, shared pages counted once",
            f"{_together(web):.0f} MiB",
            f"{_together(empty):.0f} MiB empty view",
        ),
        _figure("scheduler", machine.memory_mib(scheduler.pid)[0], None, SCHEDULER_MIB),
    )
    scheduler.stop()
    web.running.stop()


def _figure(what: str, ours: float, baseline: float | None, limit: int) -> Figure:
    beside = f"{baseline:.0f} MiB empty view" if baseline is not None else ""
    return Figure(NAME, what, f"{ours:.0f} MiB", beside, "", f"< {limit} MiB", ours < limit)


def _largest(served: Served) -> float:
    return max(machine.memory_mib(pid)[0] for pid in served.pids())


def _together(served: Served) -> float:
    return sum(machine.memory_mib(pid)[1] for pid in served.pids())
