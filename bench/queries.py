"""How often each page asks the database, and how long it takes, with many orders there."""

from __future__ import annotations

import http.client
import time
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from bench import recording
from bench.crowded import multiply_orders
from bench.figures import Figure, Report, Rounds
from bench.world import World
from tests.engines.processes import free_port
from tests.factories import hospital
from wxapp.core import settings
from wxapp.core.db import db
from wxapp.h5.kept import forget_public_pages
from wxapp.mall.models import Order

NAME = "queries"
MOST = 12
MOST_MS = 50
ROWS = 30
SHOWN = 5
SAVEPOINTS = ("SAVEPOINT", "RELEASE", "ROLLBACK")


def measure(world: World, report: Report) -> None:
    port = free_port()
    app, config = world.application("queries", port=port)
    with app.app_context():
        filled = hospital.open_hospital()
        hospital.fill(filled, ROWS)
        pages = hospital.addresses(app, filled)
        before = _counts(app, pages, cookie := hospital.sign_in_both(app, filled))
        multiply_orders(world.effort.orders)
        orders = db.session.scalar(sa.select(sa.func.count(Order.id))) or 0
        db.session.commit()
    after = _counts(app, pages, cookie)
    grown = {page for page in pages if after[page] > before[page]}
    busiest = sorted(pages, key=lambda page: -after[page])[:SHOWN]
    report.add(
        Figure(
            NAME,
            f"most queries of one of {len(pages)} pages",
            f"{after[busiest[0]]} ({busiest[0]})",
            f"{len(grown)} ask more often with {orders:,} orders than with {before_orders(filled)}",
            "",
            f"≤ {MOST}",
            after[busiest[0]] <= MOST and not grown,
        )
    )
    over = [page for page in pages if after[page] > MOST]
    if over:
        report.note(f"more than {MOST} queries: " + ", ".join(f"{page} {after[page]}" for page in over))
    _time(world, report, config, port, pages, cookie, orders)


def before_orders(filled: hospital.Hospital) -> int:
    return filled.rows * 3


def _counts(app: Flask, pages: dict[str, str], cookie: str) -> dict[str, int]:
    found: dict[str, int] = {}
    client = app.test_client(use_cookies=False)
    base = app.config["WXAPP"].app.base_url
    for page, address in pages.items():
        forget_public_pages()
        with app.app_context(), recording.listening() as sent:
            settings.forget()
            answer = client.get(address, headers={"Cookie": cookie, "User-Agent": "MicroMessenger"}, base_url=base)
            assert answer.status_code < 400, f"{page} {address}: {answer.status}"
        found[page] = sum(not each.sql.startswith(SAVEPOINTS) and each.sql != recording.COMMIT for each in sent)
    return found


def _time(
    world: World, report: Report, config: Path, port: int, pages: dict[str, str], cookie: str, orders: int
) -> None:
    web, empty = world.web(config, port=port), world.empty()
    took: dict[str, list[float]] = {page: [] for page in pages}
    beside: list[float] = []
    with (
        closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as ours,
        closing(http.client.HTTPConnection("127.0.0.1", empty.port, timeout=20)) as baseline,
    ):
        for number in range(-2, world.effort.rounds * 3):
            for page, address in pages.items():
                # Another address each time: a page that is kept for a moment is made anew.
                fresh = f"{address}{'&' if '?' in address else '?'}fresh={number + 2}"
                ms = _ask(ours, fresh, cookie)
                other = _ask(baseline, "/", "")
                if number >= 0:
                    took[page].append(ms)
                    beside.append(other)
    web.running.stop()
    medians = {page: Rounds(tuple(values)).median for page, values in took.items()}
    slowest = sorted(medians, key=lambda page: -medians[page])
    middle = Rounds(tuple(medians.values())).median
    empty_ms = f"{Rounds(tuple(beside)).median:.1f} ms empty view"
    report.add(
        Figure(
            NAME,
            f"slowest page ({slowest[0]}), half of its answers within, {orders:,} orders",
            f"{medians[slowest[0]]:.0f} ms",
            empty_ms,
            "",
            f"< {MOST_MS} ms",
            medians[slowest[0]] < MOST_MS,
        ),
        Figure(NAME, f"the page in the middle of {len(pages)}", f"{middle:.0f} ms", empty_ms),
    )
    report.note("slowest pages: " + ", ".join(f"{page} {medians[page]:.0f} ms" for page in slowest[:SHOWN]))


def _ask(connection: http.client.HTTPConnection, address: str, cookie: str) -> float:
    """Return how many milliseconds an answer took."""
    headers = {"Cookie": cookie, "User-Agent": "MicroMessenger", "Accept": "text/html"}
    began = time.perf_counter()
    connection.request("GET", address, headers=headers)
    answer = connection.getresponse()
    answer.read()
    took = (time.perf_counter() - began) * 1000
    if answer.status >= 400:
        raise RuntimeError(f"{address}: {answer.status}")
    return took
