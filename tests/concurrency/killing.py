"""Kill a worker between any two steps.

A step is a statement that changes the database, a commit, a call to the outside, or the answer to it. (To die before
a statement that only reads is to die before the next one that does not.) The worker is a fork, so that hundreds of
deaths cost seconds; it dies of SIGKILL, and nothing of it runs afterwards.
"""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests
import sqlalchemy as sa

from wxapp.core.db import db, repeat_on_conflict
from wxapp.core.outgoing import Outgoing


@dataclass(frozen=True)
class End:
    """How a worker ended.

    :ivar killed_before: the step it did not take; empty when it lived
    :ivar error: what it raised; empty when it did its work or was killed
    """

    killed_before: str = ""
    error: str = ""

    @property
    def is_unharmed(self) -> bool:
        return not self.killed_before


class _Steps:
    """Counts the steps of this process and ends it before the chosen one."""

    def __init__(self, kill_at: int, report: Callable[[str], None]) -> None:
        self._left = kill_at
        self._report = report

    def step(self, name: str) -> None:
        self._left -= 1
        if self._left == 0:
            self._report(name)
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        def statement(_c: Any, _cursor: Any, text: str, *_: Any) -> None:
            if not text.startswith("SELECT"):
                self.step(" ".join(text.split())[:70])

        sa.event.listen(sa.engine.Engine, "before_cursor_execute", statement)
        sa.event.listen(sa.engine.Engine, "commit", lambda _connection: self.step("COMMIT"))
        call = Outgoing.request

        def request(out: Outgoing, method: str, url: str, **more: Any) -> requests.Response:
            self.step(f"call {method} {url.partition('?')[0]}")
            answer = call(out, method, url, **more)
            self.step(f"answer of {method} {url.partition('?')[0]}")
            return answer

        Outgoing.request = request  # type: ignore[method-assign,assignment]


def work_and_die(work: Callable[[], object], *, kill_at: int) -> End:
    """Let a worker do this and kill it before its ``kill_at``-th step; say how it ended."""
    db.session.remove()
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        _live(work, kill_at, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read().decode()
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return End(killed_before=told)
    return End(error=told)


def _live(work: Callable[[], object], kill_at: int, writing: int) -> None:
    """The worker: it has connections of its own, and never returns."""

    def report(text: str) -> None:
        os.write(writing, text.encode())

    status = 1
    try:
        db.engine.dispose(close=False)
        steps = _Steps(kill_at, report)
        steps.watch()
        repeat_on_conflict(work)
        steps.step("the answer")
        status = 0
    except BaseException:  # noqa: BLE001 - told to the parent
        report(traceback.format_exc()[-3000:])
    finally:
        os._exit(status)
