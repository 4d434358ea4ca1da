"""The generation of public pages: who changes something tells every process, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories.website import BY
from tests.settings import make_config
from wxapp.app import create_app
from wxapp.core import generation, settings
from wxapp.core.db import db, transaction
from wxapp.core.generation import Generation
from wxapp.h5.kept import forget_public_pages
from wxapp.h5.settings import HOSPITAL_NAME
from wxapp.website import services

ABOUT = "百年老院"


@pytest.fixture
def other(real_database: Flask, fresh_database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """A second process, as far as the application can tell: nothing is shared but the database."""
    application = create_app(make_config(fresh_database_url, tmp_path))
    application.testing = True
    yield application
    with application.app_context():
        db.session.remove()
        db.engine.dispose()


def a_second_passes(app: Flask) -> None:
    """Let what this process knows be old."""
    generation._known(app).until = 0.0


def page(app: Flask, path: str = "/about") -> str:
    return app.test_client().get(path).text


def write_about(app: Flask) -> None:
    with app.app_context():
        services.write_sheet("about", ABOUT, seen_version=1, by=BY)
        db.session.remove()


def test_a_change_shows_here_at_once_and_elsewhere_within_a_second(real_database: Flask, other: Flask) -> None:
    assert ABOUT not in page(real_database) + page(other)
    write_about(real_database)
    assert ABOUT in page(real_database)
    assert ABOUT not in page(other)
    a_second_passes(other)
    assert ABOUT in page(other)


def test_without_the_step_other_processes_go_on_with_the_old_page(
    real_database: Flask, other: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    page(other)
    monkeypatch.setattr(generation, "step", lambda: None)
    write_about(real_database)
    a_second_passes(other)
    assert ABOUT not in page(other)


def test_a_setting_shows_on_kept_pages_too(real_database: Flask, other: Flask) -> None:
    page(other, "/")
    with real_database.app_context():
        settings.write(HOSPITAL_NAME, "新院名", by=BY)
        db.session.remove()
    a_second_passes(other)
    assert "新院名" in page(other, "/")


def number(app: Flask) -> int:
    with app.app_context():
        found = db.session.scalar(sa.select(Generation.number)) or 0
        db.session.remove()
    return found


def test_a_change_that_is_undone_is_told_to_nobody(real_database: Flask) -> None:
    before = number(real_database)
    with real_database.app_context(), pytest.raises(ZeroDivisionError), transaction():
        forget_public_pages()
        raise ZeroDivisionError
    assert number(real_database) == before


def test_the_question_is_asked_once_a_second(app: Flask, client: object, queries: list[str]) -> None:
    a_second_passes(app)
    generation.current(app)
    asked = len(queries)
    for _ in range(20):
        generation.current(app)
    assert (asked, len(queries)) == (1, 1)


def test_while_the_database_is_away_the_known_number_stays(
    app: Flask, client: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = generation.current(app)

    def away(*_: object) -> None:
        raise sa.exc.OperationalError("SELECT", {}, Exception("gone"))

    a_second_passes(app)
    monkeypatch.setattr(db.session, "scalar", away)
    assert generation.current(app) == known
