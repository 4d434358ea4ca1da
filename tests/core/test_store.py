"""Short-lived shared values: the same promises on Redis and on its stand-in."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from wxapp.core.errors import TooManyRequests
from wxapp.core.limits import Limit
from wxapp.core.store import DatabaseStore, RedisStore, Store


@pytest.fixture(params=["table", "redis"])
def store(request: pytest.FixtureRequest, app: Flask) -> Store:
    if request.param == "table":
        return DatabaseStore()
    return RedisStore(request.getfixturevalue("redis_url"), DatabaseStore())


def test_a_value_comes_back_until_it_is_deleted(store: Store) -> None:
    store.set("a", "1", ttl=60)
    store.set("a", "2", ttl=60)
    assert store.get("a") == "2"
    store.delete("a")
    assert store.get("a") is None


def test_of_two_who_add_one_gets_it(store: Store) -> None:
    assert store.add("lock", "mine", ttl=60)
    assert not store.add("lock", "theirs", ttl=60)
    assert store.get("lock") == "mine"


def test_a_lock_is_given_back_by_its_holder_only(store: Store) -> None:
    store.add("lock", "mine", ttl=60)
    assert not store.delete_if("lock", "theirs")
    assert store.delete_if("lock", "mine")
    assert store.add("lock", "theirs", ttl=60)


def test_counting_gives_each_its_number(store: Store) -> None:
    assert [store.incr("n", ttl=60) for _ in range(3)] == [1, 2, 3]


def test_what_is_over_is_gone(app: Flask, still_clock: time_machine.Traveller) -> None:
    table = DatabaseStore()
    table.set("a", "1", ttl=60)
    table.add("lock", "mine", ttl=60)
    table.incr("n", ttl=60)
    still_clock.shift(timedelta(seconds=61))
    assert table.get("a") is None
    assert table.add("lock", "theirs", ttl=60)
    assert table.incr("n", ttl=60) == 1
    still_clock.shift(timedelta(minutes=5))
    assert table.remove_expired() == 3


def test_without_redis_the_table_stands_in(app: Flask) -> None:
    lame = RedisStore("redis://127.0.0.1:9/0", DatabaseStore())
    lame.set("a", "1", ttl=60)
    assert lame.get("a") == "1"
    assert lame.incr("n", ttl=60) == 1


def test_one_too_many_is_refused_until_the_window_ends(app: Flask, still_clock: time_machine.Traveller) -> None:
    limit = Limit("test", count=2, seconds=600)
    limit.hit("anna")
    limit.hit("anna")
    limit.hit("bert")
    with pytest.raises(TooManyRequests) as refusal:
        limit.hit("anna")
    still_clock.shift(timedelta(seconds=refusal.value.retry_after))
    limit.hit("anna")
