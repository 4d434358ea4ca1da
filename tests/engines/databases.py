"""A template database built once, and copies of it."""

from __future__ import annotations

import fcntl
import re
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pymysql


class Databases(ABC):
    """The databases of a run, shared by its workers through a folder."""

    def __init__(self, folder: Path, *, template: str = "wxapp_template") -> None:
        self.folder = folder
        self.template = template

    def build_template(self, build: Callable[[str], object]) -> None:
        """Let `build` fill the template, once in a run, whichever worker comes first; a failure is everybody's."""
        done = self.folder / f"{self.template}.done"
        with _locked(self.folder / f"{self.template}.lock"):
            if not done.exists():
                self._create(self.template)
                build(self.url(self.template))
                done.touch()

    @abstractmethod
    def url(self, name: str) -> str:
        """Return the address of a database for SQLAlchemy."""

    @abstractmethod
    def copy(self, name: str) -> str:
        """Make a copy of the template in place of a database of this name; return its address."""

    @abstractmethod
    def drop(self, name: str) -> None:
        """Remove a database."""

    @abstractmethod
    def _create(self, name: str) -> None: ...


class SqliteDatabases(Databases):
    """Files in the run's folder."""

    def url(self, name: str) -> str:
        return f"sqlite:///{self._path(name)}"

    def copy(self, name: str) -> str:
        self.drop(name)
        with (
            closing(sqlite3.connect(self._path(self.template))) as template,
            closing(sqlite3.connect(self._path(name))) as target,
        ):
            template.backup(target)
            target.execute("PRAGMA journal_mode=WAL")
        return self.url(name)

    def drop(self, name: str) -> None:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self._path(name)}{suffix}").unlink(missing_ok=True)

    def _create(self, name: str) -> None:
        self.drop(name)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.sqlite"


class MariadbDatabases(Databases):
    """Databases on the run's private server; copied by its own description of each table."""

    def __init__(self, folder: Path, server_url: str, *, template: str = "wxapp_template") -> None:
        super().__init__(folder, template=template)
        self.server_url = server_url

    def url(self, name: str) -> str:
        return f"{self.server_url}{name}?charset=utf8mb4"

    def copy(self, name: str) -> str:
        self._create(name)
        with self._cursor() as cursor:
            cursor.execute(f"USE `{self.template}`")
            cursor.execute("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'")
            tables = [str(row[0]) for row in cursor.fetchall()]
            statements = [self._definition(cursor, "TABLE", table, column=1) for table in tables]
            cursor.execute("SHOW TRIGGERS")
            triggers = [str(row[0]) for row in cursor.fetchall()]
            after = [self._definition(cursor, "TRIGGER", trigger, column=2) for trigger in triggers]
            filled = [table for table in tables if self._has_rows(cursor, table)]
            cursor.execute(f"USE `{name}`")
            cursor.execute("SET foreign_key_checks = 0")
            for statement in statements:
                cursor.execute(statement)
            for table in filled:
                cursor.execute(f"INSERT INTO `{table}` SELECT * FROM `{self.template}`.`{table}`")
            for statement in after:
                cursor.execute(re.sub(r"DEFINER=\S+ ", "", statement, count=1))
        return self.url(name)

    def drop(self, name: str) -> None:
        with self._cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS `{name}`")

    def _create(self, name: str) -> None:
        with self._cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS `{name}`")
            cursor.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")

    @staticmethod
    def _definition(cursor: Any, kind: str, name: str, *, column: int) -> str:
        cursor.execute(f"SHOW CREATE {kind} `{name}`")
        return str(cursor.fetchone()[column])

    @staticmethod
    def _has_rows(cursor: Any, table: str) -> bool:
        cursor.execute(f"SELECT EXISTS (SELECT 1 FROM `{table}`)")
        return bool(cursor.fetchone()[0])

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        port = urlsplit(self.server_url).port
        with (
            pymysql.connect(
                host="127.0.0.1", port=port or 0, user="root", charset="utf8mb4", autocommit=True
            ) as connection,
            connection.cursor() as cursor,
        ):
            yield cursor


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
