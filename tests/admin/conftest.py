"""An application with a few toy interfaces beside the real ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.admin import toys
from tests.settings import make_config
from wxapp.app import create_app
from wxapp.core.db import db


@pytest.fixture(scope="session")
def app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    application = create_app(make_config(database_url, tmp_path_factory.mktemp("files")))
    application.testing = True
    application.register_blueprint(toys.blueprint)
    application.add_url_rule("/pc/sneaked-in", endpoint="sneaked_in", view_func=lambda: "secret")
    yield application
    with application.app_context():
        db.engine.dispose()


@pytest.fixture
def saved() -> Iterator[list[str]]:
    """What the toy POSTs have done."""
    toys.saved.clear()
    yield toys.saved
    toys.saved.clear()
