"""Facts that one package tells and others hear, without knowing each other.

``publish`` writes a row per listener in the teller's transaction, so the news exists if and only if the fact does.
After the commit each listener runs in a transaction of its own that also marks its row as heard: its effects in
the database happen once. A listener that fails is called again by the job ``deliver_due`` with growing gaps.
The rare listener that must not be a moment late is called inside the teller's transaction, see :func:`within`.
"""

from __future__ import annotations

import dataclasses
import json
import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core import clock
from wxapp.core.db import (
    BigId,
    Model,
    UTCDateTime,
    change,
    db,
    insert_row,
    is_conflict,
    on_commit,
    repeat_on_conflict,
    run,
    status_type,
    transaction,
)

log = logging.getLogger(__name__)

MAX_TRIES = 12
"""With the gaps of ``_next_try`` about three days; then a person has to look."""


@dataclass(frozen=True)
class Event:
    """Base of the facts. Fields are plain JSON values: numbers, texts, booleans, None."""


class EventState(StrEnum):
    NEW = "new"
    HEARD = "heard"
    DEAD = "dead"


class EventRow(Model):
    """One fact waiting for one listener."""

    __tablename__ = "core_event"
    __table_args__ = (sa.Index(None, "state", "due_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    listener: Mapped[str] = mapped_column(sa.String(160))
    payload: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[EventState] = mapped_column(status_type(EventState), default=EventState.NEW)
    tries: Mapped[int] = mapped_column(sa.Integer, default=0)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    heard_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_error: Mapped[str] = mapped_column(sa.String(500), default="")


E = TypeVar("E", bound=Event)

_listeners: dict[str, dict[str, Callable[[Any], None]]] = defaultdict(dict)
_within: dict[str, list[Callable[[Any], None]]] = defaultdict(list)
_types: dict[str, type[Event]] = {}


def on(event_type: type[E]) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Register the decorated function as a listener. It must bear being called twice."""

    def register(listener: Callable[[E], None]) -> Callable[[E], None]:
        _types[event_type.__name__] = event_type
        _listeners[event_type.__name__][f"{listener.__module__}.{listener.__qualname__}"] = listener
        return listener

    return register


def within(event_type: type[E]) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Register the decorated function as a listener inside the teller's own transaction.

    For what has to be written down with the fact itself, e.g. the terms that hold at that moment. It must be quick,
    wait for no row that many want, and call nobody outside: its failure undoes what the teller does.
    """

    def register(listener: Callable[[E], None]) -> Callable[[E], None]:
        if listener not in _within[event_type.__name__]:
            _within[event_type.__name__].append(listener)
        return listener

    return register


def publish(event: Event) -> None:
    """Tell a fact inside the transaction that makes it true."""
    name = type(event).__name__
    for at_once in _within[name]:
        at_once(event)
    now = clock.now()
    payload = json.dumps(dataclasses.asdict(event), ensure_ascii=False)
    for listener in _listeners[name]:
        row_id = insert_row(EventRow, name=name, listener=listener, payload=payload, due_at=now, created_at=now)
        on_commit(_deliver_and_repeat, row_id, (listener, event))


_Told = tuple[str, Event]
"""A listener's name and what it is to hear."""


def _deliver_and_repeat(row_id: int, told: _Told | None = None) -> bool:
    return repeat_on_conflict(lambda: deliver(row_id, told))


def deliver(row_id: int, told: _Told | None = None) -> bool:
    """Let the listener hear one fact, once; False when it was heard already or failed and waits.

    :param told: what the row says, when the caller has just written it
    """
    try:
        with transaction():
            if not run(_CLAIM, row_id=row_id, moment=clock.now()).rowcount:
                return False
            listener, event = told or _read(row_id)
            _listeners[type(event).__name__][listener](event)
    except Exception as error:
        if is_conflict(error):
            raise
        log.exception("event %s: listener failed", row_id)
        _postpone(row_id, error)
        return False
    return True


_CLAIM = (
    sa.update(EventRow)
    .where(EventRow.id == sa.bindparam("row_id"), EventRow.state == EventState.NEW)
    .values(state=EventState.HEARD, heard_at=sa.bindparam("moment"))
)


def _read(row_id: int) -> _Told:
    row = db.session.get_one(EventRow, row_id)
    return row.listener, _types[row.name](**json.loads(row.payload))


def _postpone(row_id: int, error: Exception) -> None:
    with transaction():
        row = db.session.get_one(EventRow, row_id)
        if row.state is not EventState.NEW:
            return
        row.tries += 1
        row.last_error = f"{type(error).__name__}: {error}"[:500]
        row.due_at = clock.now() + _next_try(row.tries)
        if row.tries >= MAX_TRIES:
            row.state = EventState.DEAD


def _next_try(tries: int) -> timedelta:
    return timedelta(seconds=min(5 * 4 ** (tries - 1), 12 * 3600))


def deliver_due(*, limit: int = 200) -> int:
    """Deliver what was not heard in time, e.g. because a process ended in between; return how many were."""
    # A few seconds of grace leave fresh rows to the process that wrote them.
    late = clock.now() - timedelta(seconds=3)
    statement = (
        sa.select(EventRow.id)
        .where(EventRow.state == EventState.NEW, EventRow.due_at <= late)
        .order_by(EventRow.due_at)
        .limit(limit)
    )
    ids = list(db.session.scalars(statement))
    db.session.commit()  # ends the read; each delivery is a transaction of its own
    return sum(_deliver_and_repeat(row_id) for row_id in ids)


def given_up(*, limit: int) -> list[EventRow]:
    """Return facts that a listener could not hear after all tries: a person has to look."""
    dead = sa.select(EventRow).where(EventRow.state == EventState.DEAD).order_by(EventRow.id).limit(limit)
    return list(db.session.scalars(dead))


def remove_heard(*, older_than: timedelta = timedelta(days=30), limit: int = 5000) -> int:
    """Remove facts that were heard long ago; return how many."""
    ids = db.session.scalars(
        sa.select(EventRow.id)
        .where(EventRow.state == EventState.HEARD, EventRow.heard_at < clock.now() - older_than)
        .limit(limit)
    ).all()
    with transaction():
        return change(sa.delete(EventRow).where(EventRow.id.in_(ids))) if ids else 0
