"""/readyz: a process on old tables, with another clock, or behind an outbox that nobody empties says so."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from wxapp import app as application
from wxapp.core import clock, health
from wxapp.core.db import db


def asked(client: FlaskClient) -> tuple[int, dict[str, str]]:
    answer = client.get("/readyz")
    return answer.status_code, answer.get_json()


@pytest.mark.usefixtures("real_clock")
def test_all_is_well(client: FlaskClient) -> None:
    assert asked(client) == (200, {"status": "ready"})


@pytest.mark.usefixtures("real_clock")
def test_old_tables_are_told(client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    newest = app.config["NEWEST_MIGRATION"]
    monkeypatch.setitem(app.config, "NEWEST_MIGRATION", "9999")
    assert asked(client) == (503, {"status": "not ready", "migrations": f"at {newest}, not at 9999"})


@pytest.mark.usefixtures("real_clock")
def test_tables_without_any_migration_are_told(client: FlaskClient) -> None:
    db.session.execute(sa.text("DELETE FROM alembic_version"))
    db.session.commit()
    status, said = asked(client)
    assert (status, said["migrations"][:7]) == (503, "at none")


@pytest.mark.mariadb  # SQLite has no clock of its own
@pytest.mark.usefixtures("real_clock")
def test_another_clock_is_told(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + timedelta(seconds=4))
    assert asked(client)[0] == 200
    monkeypatch.setattr(clock, "now", lambda: real() - timedelta(seconds=7))
    status, said = asked(client)
    assert (status, list(said)) == (503, ["clock", "status"])


@pytest.mark.usefixtures("real_clock")
def test_an_outbox_that_nobody_empties_is_told(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "oldest_due", lambda: timedelta(minutes=15, seconds=1))
    assert asked(client) == (503, {"status": "not ready", "outbox": "waiting for 901 seconds"})


def test_a_database_that_is_away_is_told(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise sa.exc.OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(db.session, "execute", fail)
    assert asked(client) == (503, {"status": "not ready", "database": "no answer"})


def test_the_newest_migration_is_the_one_that_none_follows(tmp_path: Path) -> None:
    (tmp_path / "0001_a.py").write_text('revision = "0001"\ndown_revision = None\n')
    (tmp_path / "0002_b.py").write_text('revision: str = "0002"\ndown_revision: str | None = "0001"\n')
    assert health.newest_migration(tmp_path) == "0002"
    (tmp_path / "0003_c.py").write_text('revision = "0003"\ndown_revision = "0001"\n')
    with pytest.raises(ValueError, match="one newest migration"):
        health.newest_migration(tmp_path)
