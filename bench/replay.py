"""The baseline of a purchase or a booking: the same statements in bare PyMySQL, committed at the same points.

A program of its own: job in, result out, both JSON. Each thread has one connection and buyers of its own.
"""

from __future__ import annotations

import json
import resource
import sys
import threading
import time
from collections import Counter
from itertools import count, cycle
from typing import Any

import pymysql
from pymysql.constants import CLIENT
from pymysql.cursors import Cursor

COMMIT = "COMMIT"
INIT = (
    "SET time_zone='+00:00', innodb_lock_wait_timeout=4, "
    "sql_mode='STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY'"
)
CONFLICTS = {1213, 1205}


class Replay:
    """One thread's share."""

    def __init__(self, job: dict[str, Any], number: int) -> None:
        self.steps = job["steps"]
        self.buyers = cycle(job["buyers"][number :: job["threads"]])
        self.things = cycle(job["things"][number:] + job["things"][:number])
        self.name = f"{job['run']}{number:02d}"
        self.ends: Counter[str] = Counter()
        self.differing: Counter[str] = Counter()
        self.error: BaseException | None = None
        self.connection = pymysql.connect(
            host="127.0.0.1",
            port=job["port"],
            user="root",
            database=job["database"],
            charset="utf8mb4",
            autocommit=False,
            init_command=INIT,
            client_flag=CLIENT.FOUND_ROWS,  # rows met, not rows changed: what SQLAlchemy asks for
        )
        with self.connection.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
        self.connection.commit()

    def until(self, deadline: float, most: int) -> None:
        """Purchase until the time is over."""
        try:
            for number in count():
                if number >= most or time.perf_counter() >= deadline:
                    break
                self._purchase(f"{self.name}{number:07d}")
        except BaseException as error:  # noqa: BLE001 - told to the thread that waits
            self.error = error
        finally:
            self.connection.close()

    def _purchase(self, name: str) -> None:
        own = {**next(self.buyers), **next(self.things)}
        while True:
            try:
                self._run(own, name)
            except pymysql.err.OperationalError as error:
                if error.args[0] not in CONFLICTS:
                    raise
                self.connection.rollback()
                self.ends["conflict"] += 1
                continue
            self.ends["ok"] += 1
            return

    def _run(self, own: dict[str, Any], name: str) -> None:
        kept: dict[int, int] = {}
        with self.connection.cursor() as cursor:
            for step in self.steps:
                if step["sql"] == COMMIT:
                    self.connection.commit()
                    continue
                rows = [[_value(shape, own, kept, name) for shape in row] for row in step["parameters"]]
                _execute(cursor, step["sql"], rows)
                cursor.fetchall()
                if cursor.rowcount != step["rows"]:
                    self.differing[step["sql"]] += 1
                if "keeps" in step:
                    kept[step["keeps"]] = cursor.lastrowid
        self.connection.commit()


def _execute(cursor: Cursor, sql: str, rows: list[list[Any]]) -> None:
    if len(rows) > 1:
        cursor.executemany(sql, rows)
    elif rows:
        cursor.execute(sql, rows[0])
    else:
        cursor.execute(sql)


def _value(shape: dict[str, Any], own: dict[str, Any], kept: dict[int, int], name: str) -> Any:
    if "same" in shape:
        return shape["same"]
    if "fresh" in shape:
        text: str = shape["fresh"]
        return name + text[len(name) :]
    if "own" in shape:
        return own[shape["own"]]
    number, offset = shape["inserted"]
    return kept[number] + offset


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Do the job.

    :param job: ``port``, ``database``, ``threads``, ``seconds``, ``most`` (of each thread), ``run`` (two letters of
        its own), ``steps``, ``buyers`` and ``things`` (values of their rows)
    """
    shares = [Replay(job, number) for number in range(job["threads"])]
    used, began = _processor_time(), time.perf_counter()
    threads = [threading.Thread(target=share.until, args=(began + job["seconds"], job["most"])) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    for share in shares:
        if share.error is not None:
            raise share.error
    ends: Counter[str] = sum((share.ends for share in shares), Counter())
    differing: Counter[str] = sum((share.differing for share in shares), Counter())
    return {
        "ends": dict(ends),
        "seconds": seconds,
        "processor": _processor_time() - used,
        "differing": dict(differing),
    }


def _processor_time() -> float:
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime


if __name__ == "__main__":
    json.dump(run(json.load(sys.stdin)), sys.stdout)
