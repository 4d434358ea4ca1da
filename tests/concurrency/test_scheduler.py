"""Several schedulers on one database: one works, another takes over."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from jobs import scheduler
from jobs.schedule import Job
from wxapp.core import job_runs
from wxapp.core.db import db, repeat_on_conflict
from wxapp.core.threads import stopping

pytestmark = pytest.mark.mariadb


@pytest.fixture(autouse=True)
def not_stopping() -> Iterator[None]:
    stopping.clear()
    yield
    stopping.clear()


def test_of_many_schedulers_one_gets_the_lease(real_database: Flask) -> None:
    won: list[int | None] = []
    ready = threading.Barrier(6)

    def take(owner: str) -> None:
        with real_database.app_context():
            ready.wait()
            won.append(repeat_on_conflict(lambda: job_runs.acquire("scheduler", owner, ttl=timedelta(seconds=20))))
            db.session.remove()

    threads = [threading.Thread(target=take, args=(f"owner-{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one for one in won if one is not None) == [1]
    assert len(won) == 6


def test_a_scheduler_runs_its_jobs_until_it_is_asked_to_stop(real_database: Flask) -> None:
    ran = threading.Event()
    half_way, finished = threading.Event(), threading.Event()

    def often() -> int:
        ran.set()
        return 1

    def long() -> int:
        half_way.set()
        stopping.wait(10)
        finished.set()
        return 1

    jobs = [
        Job("test.often", often, "often", every=timedelta(seconds=1)),
        Job("test.long", long, "long", every=timedelta(hours=1)),
    ]
    thread = threading.Thread(target=scheduler.run, args=(real_database, jobs))
    thread.start()
    assert ran.wait(10)
    assert half_way.wait(10)
    stopping.set()
    thread.join(20)
    assert not thread.is_alive()
    assert finished.is_set()
    with real_database.app_context():
        written = {run.job: run.ended_at for run in db.session.query(job_runs.JobRun)}
        assert written["test.long"] is not None
        assert job_runs.acquire("scheduler", "next", ttl=timedelta(seconds=20)) == 2
        db.session.remove()


def test_a_second_scheduler_does_nothing_while_the_first_works(real_database: Flask) -> None:
    by_thread: dict[str, int] = {}

    def count() -> int:
        with real_database.app_context():
            fence = db.session.query(job_runs.Lease).one().fence
            db.session.remove()
        by_thread[str(fence)] = by_thread.get(str(fence), 0) + 1
        return 0

    jobs = [Job("test.count", count, "count", every=timedelta(seconds=1))]
    threads = [threading.Thread(target=scheduler.run, args=(real_database, jobs)) for _ in range(2)]
    for thread in threads:
        thread.start()
    stopping.wait(3.5)
    stopping.set()
    for thread in threads:
        thread.join(20)
    assert list(by_thread) == ["1"]
    assert by_thread["1"] <= 5
