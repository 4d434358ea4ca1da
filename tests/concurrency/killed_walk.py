"""The walk that kills a worker before its first step, its second, and so on, and tells what is wrong afterwards.

The programs of scenarios (``killed_purchases`` and the others) end with :func:`play`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http.server import HTTPServer
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

import requests

from tests.concurrency.killed_world import MOST_STEPS, Listener, World
from tests.concurrency.killing import work_and_die
from wxapp.app import create_app
from wxapp.core import clock, settings
from wxapp.core.config import load
from wxapp.core.db import db
from wxapp.core.outgoing import Outgoing


class Case(Protocol):
    """A use case, what comes before it, what its people do when it has gone silent, and what is wrong then."""

    def prepare(self) -> None: ...
    def act(self) -> None: ...
    def finish(self) -> None: ...
    def problems(self) -> Iterator[str]: ...


@dataclass(frozen=True)
class Death:
    """One killed worker: the step it did not take, and what was wrong in the end."""

    before: str
    problems: list[str]


W = TypeVar("W", bound=World)


def walk(world: W, scenario: Callable[[W, int], Case]) -> list[Death]:
    """Kill the worker before its first step, its second, and so on, until it gets through unharmed."""
    deaths: list[Death] = []
    for kill_at in range(1, MOST_STEPS):
        world.offset = timedelta()
        case = scenario(world, kill_at)
        case.prepare()
        end = work_and_die(case.act, kill_at=kill_at)
        world.catch_up()
        case.finish()
        world.catch_up()
        db.session.remove()
        problems = [*case.problems(), *world.problems(), *([end.error] if end.error else [])]
        deaths.append(Death(end.killed_before, problems))
        if end.is_unharmed or problems:
            return deaths
    raise AssertionError("the use case has no end")


def play(
    make_world: Callable[[str, HTTPServer], W],
    scenarios: Mapping[str, Callable[[W, int], Case]],
    twins: Mapping[str, Callable[[], None]],
) -> None:
    """Walk as the arguments of the program say (CONFIG SCENARIO [TWIN]), and print the deaths as JSON."""
    config, scenario, *twin = sys.argv[1:]
    loaded = load(Path(config))
    app = create_app(loaded)
    address = urlsplit(loaded.app.base_url)
    # A connection that a fork inherits is no good in it.
    Outgoing._session = _fresh_session  # type: ignore[method-assign,assignment]
    for name in twin:
        twins[name]()
    with app.app_context(), HTTPServer((str(address.hostname), int(address.port or 0)), Listener) as listener:
        world = make_world(loaded.pay.base_url, listener)
        clock.now = world.now
        settings.forget()
        deaths = walk(world, scenarios[scenario])
        db.session.remove()
    json.dump([vars(death) for death in deaths], sys.stdout, ensure_ascii=False)


def _fresh_session(_: Outgoing) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session
