"""Transactions, counters and numbers."""

from __future__ import annotations

import time
from datetime import date, datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.pool import QueuePool

from wxapp.core import clock, ids
from wxapp.core.db import (
    AppendOnly,
    DoomedTransaction,
    UTCDateTime,
    change,
    db,
    give_back,
    on_commit,
    take,
    transaction,
)
from wxapp.core.ids import Sequence
from wxapp.core.states import StatusChange


def numbers() -> dict[str, int]:
    return dict(db.session.execute(sa.select(Sequence.name, Sequence.value)).all())


def test_a_transaction_keeps_all_or_nothing(app: Flask) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        db.session.add(Sequence(name="a", value=1))
        with transaction():
            db.session.add(Sequence(name="b", value=1))
        raise ZeroDivisionError
    assert numbers() == {}


def test_an_error_caught_outside_an_inner_block_dooms_the_whole(app: Flask) -> None:
    with pytest.raises(DoomedTransaction), transaction():
        db.session.add(Sequence(name="a", value=1))
        with pytest.raises(ZeroDivisionError), transaction():
            raise ZeroDivisionError
    assert numbers() == {}


def test_changes_outside_a_transaction_are_refused(app: Flask) -> None:
    db.session.add(Sequence(name="a", value=1))
    with pytest.raises(RuntimeError, match="outside a transaction"), transaction():
        pass
    db.session.rollback()


def test_what_follows_the_commit_does_not_run_when_there_is_none(app: Flask) -> None:
    done: list[str] = []
    with transaction():
        on_commit(done.append, "kept")
    with pytest.raises(ZeroDivisionError), transaction():
        on_commit(done.append, "lost")
        raise ZeroDivisionError
    assert done == ["kept"]


def test_no_more_is_taken_than_there_is(app: Flask) -> None:
    with transaction():
        db.session.add(Sequence(name="stock", value=3))
    with transaction():
        assert take(Sequence.value, 2, Sequence.name == "stock")
        assert not take(Sequence.value, 2, Sequence.name == "stock")
        give_back(Sequence.value, 1, Sequence.name == "stock")
    assert numbers() == {"stock": 2}


def test_numbers_begin_anew_each_day_and_never_repeat(app: Flask) -> None:
    monday, tuesday = date(2026, 3, 2), date(2026, 3, 3)
    drawn = [ids.next_in_day("order", monday, first=10001) for _ in range(3)]
    assert drawn == [10001, 10002, 10003]
    assert ids.next_in_day("order", tuesday, first=10001) == 10001


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        UTCDateTime().process_bind_param(datetime(2026, 3, 2, 10, 0), sa.create_engine("sqlite://").dialect)  # noqa: DTZ001


def test_a_moment_comes_back_as_it_went_in(app: Flask) -> None:
    moment = clock.now()
    with transaction():
        db.session.add(StatusChange(entity="x", entity_id=1, old="a", new="b", actor="system:test", at=moment))
    assert db.session.scalars(sa.select(StatusChange.at)).one() == moment
    with pytest.raises(AppendOnly), transaction():
        change(sa.delete(StatusChange))


def connections_asked(monkeypatch: pytest.MonkeyPatch, idle_seconds: float) -> list[bool]:
    """Borrow a connection that lay in the pool so long, and return how it was asked whether it lives."""
    asked: list[bool] = []

    class Connection:
        def ping(self, reconnect: bool) -> None:
            asked.append(reconnect)
            raise OSError("gone")

    pool = QueuePool(Connection, pool_size=1, reset_on_return=None)
    pool.connect().close()
    moment = time.monotonic() + idle_seconds
    monkeypatch.setattr("time.monotonic", lambda: moment)
    pool.connect().close()
    return asked


def test_a_connection_that_lay_idle_is_asked_before_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    assert connections_asked(monkeypatch, 6) == [False]


def test_a_connection_that_was_just_used_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert connections_asked(monkeypatch, 1) == []
