"""Work row by row: what fails for one row keeps no other from its turn."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import pytest
import sqlalchemy as sa
from flask import Flask

from wxapp.core import ids
from wxapp.core.apart import each_apart, in_batches
from wxapp.core.db import db, transaction
from wxapp.core.ids import Sequence as Row


def names() -> set[str]:
    return set(db.session.scalars(sa.select(Row.name)))


def keep(name: str) -> int:
    with transaction():
        ids.next_number(name)
        if name == "poison":
            raise ZeroDivisionError
    return 1


def test_one_that_fails_is_logged_and_the_others_are_done(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        assert each_apart(keep, ["a", "poison", "b"], what="a test") == 2
    assert names() >= {"a", "b"}
    assert "poison" not in names()
    assert "a test: poison failed" in caplog.text


def test_a_conflict_repeats_that_one_alone(app: Flask) -> None:
    tried: list[str] = []

    def work(name: str) -> int:
        tried.append(name)
        if tried.count("b") == 1 and name == "b":
            raise sa.exc.OperationalError("UPDATE", {}, Exception("database is locked"))
        return keep(name)

    assert each_apart(work, ["a", "b", "c"], what="a test") == 3
    assert tried == ["a", "b", "b", "c"]


def test_without_the_database_the_rest_is_left(app: Flask) -> None:
    tried: list[str] = []

    def work(name: str) -> int:
        tried.append(name)
        raise sa.exc.InterfaceError("SELECT", {}, Exception("gone"))

    with pytest.raises(sa.exc.InterfaceError):
        each_apart(work, ["a", "b"], what="a test")
    assert tried == ["a"]


def keep_all(some: Sequence[str]) -> int:
    with transaction():
        return sum(map(keep, some))


def test_a_batch_with_one_that_fails_is_done_one_by_one(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        assert in_batches(keep_all, ["a", "b", "poison", "c", "d"], size=2, what="a test") == 4
    assert names() >= {"a", "b", "c", "d"}
    assert "poison" not in names()
    assert "a test: poison failed" in caplog.text


def test_batches_stop_without_the_database(app: Flask) -> None:
    tried: list[Sequence[str]] = []

    def work(some: Sequence[str]) -> int:
        tried.append(some)
        raise sa.exc.InterfaceError("SELECT", {}, Exception("gone"))

    with pytest.raises(sa.exc.InterfaceError):
        in_batches(work, ["a", "b", "c"], size=2, what="a test")
    assert tried == [["a", "b"]]
