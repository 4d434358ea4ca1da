"""Pytest plugin: chooses the engine, owns the servers of a run, gives each worker a database."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.engines import hooks
from tests.engines.databases import Databases, MariadbDatabases, SqliteDatabases
from tests.engines.servers import Server, find_browser, find_program, start_mariadb, start_redis

pytest_plugins = ["tests.engines.processes"]

NEEDS = {"redis_url": "Redis", "chromium": "Chromium"}
"""Fixture: what has to be on the machine for it."""

MARIADB_FOLDERS = {"concurrency"}
JOURNEY_FOLDERS = {"flows"}
WALK_FOLDERS = {"architecture"}
DOORS = re.compile(
    r"test_(own_)?(admin|views|pages|client_pages|redeem_page|hl7|fhir|interface|tables|shell|web)(_|\.)"
)
"""Tests of single pages and of other systems' messages: on one database. The services behind them are tested on each,
and the walks look at every page on each."""
LONG_SECONDS = 400
"""What goes through real processes, or through every page, may take so long on a slow machine."""


@dataclass(frozen=True)
class Engines:
    """What this run has; handed from the controller to its workers."""

    engine: str
    folder: str
    mariadb_url: str = ""
    mariadb_version: str = ""
    redis_url: str = ""
    redis_version: str = ""
    browser: str = ""

    def databases(self) -> Databases:
        folder = Path(self.folder)
        return MariadbDatabases(folder, self.mariadb_url) if self.engine == "mariadb" else SqliteDatabases(folder)

    def has(self, what: str) -> bool:
        return bool({"Redis": self.redis_url, "Chromium": self.browser}[what])

    def versions(self) -> list[str]:
        database = f"MariaDB {self.mariadb_version}" if self.engine == "mariadb" else f"SQLite {sqlite3.sqlite_version}"
        others = [f"Redis {self.redis_version}" if self.redis_url else "", "Chromium" if self.browser else ""]
        return [name for name in (database, *others) if name]


ENGINES = pytest.StashKey[Engines]()
SERVERS = pytest.StashKey[list[Server]]()


def in_ci() -> bool:
    """Return whether a missing engine is an error."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


# --- the run ---------------------------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("engines")
    group.addoption("--engine", choices=["sqlite", "mariadb"], default="sqlite", help="database of this run (sqlite)")
    group.addoption(
        "--database-tests", action="store_true", help="leave out what touches no database (it ran on the other engine)"
    )
    group.addoption("--durable", action="store_true", help="MariaDB writes each commit to the disk, as in production")


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(hooks)


def is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    config = session.config
    if is_worker(config):
        config.stash[ENGINES] = Engines(**config.workerinput["engines"])  # type: ignore[attr-defined]
    elif not config.option.collectonly:
        _start(config)


def _start(config: pytest.Config) -> None:
    """Start what this run needs.

    :raises pytest.UsageError: the chosen engine is not on this machine, or in CI anything is missing
    """
    missing = [name for name, found in _found().items() if not found and (in_ci() or name == "MariaDB")]
    if config.option.engine == "mariadb" and "MariaDB" in missing:
        raise pytest.UsageError("--engine=mariadb: mariadbd and mariadb-install-db are not on this machine")
    if in_ci() and missing:
        raise pytest.UsageError(f"in CI every engine has to be there; not found: {', '.join(missing)}")
    # A short path: a Unix socket's name may not be longer than about a hundred characters.
    folder = Path(tempfile.mkdtemp(prefix="wxapp-tests-", dir="/tmp"))
    servers = config.stash.setdefault(SERVERS, [])
    config.add_cleanup(lambda: _stop(servers, folder))
    facts: dict[str, Any] = {"engine": config.option.engine, "folder": str(folder), "browser": find_browser() or ""}
    if config.option.engine == "mariadb":
        servers.append(start_mariadb(folder, durable=config.option.durable))
        facts |= {"mariadb_url": servers[-1].url, "mariadb_version": servers[-1].version}
    if find_program("redis-server", "valkey-server"):
        servers.append(start_redis(folder))
        facts |= {"redis_url": servers[-1].url, "redis_version": servers[-1].version}
    config.stash[ENGINES] = Engines(**facts)


def _found() -> dict[str, bool]:
    return {
        "MariaDB": bool(find_program("mariadbd") and find_program("mariadb-install-db")),
        "Redis": bool(find_program("redis-server", "valkey-server")),
        "Chromium": bool(find_browser()),
    }


def _stop(servers: list[Server], folder: Path) -> None:
    for server in servers:
        server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["engines"] = asdict(node.config.stash[ENGINES])


# --- the tests -------------------------------------------------------------------------------------------------------


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    engines = config.stash.get(ENGINES, None)
    for item in items:
        folders = set(item.path.parts)
        if folders & MARIADB_FOLDERS:
            item.add_marker("mariadb")
        if folders & JOURNEY_FOLDERS:
            item.add_marker("journey")
        if folders & (JOURNEY_FOLDERS | WALK_FOLDERS) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(LONG_SECONDS))
        (kept if _runs(item, config, engines) else left_out).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def _runs(item: pytest.Item, config: pytest.Config, engines: Engines | None) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    if engines and any(not engines.has(what) for fixture, what in NEEDS.items() if fixture in fixtures):
        return False
    if config.option.database_tests and (item.get_closest_marker("once") or DOORS.match(item.path.name)):
        return False
    if item.get_closest_marker("mariadb"):
        return bool(config.option.engine == "mariadb")
    touches_database = bool(fixtures & {"database_url", "fresh_database_url"})
    return touches_database or not config.option.database_tests


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    engines = config.stash.get(ENGINES, None)
    if engines is None:
        return
    terminalreporter.section("engines", sep="-")
    terminalreporter.line(f"engines: {', '.join(engines.versions())}")
    for name, found in _found().items():
        if not found:
            terminalreporter.line(f"{name} not found on this machine: the tests that need it were not run", yellow=True)


# --- fixtures --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def engines(request: pytest.FixtureRequest) -> Engines:
    """What this run has."""
    return request.config.stash[ENGINES]


@pytest.fixture(scope="session")
def engine_name(engines: Engines) -> str:
    """`sqlite` or `mariadb`."""
    return engines.engine


@pytest.fixture(scope="session")
def databases(engines: Engines, request: pytest.FixtureRequest) -> Databases:
    """The databases of this run, the template built."""
    found = engines.databases()

    def build(url: str) -> None:
        if request.config.hook.pytest_build_schema(url=url) is None:
            raise pytest.UsageError("no conftest implements pytest_build_schema, so there are no tables")

    found.build_template(build)
    return found


@pytest.fixture(scope="session")
def worker_name(request: pytest.FixtureRequest) -> str:
    """Name of this worker, unique in the run."""
    return str(getattr(request.config, "workerinput", {}).get("workerid", "main"))


@pytest.fixture(scope="session")
def database_url(databases: Databases, worker_name: str) -> Iterator[str]:
    """Address of this worker's database: all tables, no rows of tests. Leave it as it was (roll back)."""
    name = f"wxapp_{worker_name}"
    yield databases.copy(name)
    databases.drop(name)


@pytest.fixture
def fresh_database_url(databases: Databases) -> Iterator[str]:
    """Address of a database of this test's own, for tests that commit and for processes."""
    name = f"wxapp_{uuid.uuid4().hex[:12]}"
    yield databases.copy(name)
    databases.drop(name)


@pytest.fixture
def redis_url(engines: Engines, worker_name: str) -> str:
    """Address of an empty Redis database of this worker's own."""
    number = int(worker_name.removeprefix("gw")) + 1 if worker_name.startswith("gw") else 0
    url = f"{engines.redis_url}{number % 16}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


@pytest.fixture(scope="session")
def chromium(engines: Engines) -> str:
    """Path of a Chromium for Playwright's `executable_path`."""
    return engines.browser
