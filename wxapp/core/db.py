"""The database: columns, transactions, and counters that are taken instead of counted.

Runs on SQLite and on MySQL 8 / MariaDB with the same meaning. Guards are conditional UPDATEs and unique
keys, because ``FOR UPDATE`` does not exist on SQLite.
"""

from __future__ import annotations

import logging
import math
import random
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session
from sqlalchemy.pool import ConnectionPoolEntry, Pool

log = logging.getLogger(__name__)

T = TypeVar("T")

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Model(DeclarativeBase):
    """Base of every table. Names of keys are fixed so that migrations can name them on both databases."""

    metadata = sa.MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Model)


@event.listens_for(sa.Table, "after_parent_attach")
def _compare_byte_for_byte(table: sa.Table, _parent: Any) -> None:
    # What another system issues (openids, order numbers) must not be equal to itself in other letter case;
    # SQLite compares bytes already. reliability: emoji need utf8mb4.
    table.dialect_options["mysql"]["charset"] = "utf8mb4"
    table.dialect_options["mysql"]["collate"] = "utf8mb4_bin"


# --- columns ---------------------------------------------------------------------------------------------------------


class UTCDateTime(sa.types.TypeDecorator[datetime]):
    """A moment: aware in Python, UTC with milliseconds in the table. A naive value is refused."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name == "mysql":
            return dialect.type_descriptor(mysql.DATETIME(fsp=3))
        return dialect.type_descriptor(sa.DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone has no place in a table")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.replace(tzinfo=UTC)


BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""Integer key: SQLite counts up only a column declared INTEGER."""

Fen = sa.BigInteger
"""Whole fen."""


def status_type(states: type[StrEnum]) -> sa.Enum:
    """Return the column type of a status: its value as text, refused when it is not one of the states."""
    return sa.Enum(states, native_enum=False, length=30, values_callable=lambda enum: [member.value for member in enum])


# --- engine ----------------------------------------------------------------------------------------------------------

WRITES = "wxapp_writes"
"""Execution option of a connection that is going to write."""


def engine_options(url: str, *, pool_size: int = 20) -> dict[str, Any]:
    """Return what the engine of this address needs; one place for isolation, time-outs and pools."""
    if sa.engine.make_url(url).get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": 10}}
    return {
        # One meaning of a transaction everywhere; REPEATABLE READ would keep old snapshots in long sessions.
        "isolation_level": "READ COMMITTED",
        "pool_size": pool_size,
        "max_overflow": 5,
        "pool_timeout": 5,
        "pool_recycle": 1800,
        # Every transaction borrows a connection anew. SQLAlchemy rolls back what it began when it gives one back;
        # the pool's own ROLLBACK behind that, and a ping before each loan, were a quarter of all round trips.
        "pool_reset_on_return": None,
        "connect_args": {
            "charset": "utf8mb4",
            "connect_timeout": 3,
            "read_timeout": 30,
            "write_timeout": 30,
            "init_command": "SET time_zone='+00:00', innodb_lock_wait_timeout=4, "
            "sql_mode='STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY'",
        },
    }


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # the driver's own BEGIN off; ours is in _begin_sqlite
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


_IDLE_SECONDS = 5.0
"""A connection that lay longer in the pool is asked whether it still lives: servers and firewalls cut idle ones."""


@event.listens_for(Pool, "checkin")
def _note_return(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["returned_at"] = time.monotonic()


@event.listens_for(Pool, "checkout")
def _ask_idle_connection(connection: Any, record: ConnectionPoolEntry, _loan: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        return
    if time.monotonic() - record.info.get("returned_at", math.inf) <= _IDLE_SECONDS:
        return
    try:
        connection.ping(reconnect=False)
    except Exception as error:  # whatever it is, the pool then opens another one
        raise InvalidatePoolError from error


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        # A transaction that reads first and writes later fails at once when somebody wrote in between:
        # one that is going to write takes the right to write at its start.
        writes = connection.get_execution_options().get(WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


# --- transactions ----------------------------------------------------------------------------------------------------


@dataclass
class _Unit:
    depth: int = 0
    is_doomed: bool = False
    after_commit: list[tuple[Callable[..., object], tuple[Any, ...]]] = field(default_factory=list)


class DoomedTransaction(RuntimeError):
    """An error left an inner block and was caught; what the outer block did would be half a thing."""


def _unit(session: Session) -> _Unit:
    unit: _Unit = session.info.setdefault("wxapp_unit", _Unit())
    return unit


@contextmanager
def transaction() -> Iterator[None]:
    """Run the block as one transaction: all of it is kept, or nothing.

    Inner blocks join the outer one. An error that left an inner block dooms the whole, even if it is caught
    on the way: the outer block then ends in :class:`DoomedTransaction`.
    Rows that were read before the outermost block are read again inside it.
    """
    session = db.session()
    unit = _unit(session)
    if unit.depth:
        unit.depth += 1
        try:
            yield
        except BaseException:
            unit.is_doomed = True
            raise
        finally:
            unit.depth -= 1
        return

    if session.new or session.dirty or session.deleted:
        raise RuntimeError("rows were changed outside a transaction")
    session.commit()  # ends the reads so far; they saw an older state of the tables
    unit.depth, unit.is_doomed, unit.after_commit = 1, False, []
    try:
        if session.get_bind().dialect.name == "sqlite":
            session.connection(execution_options={WRITES: True})
        yield
        if unit.is_doomed:
            raise DoomedTransaction("an error inside this transaction was caught; nothing of it was kept")
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        unit.depth = 0
        callbacks, unit.after_commit = unit.after_commit, []
    for function, arguments in callbacks:
        try:
            function(*arguments)
        except Exception:
            log.exception("after commit: %s failed; a job will do it", getattr(function, "__qualname__", function))


def in_transaction() -> bool:
    return _unit(db.session()).depth > 0


def on_commit(function: Callable[..., object], *arguments: Any) -> None:
    """Call the function once the transaction is kept. For hurry only: what must happen is a row."""
    unit = _unit(db.session())
    if not unit.depth:
        raise RuntimeError("on_commit needs a transaction")
    unit.after_commit.append((function, arguments))


APPEND_ONLY = "append_only"
"""Mark in a table's ``info``: its rows are never changed."""


class AppendOnly(RuntimeError):
    """Somebody tried to change or remove what is only ever added to."""


def change(statement: sa.Update | sa.Delete | sa.Insert) -> int:
    """Run a statement and return how many rows it met. Rows already loaded are not touched.

    :raises AppendOnly: the table's rows are only ever added
    """
    if not isinstance(statement, sa.Insert) and cast("sa.Table", statement.table).info.get(APPEND_ONLY):
        raise AppendOnly(str(statement.table))
    # On the connection: the session's own way of running an UPDATE costs twice the time of everything else in it.
    return run(statement).rowcount


def run(statement: sa.Executable, **values: Any) -> sa.CursorResult[Any]:
    """Run a statement about columns on the session's connection.

    For hot paths: a statement that was built once, with ``sa.bindparam`` for what differs, costs 25 microseconds
    here and 150 when it is built and given to the session each time.
    """
    session = db.session()
    if session.new or session.dirty or session.deleted:
        session.flush()  # what was noted before happens before
    return session.connection().execute(statement, values)


def insert_row(model: type[Model], **values: Any) -> int:
    """Write one row and return its key: for hot paths, a third of the time of an object that is added and flushed.

    Defaults of the columns apply. What was added to the session but not flushed may reach the table after it.
    """
    return int(db.session.connection().execute(_insert_into(model), values).inserted_primary_key[0])  # type: ignore[index]


def insert_rows(model: type[Model], rows: Sequence[dict[str, Any]]) -> None:
    """Write rows with one statement. Defaults of the columns apply; all rows have the same columns."""
    if rows:
        db.session.connection().execute(_insert_into(model), rows)


@lru_cache
def _insert_into(model: type[Model]) -> sa.Insert:
    return sa.insert(cast("sa.Table", model.__table__))


def take(column: InstrumentedAttribute[int], n: int, *where: sa.ColumnElement[bool]) -> bool:
    """Take n of a scarce counter if that many are left; say whether it worked. Never read, compare, write."""
    if n < 1:
        raise ValueError("at least one is taken")
    return change(sa.update(column.class_).where(column >= n, *where).values({column.key: column - n})) == 1


def give_back(column: InstrumentedAttribute[int], n: int, *where: sa.ColumnElement[bool]) -> None:
    """Give back what :func:`take` took. The caller sees to it that this happens once."""
    if n < 1 or change(sa.update(column.class_).where(*where).values({column.key: column + n})) != 1:
        raise ValueError("nothing to give back to")


# --- conflicts and outages -------------------------------------------------------------------------------------------

_CONFLICTS = {1213, 1205, 1020, 1305}
"""Deadlock, lock wait time-out, row changed under snapshot isolation; and a savepoint that is gone, because a deadlock
has rolled the whole transaction back: its own error is hidden behind this one then."""
_OUTAGES = {1040, 1053, 1290, 1792, 1836, 2002, 2003, 2006, 2013, 4031}


def error_number(error: DBAPIError) -> int | None:
    arguments = getattr(error.orig, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else None


def is_conflict(error: BaseException) -> bool:
    """Two transactions got into each other's way; repeating the whole use case is right."""
    if not isinstance(error, DBAPIError):
        return False
    return error_number(error) in _CONFLICTS or "database is locked" in str(error.orig)


def is_outage(error: BaseException) -> bool:
    """The database does not answer, takes no more connections, or takes no writes."""
    if isinstance(error, sa.exc.TimeoutError | InterfaceError):
        return True
    if not isinstance(error, OperationalError | DBAPIError):
        return False
    return error_number(error) in _OUTAGES or "readonly database" in str(error.orig) or error.connection_invalidated


def repeat_on_conflict(work: Callable[[], T], *, tries: int = 4) -> T:
    """Do the work; when it lost a conflict, do all of it again, a few times.

    For doors and jobs only: the work must have no effects besides the database.
    """
    for attempt in range(1, tries + 1):
        try:
            return work()
        except DBAPIError as error:
            db.session.rollback()
            if attempt == tries or not is_conflict(error):
                raise
            log.info("conflict, attempt %d of %d: %s", attempt, tries, error.orig)
            time.sleep(random.uniform(0.005, 0.03) * attempt)  # noqa: S311 - jitter, not a secret
    raise AssertionError("unreachable")
