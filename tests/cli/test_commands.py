"""The command line, as an operator types it: each command in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.engines.processes import write_toml
from tests.settings import make_config
from wxapp.app import DEMO_MARK, create_app
from wxapp.core import clock
from wxapp.core.config import Config
from wxapp.core.db import db, transaction
from wxapp.core.settings import SettingRow

pytestmark = pytest.mark.once


def run(config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wxapp", "--config", str(config), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def config(tmp_path: Path, fresh_database_url: str) -> Path:
    """A configuration file of a database with all tables."""
    made: Config = make_config(fresh_database_url, tmp_path)
    path = tmp_path / "config.toml"
    write_toml(path, made.model_dump(mode="json", exclude_none=True))
    return path


def test_a_good_configuration_is_said_to_be_in_order(config: Path) -> None:
    done = run(config, "config")
    assert (done.returncode, "in order" in done.stdout) == (0, True), done.stderr


def test_what_is_wrong_is_a_line_and_no_traceback(config: Path) -> None:
    config.write_text(config.read_text(encoding="utf-8") + "\n[colours]\nwall = 1\n", encoding="utf-8")
    done = run(config, "config")
    assert done.returncode == 2
    assert "colours" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["web", "scheduler"])
def test_production_does_not_meet_invented_people(tmp_path: Path, fresh_database_url: str, command: str) -> None:
    made = make_config(fresh_database_url, tmp_path)
    with create_app(made).app_context(), transaction():
        db.session.add(SettingRow(name=DEMO_MARK, value="true", changed_at=clock.now(), changed_by="system:demo"))
    path = tmp_path / "config.toml"
    write_toml(path, as_production(made.model_dump(mode="json", exclude_none=True), tmp_path))
    done = run(path, command)
    assert (done.returncode, "demo data" in done.stderr) == (2, True), done.stderr


def as_production(raw: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return the configuration with https everywhere and every secret in a file."""
    (folder / "database-url").write_text(raw["database"].pop("url"), encoding="utf-8")
    raw["database"]["url_secret"] = {"file": str(folder / "database-url")}
    raw["app"]["mode"] = "production"
    return {name: _hidden(section, folder / name) for name, section in raw.items()}


def _hidden(value: Any, path: Path) -> Any:
    if isinstance(value, dict) and set(value) == {"value"}:
        path.write_text(value["value"], encoding="utf-8")
        return {"file": str(path)}
    if isinstance(value, dict):
        return {name: _hidden(inner, path.with_name(f"{path.name}-{name}")) for name, inner in value.items()}
    return value.replace("http://", "https://") if isinstance(value, str) else value


def test_the_first_administrator_is_added_with_a_password_to_change(config: Path) -> None:
    assert run(config, "db", "upgrade").returncode == 0
    done = run(config, "staff", "add", "陈主任", "--name", "陈主任", "--role", "超管")
    assert done.returncode == 0, done.stderr
    assert "陈主任: " in done.stdout
    again = run(config, "staff", "add", "陈主任", "--name", "陈主任", "--role", "超管")
    assert (again.returncode, "Traceback" in again.stderr) == (2, False)


def test_an_unknown_role_is_refused(config: Path) -> None:
    done = run(config, "staff", "add", "chen", "--name", "陈", "--role", "院长")
    assert (done.returncode, "没有角色“院长”" in done.stderr) == (2, True)


def test_books_in_order_end_with_status_0(config: Path) -> None:
    done = run(config, "ledger", "check")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines
    assert all(line.startswith("ok ") for line in lines)
