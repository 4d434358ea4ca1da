"""What every test has: a real database that forgets, a still clock, and an outside world that records.

Each test runs inside one transaction of one connection; what the code under test commits is real to it and gone
afterwards. The engine is chosen with ``--engine``; tests that need several connections ask for ``real_database``.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask, g, request_started
from flask.testing import FlaskClient

from tests.settings import make_config
from wxapp.app import create_app, use_migrations
from wxapp.core import clock, ids, sessions, settings
from wxapp.core.db import db

pytest_plugins = ["tests.engines.plugin"]

# What a session commits inside a test's outer transaction is a savepoint of it.
db.session.session_factory.configure(join_transaction_mode="create_savepoint")

START = datetime(2026, 3, 2, 10, 0, tzinfo=clock.HOSPITAL_ZONE)
"""A Monday morning at the hospital."""


def pytest_build_schema(url: str) -> bool:
    """Fill the template of a test run as production fills its database: by the migrations."""
    with tempfile.TemporaryDirectory() as folder:
        application = create_app(make_config(url, Path(folder)))
        use_migrations(application)
        with application.app_context():
            flask_migrate.upgrade()
            db.engine.dispose()
    return True


@pytest.fixture(scope="session")
def app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application on an empty database of this worker."""
    application = create_app(make_config(database_url, tmp_path_factory.mktemp("files")))
    application.testing = True
    yield application
    with application.app_context():
        db.engine.dispose()


@pytest.fixture(autouse=True)
def database(request: pytest.FixtureRequest) -> Iterator[None]:
    """Undo after each test whatever it wrote. Tests of pure rules don't touch it and pay nothing."""
    wanted = set(request.fixturenames)
    if "real_database" in wanted or not wanted & {"app", "client", "queries"}:
        yield
        return
    app: Flask = request.getfixturevalue("app")
    with app.app_context(), db.engine.connect() as connection:
        engine, outer = db.engine, connection.begin()
        db.engines[None] = connection  # type: ignore[assignment]
        settings.forget()
        try:
            with request_started.connected_to(_forget_request, app):
                yield
        finally:
            db.session.remove()
            settings.forget()
            db.engines[None] = engine
            outer.rollback()


def _forget_request(_app: Flask, **_: Any) -> None:
    """Begin each request with an empty ``g``, as in production: here requests share the test's application context."""
    for name in list(g):
        g.pop(name)


@pytest.fixture
def real_database(fresh_database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """An application on a database of this test's own, where threads commit: use ``with app.app_context()`` in each."""
    application = create_app(make_config(fresh_database_url, tmp_path))
    application.testing = True
    yield application
    with application.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(autouse=True)
def still_clock(request: pytest.FixtureRequest) -> Iterator[time_machine.Traveller | None]:
    """Time stands still unless a test moves it with ``at``, or needs the real one."""
    if {"real_database", "real_clock"} & set(request.fixturenames):
        yield None
        return
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def at(still_clock: time_machine.Traveller) -> Callable[[str | timedelta], None]:
    """Move the clock: ``at("2026-03-02 18:30")`` in the hospital's time, or on by a timedelta."""

    def move(to: str | timedelta) -> None:
        if isinstance(to, timedelta):
            still_clock.shift(to)
        else:
            still_clock.move_to(datetime.fromisoformat(to).replace(tzinfo=clock.HOSPITAL_ZONE))

    return move


@pytest.fixture
def real_clock() -> None:
    """Ask for the machine's clock."""


@pytest.fixture
def client(app: Flask, database: None) -> FlaskClient:
    return app.test_client()


def sign_in(client: FlaskClient, door: sessions.Door, subject_id: int) -> str:
    """Give this client a session of the door, and return the CSRF token of its forms."""
    token = ids.new_token(32)
    now = clock.now()
    row = sessions.SessionRow(
        token_hash=sessions._hash(token),
        kind=door.kind,
        subject_id=subject_id,
        created_at=now,
        seen_at=now,
        expires_at=now + door.absolute,
        address="127.0.0.1",
        browser="test",
    )
    db.session.add(row)
    db.session.commit()
    client.set_cookie(sessions._cookie_name(door.kind), token, domain="localhost")
    with client.application.test_request_context(headers={"Cookie": f"{sessions._cookie_name(door.kind)}={token}"}):
        return sessions.csrf_token(door)


@pytest.fixture
def sign_in_wechat() -> Callable[[FlaskClient, Any], str]:
    """Sign a WeChat user in: ``csrf = sign_in_wechat(client, user)``."""
    return lambda client, user: sign_in(client, sessions.WECHAT, user.id)


@pytest.fixture
def sign_in_staff() -> Callable[[FlaskClient, Any], str]:
    """Sign a member of staff in: ``csrf = sign_in_staff(client, member)``."""
    return lambda client, member: sign_in(client, sessions.STAFF, member.id)


@pytest.fixture
def queries(app: Flask, database: None) -> Iterator[list[str]]:
    """The SQL statements sent so far, for tests that count them."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK TO")):
            seen.append(statement)

    sa.event.listen(sa.engine.Engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(sa.engine.Engine, "before_cursor_execute", note)
