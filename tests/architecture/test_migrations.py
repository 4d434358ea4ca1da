"""Migrations run in both directions on both databases, and make exactly the tables of the models."""

from __future__ import annotations

import re
from pathlib import Path

import flask_migrate
import sqlalchemy as sa
from flask import Flask

from wxapp.app import MIGRATIONS, use_migrations
from wxapp.core.db import db


def tables() -> set[str]:
    return set(sa.inspect(db.engine).get_table_names()) - {"alembic_version"}


def test_down_to_nothing_and_up_again_ends_at_the_models(real_database: Flask) -> None:
    use_migrations(real_database)
    with real_database.app_context():
        assert tables() == set(db.metadata.tables)
        flask_migrate.downgrade(revision="base")
        assert tables() == set()
        flask_migrate.upgrade()
        flask_migrate.check()  # ends the process when a table or column differs


def test_migrations_import_nothing_of_the_program() -> None:
    for path in Path(MIGRATIONS, "versions").glob("*.py"):
        assert not re.search(r"^\s*(from|import) (wxapp|jobs)\b", path.read_text(encoding="utf-8"), re.MULTILINE), path


def test_every_table_holds_any_character(real_database: Flask, engine_name: str) -> None:
    if engine_name == "sqlite":
        return
    with real_database.app_context():
        found = db.session.execute(
            sa.text("SELECT table_name, table_collation FROM information_schema.tables WHERE table_schema = DATABASE()")
        )
        assert {collation for name, collation in found if name != "alembic_version"} == {"utf8mb4_bin"}
