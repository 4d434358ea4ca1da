"""Choosing a time and confirming the booking over HTTP, beside the same SQL; free times among many bookings."""

from __future__ import annotations

import itertools
import statistics
import time
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from flask import Flask

from bench import crowded_booking, people, recording, side_by_side
from bench.figures import Figure, Report
from bench.people import SCARCE, Buyer, Time
from bench.recording import listening
from bench.side_by_side import Pace, Row, Side, run_numbers
from bench.world import Served, World, run_programs
from tests.engines.processes import free_port
from tests.factories.booking import make_physician, make_session
from tests.factories.messages import make_template
from wxapp.booking import timetable
from wxapp.booking.models import Booking, Slot
from wxapp.booking.settings import MOST_OPEN
from wxapp.core import clock, settings
from wxapp.core.db import db

NAME = "booking"
WANTED = 0.30
CONNECTIONS = 64
PROCESSES = 2
SLOTS = 1_000
SEATS = 200
MOST_EACH = 90
"""Bookings of each connection in one round: eleven rounds go through all times once."""
MANY = 100_000
"""Bookings in the database while free times are looked for."""
MOST_MS = 20.0


def measure(world: World, report: Report) -> None:
    port = free_port()
    app, config = world.application("booking", port=port)
    ours = _fill(world, app, "booking", scarce=True)
    bare_app, _ = world.application("bare_booking", port=port)
    bare = _fill(world, bare_app, "bare_booking", scarce=False)
    web = world.web(config, port=port)
    ends: Counter[str] = Counter()
    time.sleep(2.5)  # until then a process may still know the old settings
    recorded = recording.record(bare.buyers, bare.things, _clicks(bare.app))
    side_by_side.compare(
        report,
        Row(
            NAME,
            "time chosen and booking confirmed",
            f"{SLOTS:,} slots of one session",
            WANTED,
            f"{CONNECTIONS} clients",
        ),
        recorded,
        ours=partial(_book, web, ours, ends=ends),
        bare=partial(side_by_side.replay, world, bare, recorded, connections=CONNECTIONS, processes=PROCESSES),
        effort=world.effort,
    )
    web.running.stop()
    _check_seats(report, ours, ends)
    _look_for_free_times(world, report, ours)


def _fill(world: World, app: Flask, name: str, *, scarce: bool) -> Side[Time]:
    with app.app_context():
        make_template("pt_booking_0000001")
        settings.write(MOST_OPEN, 10_000, by="system:bench")
        physician = make_physician()
        session = make_session(
            physician_id=physician.id,
            day=clock.today() + timedelta(days=7),
            starts="06:00",
            ends="22:40",
            slot_minutes=1,
            capacity=SEATS,
        )
        if scarce:
            last = sa.select(sa.func.max(Slot.id)).where(Slot.session_id == session.id).scalar_subquery()
            wanted = db.session.scalar(sa.select(last))
            db.session.execute(sa.update(Slot).where(Slot.id == wanted).values(capacity=SCARCE))
            db.session.commit()
        rows = db.session.execute(sa.select(Slot.id, Slot.capacity).where(Slot.session_id == session.id)).all()
        times = [Time(row.id, physician.id, row.capacity) for row in rows]
        return Side(app, name, people.make_buyers(app, max(2 * CONNECTIONS, world.effort.buyers)), times)


def _clicks(app: Flask) -> Any:
    """Return what chooses a time and confirms it in this process, over the same doors."""
    keys = itertools.count(1)

    def book(buyer: Buyer, chosen: Time) -> None:
        client = app.test_client(use_cookies=False)
        headers = {"Cookie": buyer.cookie, "User-Agent": "MicroMessenger"}
        base = {"headers": headers, "base_url": app.config["WXAPP"].app.base_url}
        form = {"csrf_token": buyer.csrf, "slot_id": chosen.id}
        kept = client.post(f"/booking/physicians/{chosen.physician_id}", data=form, **base)
        assert kept.status_code == 303, kept.get_data(as_text=True)
        form = {"csrf_token": buyer.csrf, "once": f"recorded-{next(keys):06d}", "patient_id": buyer.patient_id}
        booked = client.post(kept.location, data=form, **base)
        assert booked.status_code == 303, booked.get_data(as_text=True)

    return book


def _book(web: Served, side: Side[Time], seconds: float, *, ends: Counter[str]) -> Pace:
    run = next(run_numbers)
    job = {
        "port": web.port,
        "visit": "book",
        "first": run * MOST_EACH,
        "connections": CONNECTIONS,
        "seconds": seconds,
        "most": MOST_EACH * CONNECTIONS,
        "run": f"bench-{run}",
        "buyers": [{**buyer.for_loader(), "patient": str(buyer.patient_id)} for buyer in side.buyers],
        "times": [thing.for_loader() for thing in side.things],
    }
    used = web.processor_seconds()
    (result,) = run_programs("bench.loader", [job])
    used = web.processor_seconds() - used
    ends.update(result["ends"])
    if failed := {end: count for end, count in result["ends"].items() if end not in {"ok", "full"}}:
        raise RuntimeError(f"bookings failed: {failed}; the end of the log:\n{web.running.tail()}")
    done = result["ends"]["ok"]
    took = result["took"]
    return Pace(done / result["seconds"], used / done * 1000, took["p50"] * 1000, took["p99"] * 1000)


def _check_seats(report: Report, side: Side[Time], ends: Counter[str]) -> None:
    """See to it that no slot has one booking too many, and that what was confirmed is there."""
    with side.app.app_context():
        seated = sa.select(sa.func.count()).where(Booking.slot_id == Slot.id, Booking.active_marker == 1)
        asked = sa.select(Slot.id, Slot.capacity, Slot.taken, seated.scalar_subquery().label("seated"))
        rows = db.session.execute(asked)
        wrong = [row.id for row in rows if not row.seated == row.taken <= row.capacity]
        there = db.session.scalar(sa.select(sa.func.count()).select_from(Booking)) or 0
    if there != ends["ok"]:
        report.note(f"**broken**: {ends['ok']} bookings were confirmed, {there} are there")
    report.add(
        Figure(
            NAME,
            f"afterwards seats and bookings agree: {there:,} bookings, {ends['full']:,} refused as full",
            f"{len(wrong) + (there != ends['ok'])} disagree",
            "",
            "",
            "0",
            not wrong and there == ends["ok"],
        )
    )


def _look_for_free_times(world: World, report: Report, side: Side[Time]) -> None:
    """Ask for a physician's free times of thirty days among many bookings."""
    with side.app.app_context():
        crowded_booking.fill(MANY if world.effort.rounds > 2 else MANY // 10)
        count = db.session.scalar(sa.select(sa.func.count()).select_from(Booking)) or 0
        whose = timetable.Whose(physician_id=crowded_booking.busiest())
        today = clock.today()

        def look() -> list[timetable.Time]:
            return timetable.free_times(whose, today, today + timedelta(days=29), now=clock.now())

        took = []
        for _ in range(30):
            began = time.perf_counter()
            found = look()
            took.append((time.perf_counter() - began) * 1000)
            db.session.rollback()
        with listening() as sent:
            look()
            db.session.rollback()
    median = statistics.median(took)
    report.add(
        Figure(
            NAME,
            f"free times of a physician for 30 days ({len(found)} times, {len(sent)} queries), {count:,} bookings",
            f"{median:.1f} ms",
            "",
            "",
            f"< {MOST_MS:.0f} ms",
            median < MOST_MS,
        )
    )
