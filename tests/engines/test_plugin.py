from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.engines import plugin
from tests.engines.plugin import Engines

SQLITE = Engines(engine="sqlite", folder="/nowhere")
NOTHING = {"MariaDB": False, "Redis": False, "Chromium": False}


class Lines:
    """Stands for pytest's terminal."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def section(self, title: str, **_: object) -> None:
        self.lines.append(title)

    def line(self, text: str, **_: object) -> None:
        self.lines.append(text)


def item(*fixtures: str, marks: tuple[str, ...] = (), name: str = "test_services.py") -> Any:
    return SimpleNamespace(
        fixturenames=fixtures, get_closest_marker=lambda marker: marker in marks or None, path=Path("tests") / name
    )


def config(*, engine: str = "sqlite", database_tests: bool = False) -> Any:
    return SimpleNamespace(option=SimpleNamespace(engine=engine, database_tests=database_tests))


@pytest.mark.parametrize(("engine", "runs"), [("sqlite", False), ("mariadb", True)])
def test_what_needs_row_locks_runs_on_mariadb_only(engine: str, runs: bool) -> None:
    assert plugin._runs(item("database_url", marks=("mariadb",)), config(engine=engine), SQLITE) is runs


@pytest.mark.parametrize(
    ("fixture", "runs"), [("database_url", True), ("fresh_database_url", True), ("tmp_path", False)]
)
def test_the_second_pass_repeats_only_what_touches_the_database(fixture: str, runs: bool) -> None:
    assert plugin._runs(item(fixture), config(engine="mariadb", database_tests=True), SQLITE) is runs


@pytest.mark.parametrize(
    ("name", "runs"),
    [
        ("test_admin.py", False),
        ("test_admin_orders.py", False),
        ("test_own_views.py", False),
        ("test_waiting.py", True),
    ],
)
def test_single_pages_are_tested_on_one_database(name: str, runs: bool) -> None:
    asked = item("database_url", name=name)
    assert plugin._runs(asked, config(engine="mariadb", database_tests=True), SQLITE) is runs
    assert plugin._runs(asked, config(), SQLITE)


@pytest.mark.parametrize(("fixture", "found"), [("redis_url", {"redis_url": "x"}), ("chromium", {"browser": "x"})])
def test_what_needs_something_else_runs_where_it_is(fixture: str, found: dict[str, str]) -> None:
    assert not plugin._runs(item(fixture), config(), SQLITE)
    assert plugin._runs(item(fixture), config(), Engines(engine="sqlite", folder="/nowhere", **found))


@pytest.mark.parametrize(("engine", "ci"), [("sqlite", "true"), ("mariadb", "")])
def test_a_missing_engine_is_an_error_in_ci_and_where_it_was_chosen(
    monkeypatch: pytest.MonkeyPatch, engine: str, ci: str
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(plugin, "_found", lambda: NOTHING)
    with pytest.raises(pytest.UsageError, match=r"MariaDB|mariadbd"):
        plugin._start(config(engine=engine))


def test_the_closing_lines_name_what_ran_and_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin, "_found", lambda: NOTHING)
    terminal = Lines()
    plugin.pytest_terminal_summary(terminal, SimpleNamespace(stash={plugin.ENGINES: SQLITE}))  # type: ignore[arg-type]
    assert terminal.lines[1].startswith("engines: SQLite 3")
    assert "MariaDB not found on this machine: the tests that need it were not run" in terminal.lines
