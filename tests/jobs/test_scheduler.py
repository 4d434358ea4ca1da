from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask

from jobs.schedule import Job
from jobs.scheduler import LEASE, LEASE_NAME, Runner, first_run, trigger
from wxapp.core import clock, job_runs
from wxapp.core.db import db
from wxapp.core.job_runs import JobRow, JobRun
from wxapp.core.threads import stopping

At = Callable[[str | timedelta], None]


@pytest.fixture(autouse=True)
def not_stopping() -> Iterator[None]:
    stopping.clear()
    yield
    stopping.clear()


def hourly(work: Callable[[], int]) -> Job:
    return Job("test.hourly", work, "每小时一次", every=timedelta(hours=1))


def quick(work: Callable[[], int]) -> Job:
    return Job("test.quick", work, "每秒一次", every=timedelta(seconds=1))


def nightly() -> Job:
    return Job("test.nightly", lambda: 0, "夜间", at="03:10")


def declared(job: Job) -> Job:
    job_runs.declare([job_runs.Declared(job.name, job.label, job.rhythm)])
    return job


def runs() -> list[JobRun]:
    return db.session.query(JobRun).order_by(JobRun.id).all()


def row() -> JobRow:
    db.session.expire_all()
    return db.session.query(JobRow).one()


def broken() -> int:
    raise ZeroDivisionError("broken")


def test_a_run_is_written_down_with_its_count_and_lease(app: Flask) -> None:
    Runner(app, declared(hourly(lambda: 5)), fence=3)()
    (run,) = runs()
    assert (run.count, run.error, run.fence) == (5, "", 3)
    assert run.ended_at is not None
    assert (row().count, row().error) == (5, "")


def test_a_run_is_written_down_before_it_does_anything(app: Flask) -> None:
    seen: list[JobRun] = []

    def look() -> int:
        seen.extend(runs())
        return 0

    Runner(app, declared(hourly(look)), fence=1)()
    assert len(seen) == 1


def test_a_job_that_fails_is_written_down_and_stops_nobody(app: Flask) -> None:
    Runner(app, declared(hourly(broken)), fence=1)()
    (run,) = runs()
    assert run.error == "ZeroDivisionError: broken"
    assert row().error == "ZeroDivisionError: broken"


def test_a_quick_job_that_finds_nothing_leaves_no_row_each_second(app: Flask) -> None:
    run = Runner(app, declared(quick(lambda: 0)), fence=1)
    for _ in range(5):
        run()
    assert runs() == []
    assert row().ended_at is not None


def test_a_quick_job_that_did_something_leaves_a_row(app: Flask) -> None:
    Runner(app, declared(quick(lambda: 2)), fence=1)()
    assert [run.count for run in runs()] == [2]


def test_nothing_begins_after_the_wish_to_stop(app: Flask) -> None:
    stopping.set()
    Runner(app, declared(hourly(lambda: 1)), fence=1)()
    assert runs() == []


def test_a_job_that_left_the_list_leaves_the_page(app: Flask) -> None:
    declared(hourly(lambda: 0))
    declared(nightly())
    assert row().name == "test.nightly"


def test_a_night_that_was_missed_is_made_up_for_at_the_start(app: Flask, at: At) -> None:
    job = declared(nightly())
    assert first_run(job) == clock.now()
    at("2026-03-03 03:10")
    Runner(app, job, fence=1)()
    assert first_run(job) is None
    at("2026-03-04 02:00")
    assert first_run(job) is None
    at("2026-03-04 09:00")
    assert first_run(job) == clock.now()


def test_nights_are_the_hospitals(app: Flask) -> None:
    assert str(trigger(nightly()).timezone) == "Asia/Shanghai"


# --- the lease -------------------------------------------------------------------------------------------------------


def test_a_second_scheduler_waits_for_the_first(app: Flask, at: At) -> None:
    assert job_runs.acquire(LEASE_NAME, "one", ttl=LEASE) == 1
    assert job_runs.acquire(LEASE_NAME, "two", ttl=LEASE) is None
    at(LEASE - timedelta(seconds=1))
    assert job_runs.renew(LEASE_NAME, "one", 1, ttl=LEASE)
    at(LEASE - timedelta(seconds=1))
    assert job_runs.acquire(LEASE_NAME, "two", ttl=LEASE) is None


def test_a_lease_that_ran_out_goes_to_the_next_with_a_higher_number(app: Flask, at: At) -> None:
    job_runs.acquire(LEASE_NAME, "one", ttl=LEASE)
    at(LEASE + timedelta(seconds=1))
    assert job_runs.acquire(LEASE_NAME, "two", ttl=LEASE) == 2
    assert not job_runs.renew(LEASE_NAME, "one", 1, ttl=LEASE)


def test_a_lease_that_was_given_back_is_free_at_once(app: Flask) -> None:
    job_runs.acquire(LEASE_NAME, "one", ttl=LEASE)
    job_runs.release(LEASE_NAME, "one", 1)
    assert job_runs.acquire(LEASE_NAME, "two", ttl=LEASE) == 2


def test_old_runs_are_removed(app: Flask, at: At) -> None:
    Runner(app, declared(hourly(lambda: 1)), fence=1)()
    assert job_runs.remove_old() == 0
    at(timedelta(days=15))
    assert job_runs.remove_old() == 1
