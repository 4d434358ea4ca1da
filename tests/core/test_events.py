"""News between packages: exactly one effect in the database, however delivery goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from wxapp.core import events
from wxapp.core.db import db, transaction
from wxapp.core.events import Event, EventRow, EventState, deliver_due, publish
from wxapp.core.ids import next_number


@dataclass(frozen=True)
class SomethingHappened(Event):
    number: int


class Broken(Exception):
    """What a listener fails with."""


@pytest.fixture
def heard() -> Iterator[list[int]]:
    """Numbers that a listener heard; while it starts with -1 the listener fails after its effect."""
    found: list[int] = []

    def listen(event: SomethingHappened) -> None:
        next_number("effect")
        if found and found[0] == -1:
            raise Broken
        found.append(event.number)

    events.on(SomethingHappened)(listen)
    yield found
    events._listeners.pop("SomethingHappened")


def rows() -> list[EventRow]:
    return list(db.session.scalars(sa.select(EventRow)))


def test_news_is_heard_after_the_commit(app: Flask, heard: list[int]) -> None:
    with transaction():
        publish(SomethingHappened(7))
        assert heard == []
    assert heard == [7]
    assert [row.state for row in rows()] == [EventState.HEARD]


def test_news_of_what_did_not_happen_is_never_told(app: Flask, heard: list[int]) -> None:
    with pytest.raises(Broken), transaction():
        publish(SomethingHappened(7))
        raise Broken
    assert (heard, rows()) == ([], [])


def test_without_listeners_nothing_is_written(app: Flask) -> None:
    with transaction():
        publish(SomethingHappened(7))
    assert rows() == []


def test_a_listener_that_fails_leaves_no_half_effect_and_hears_it_again_later(
    app: Flask, heard: list[int], at: Callable[[timedelta], None]
) -> None:
    heard.append(-1)
    with transaction():
        publish(SomethingHappened(7))
    assert [(row.state, row.tries) for row in rows()] == [(EventState.NEW, 1)]
    assert "Broken" in rows()[0].last_error
    heard.clear()
    assert deliver_due() == 0  # not yet
    at(timedelta(minutes=1))
    assert deliver_due() == 1
    assert heard == [7]
    assert next_number("effect") == 2  # the failed try left no trace


def test_hearing_twice_is_refused_by_the_row(app: Flask, heard: list[int]) -> None:
    with transaction():
        publish(SomethingHappened(7))
    assert not events.deliver(rows()[0].id)
    assert heard == [7]


def test_after_many_failures_a_person_has_to_look(
    app: Flask, heard: list[int], at: Callable[[timedelta], None]
) -> None:
    heard.append(-1)
    with transaction():
        publish(SomethingHappened(7))
    for _ in range(events.MAX_TRIES):
        at(timedelta(days=1))
        deliver_due()
    assert [row.state for row in rows()] == [EventState.DEAD]


def test_old_news_is_removed(app: Flask, heard: list[int], at: Callable[[timedelta], None]) -> None:
    with transaction():
        publish(SomethingHappened(7))
    assert events.remove_heard() == 0
    at(timedelta(days=31))
    assert events.remove_heard() == 1
