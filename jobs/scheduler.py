"""The scheduler's process: one of them works, others wait for its lease.

Jobs run in threads, each inside the application and with a session of its own. No job depends on the lease for
being right (they claim their rows); it saves double work.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.exc import SQLAlchemyError

from jobs.schedule import JOBS, Job
from wxapp.core import clock, ids, job_runs
from wxapp.core.clock import HOSPITAL_ZONE
from wxapp.core.db import db
from wxapp.core.threads import stopping

log = logging.getLogger(__name__)

LEASE_NAME = "scheduler"
LEASE = timedelta(seconds=20)
RENEW_EVERY = 5.0
"""Seconds; three renewals may fail before the lease is lost."""
_SHORT = timedelta(minutes=1)
"""Jobs that come round faster are written down after they ended, and when idle only now and then."""
_IDLE_NOTE_EVERY = 30.0
_M_ARENA_MAX = -8
"""From glibc's malloc.h."""


class App(Protocol):
    """The application, as far as the scheduler knows it."""

    def app_context(self) -> AbstractContextManager[Any]: ...


def run(app: App, jobs: Sequence[Job] = JOBS) -> None:
    """Do the timed work until SIGTERM or SIGINT; what has begun is finished before this returns."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
    _share_heaps()
    # A delivery that is still at work when its next second comes is no news.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    owner = f"{socket.gethostname()[:60]}:{os.getpid()}:{ids.new_token(8)}"
    while not stopping.is_set():
        fence = _inside(app, lambda: job_runs.acquire(LEASE_NAME, owner, ttl=LEASE))
        if fence is None:
            stopping.wait(2)
            continue
        log.info("scheduler %s works under lease %d", owner, fence)
        _work(app, jobs, owner, fence)


def _share_heaps() -> None:
    """Let all threads allocate from two heaps: glibc would give each of the senders' threads one of its own."""
    with suppress(OSError, AttributeError):  # another C library has no such setting, and no such habit
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


def _work(app: App, jobs: Sequence[Job], owner: str, fence: int) -> None:
    scheduler = BackgroundScheduler(timezone=HOSPITAL_ZONE, executors={"default": ThreadPoolExecutor(8)})
    declared = [job_runs.Declared(job.name, job.label, job.rhythm) for job in jobs]
    _inside(app, lambda: job_runs.declare(declared))
    for job in jobs:
        first = _inside(app, partial(first_run, job))
        scheduler.add_job(
            Runner(app, job, fence),
            trigger(job),
            id=job.name,
            name=job.label,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=max(1, int(job.late.total_seconds())),
            **({} if first is None else {"next_run_time": first}),
        )
    scheduler.start()
    held_until = time.monotonic() + LEASE.total_seconds()
    try:
        while not stopping.wait(RENEW_EVERY):
            kept = _inside(app, lambda: job_runs.renew(LEASE_NAME, owner, fence, ttl=LEASE))
            if kept:
                held_until = time.monotonic() + LEASE.total_seconds()
            elif kept is False or time.monotonic() > held_until:
                log.warning("lease %d is lost; waiting for it again", fence)
                return
    finally:
        scheduler.shutdown(wait=True)
        _inside(app, lambda: job_runs.release(LEASE_NAME, owner, fence))


def _inside(app: App, work: Callable[[], Any]) -> Any:
    """Do something in the database; None when it does not answer: the next round tries again."""
    with app.app_context():
        try:
            return work()
        except SQLAlchemyError as error:
            log.warning("scheduler: the database: %s", error)
            return None
        finally:
            db.session.remove()


def trigger(job: Job) -> Any:
    """Return when the job runs; days and times are the hospital's."""
    if job.every is not None:
        return IntervalTrigger(seconds=job.every.total_seconds(), timezone=HOSPITAL_ZONE)
    at = job.time_of_day
    return CronTrigger(hour=at.hour, minute=at.minute, timezone=HOSPITAL_ZONE)


def first_run(job: Job) -> datetime | None:
    """Return now for a job that should have run already; None leaves it to its trigger."""
    now = clock.now()
    if job.every is not None:
        return now
    local = clock.local(now)
    planned = datetime.combine(local.date(), job.time_of_day, HOSPITAL_ZONE)
    if planned > local:
        planned -= timedelta(days=1)
    last = job_runs.last_start(job.name)
    return now if last is None or last < planned else None


class Runner:
    """Runs one job inside the application and writes down what it did."""

    def __init__(self, app: App, job: Job, fence: int) -> None:
        self.app = app
        self.job = job
        self.fence = fence
        self._noted = 0.0
        self.__name__ = job.name  # APScheduler names a callable in its messages

    def __call__(self) -> None:
        if stopping.is_set():
            return
        with self.app.app_context():
            try:
                self._run()
            except SQLAlchemyError as error:  # the run can't even be written down; the next one tries again
                log.warning("job %s: the database: %s", self.job.name, error)
            finally:
                db.session.remove()

    def _run(self) -> None:
        is_short = self.job.every is not None and self.job.every < _SHORT
        started_at = clock.now()
        run_id = 0 if is_short else job_runs.begin(self.job.name, fence=self.fence)
        count, error = self._do()
        if not is_short:
            job_runs.end(self.job.name, run_id, count=count, error=error)
        elif count or error or time.monotonic() - self._noted > _IDLE_NOTE_EVERY:
            job_runs.record(self.job.name, started_at=started_at, count=count, error=error, fence=self.fence)
            self._noted = time.monotonic()

    def _do(self) -> tuple[int, str]:
        try:
            return self.job.function(), ""
        except Exception as fault:  # the outermost loop of a job: it stops no other and comes round again
            log.exception("job %s failed", self.job.name)
            db.session.remove()
            return 0, f"{type(fault).__name__}: {fault}"
