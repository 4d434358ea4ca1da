"""Record the statements of one purchase, as shapes into which other values can be put.

Two purchases by different buyers are recorded. Where both sent the same value it stays; a key of a buyer's own row
becomes that row's key of whoever replays; a key of a row that the purchase itself has inserted becomes the new row's;
any other text that differed (numbers, tokens, ciphertexts) becomes a fresh text of the same length.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bench.people import Buyer
from bench.world import table_of

COMMIT = "COMMIT"
_NAME = re.compile(r"%\((\w+)\)s")
_SAVEPOINT_NAME = re.compile(r"sa_savepoint_\d+")
_FRESH_LENGTH = 12
"""Texts at least this long can be made unique."""
_ATTEMPTS = 5
USED = 2 * _ATTEMPTS + 1
"""Buyers that a recording may use: what is counted of them, e.g. against a limit, has begun."""


class Thing(Protocol):
    """What is bought or booked: its keys are put in where the recording names those of another one."""

    @property
    def id(self) -> int: ...

    @property
    def rows(self) -> dict[str, int | str]: ...


T = TypeVar("T", bound=Thing)


@dataclass
class Sent:
    """A statement as it was sent, or COMMIT."""

    sql: str
    parameters: list[tuple[Any, ...]] = field(default_factory=list)
    rows: int = 0
    first_id: int = 0


@dataclass(frozen=True)
class Recording:
    """What a purchase sends, ready to be written as JSON."""

    steps: list[dict[str, Any]]

    @property
    def statements(self) -> int:
        return sum(step["sql"] != COMMIT for step in self.steps)

    @property
    def commits(self) -> int:
        return sum(step["sql"] == COMMIT for step in self.steps)


@contextmanager
def listening() -> Iterator[list[Sent]]:
    """Note what this thread's work sends to any database. Rollbacks and pings of the pool are left out."""
    sent: list[Sent] = []
    thread = threading.get_ident()

    def note(_c: Any, cursor: Any, sql: str, parameters: Any, _context: Any, many: bool) -> None:
        if threading.get_ident() != thread:
            return
        names = _NAME.findall(sql)
        rows = [tuple(row[name] for name in names) for row in (parameters if many else [parameters])] if names else []
        plain = _NAME.sub("%s", _SAVEPOINT_NAME.sub("sa_savepoint", sql))
        sent.append(Sent(plain, rows, cursor.rowcount, cursor.lastrowid or 0))

    def note_commit(_c: Any) -> None:
        if threading.get_ident() == thread and sent and sent[-1].sql != COMMIT:
            sent.append(Sent(COMMIT))

    sa.event.listen(Engine, "after_cursor_execute", note)
    sa.event.listen(Engine, "commit", note_commit)
    try:
        yield sent
    finally:
        sa.event.remove(Engine, "after_cursor_execute", note)
        sa.event.remove(Engine, "commit", note_commit)


def record(buyers: Sequence[Buyer], wares: Sequence[T], purchase: Callable[[Buyer, T], None]) -> Recording:
    """Record two purchases and return their common shape.

    :raises RuntimeError: the two never sent the same statements
    """
    purchase(buyers[0], wares[0])  # settings are read, counters of the day begun
    for attempt in range(_ATTEMPTS):
        taken: list[tuple[list[Sent], Buyer, T]] = []
        for number in (1, 2):
            buyer, ware = buyers[attempt * 2 + number], wares[number]
            with listening() as sent:
                purchase(buyer, ware)
            taken.append((sent, buyer, ware))
        if [each.sql for each in taken[0][0]] == [each.sql for each in taken[1][0]]:
            return Recording(_steps(*taken))
    raise RuntimeError("two purchases send different statements")


def _steps(first: tuple[list[Sent], Buyer, Thing], second: tuple[list[Sent], Buyer, Thing]) -> list[dict[str, Any]]:
    own = {value: name for rows in (first[1].rows, first[2].rows) for name, value in rows.items()}
    inserted: dict[int, list[int]] = {}
    steps: list[dict[str, Any]] = []
    for sent, other in zip(first[0], second[0], strict=True):
        step: dict[str, Any] = {"sql": sent.sql}
        if sent.sql != COMMIT:
            step["parameters"] = [
                [_shape(mine, theirs, own, inserted) for mine, theirs in zip(row, other_row, strict=True)]
                for row, other_row in zip(sent.parameters, other.parameters, strict=True)
            ]
            step["rows"] = sent.rows
            if sent.sql.startswith("INSERT") and table_of(sent.first_id):
                number = len({insert for insert, _ in inserted.values()})
                step["keeps"] = number
                inserted |= {sent.first_id + n: [number, n] for n in range(max(1, sent.rows))}
        steps.append(step)
    return steps


def _shape(mine: Any, theirs: Any, own: dict[Any, str], inserted: dict[int, list[int]]) -> dict[str, Any]:
    if isinstance(mine, int) and mine in inserted:
        return {"inserted": inserted[mine]}
    if isinstance(mine, int | str) and mine in own and mine != theirs:
        return {"own": own[mine]}
    if isinstance(mine, int) and mine != theirs and table_of(mine):
        raise RuntimeError(f"a key of {table_of(mine)} that is neither the buyer's own nor new")
    if isinstance(mine, str) and mine != theirs and len(mine) >= _FRESH_LENGTH:
        return {"fresh": mine}
    return {"same": _plain(mine)}


def _plain(value: Any) -> Any:
    """Return the value as JSON can hold it; MariaDB reads moments and numbers from texts as well."""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="milliseconds")
    if isinstance(value, date | Decimal):
        return str(value)
    return value
