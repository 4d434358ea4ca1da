import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.engines.databases import Databases, MariadbDatabases, SqliteDatabases
from tests.engines.plugin import Engines

TABLES = (
    "CREATE TABLE parent (id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL UNIQUE)",
    "CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER NOT NULL REFERENCES parent (id), CHECK (id > 0))",
    "INSERT INTO parent VALUES (1, '一')",
)


def build(url: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in TABLES:
            connection.execute(sa.text(statement))
    engine.dispose()


@pytest.fixture
def own_databases(engines: Engines, database_url: str, tmp_path: Path) -> Iterator[Databases]:
    template = f"template_{uuid.uuid4().hex}"
    if engines.engine == "mariadb":
        databases: Databases = MariadbDatabases(tmp_path, engines.mariadb_url, template=template)
    else:
        databases = SqliteDatabases(tmp_path, template=template)
    yield databases
    databases.drop(template)


@pytest.fixture
def copied_url(own_databases: Databases) -> Iterator[str]:
    name = f"copied_{uuid.uuid4().hex}"
    own_databases.build_template(build)
    yield own_databases.copy(name)
    own_databases.drop(name)


def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    engine = sa.create_engine(url)
    try:
        with engine.begin() as connection:
            if url.startswith("sqlite"):
                connection.execute(sa.text("PRAGMA foreign_keys=ON"))
            answer = connection.execute(sa.text(statement))
            return [tuple(row) for row in answer] if answer.returns_rows else []
    finally:
        engine.dispose()


def test_a_copy_holds_the_rows_of_the_template(copied_url: str) -> None:
    assert rows(copied_url, "SELECT id, name FROM parent") == [(1, "一")]


@pytest.mark.parametrize(
    "statement",
    ["INSERT INTO parent VALUES (2, '一')", "INSERT INTO child VALUES (1, 9)", "INSERT INTO child VALUES (-1, 1)"],
    ids=["unique", "foreign key", "check"],
)
def test_a_copy_keeps_the_constraints(copied_url: str, statement: str) -> None:
    with pytest.raises((sa.exc.IntegrityError, sa.exc.OperationalError)):
        rows(copied_url, statement)


def test_a_copy_is_apart_from_the_template(own_databases: Databases, copied_url: str) -> None:
    rows(copied_url, "INSERT INTO parent VALUES (2, '二')")
    assert rows(own_databases.url(own_databases.template), "SELECT id FROM parent") == [(1,)]


def test_the_template_is_built_once(own_databases: Databases) -> None:
    built: list[str] = []
    for _ in range(2):
        own_databases.build_template(built.append)
    assert len(built) == 1


def test_a_template_that_failed_is_built_again(own_databases: Databases) -> None:
    def fail(url: str) -> None:
        raise RuntimeError(url)

    with pytest.raises(RuntimeError):
        own_databases.build_template(fail)
    own_databases.build_template(build)
    assert rows(own_databases.url(own_databases.template), "SELECT id FROM parent") == [(1,)]


def test_a_dropped_database_is_gone(tmp_path: Path) -> None:
    databases = SqliteDatabases(tmp_path)
    databases.build_template(build)
    with closing(sqlite3.connect(databases.copy("copied").removeprefix("sqlite:///"))) as connection:
        connection.execute("SELECT 1")
    databases.drop("copied")
    assert not list(tmp_path.glob("copied*"))
