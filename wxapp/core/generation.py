"""Of which generation public pages are: a number in the database that goes up with every change of what they show.

Each process asks for it at most once a second, so whatever it keeps is thrown away in time by all of them, also where
there is no Redis. Stepping is part of the transaction that makes the change: who sees the new number sees the change.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.db import BigId, Model, change, db, on_commit

log = logging.getLogger(__name__)

FRESH_SECONDS = 1.0
"""How long a process may believe the number it knows."""

PUBLIC_PAGES = 1


class Generation(Model):
    """The counter. Its one row is there from the beginning."""

    __tablename__ = "core_generation"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(sa.BigInteger)


@sa.event.listens_for(Generation.__table__, "after_create")
def _begin(table: sa.Table, connection: Connection, **_: Any) -> None:
    connection.execute(sa.insert(table).values(id=PUBLIC_PAGES, number=1))


@dataclass
class _Known:
    """What this process knows."""

    number: int = -1
    until: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


def step() -> None:
    """Count one change, inside the transaction that makes it; this process asks anew as soon as it is kept.

    Call it last in the transaction: everybody who changes something waits at this row.
    """
    if change(sa.update(Generation).where(Generation.id == PUBLIC_PAGES).values(number=Generation.number + 1)) != 1:
        raise RuntimeError("core_generation has lost its row")
    on_commit(forget)


def forget() -> None:
    """Ask the database at the next question."""
    _known(current_app).until = 0.0


def when_new(work: Callable[[], object]) -> None:
    """Call this, inside an application, whenever a process meets another number than it knew."""
    _when_new.append(work)


_when_new: list[Callable[[], object]] = []


def current(app: Flask) -> int:
    """Return the number.

    One thread asks, the others go on with what is known meanwhile. When the database is away the known number stays:
    pages that are kept are better than none.
    """
    known = _known(app)
    if time.monotonic() < known.until or not known.lock.acquire(blocking=False):
        return known.number
    try:
        # Before the question: a change that is told of during it must lead to another one.
        known.until = time.monotonic() + FRESH_SECONDS
        with app.app_context():
            found = db.session.scalar(sa.select(Generation.number).where(Generation.id == PUBLIC_PAGES)) or 0
            if found != known.number:
                for work in _when_new:
                    work()
        known.number = found
    except SQLAlchemyError as error:
        log.warning("generation of public pages: %s", error)
    finally:
        known.lock.release()
    return known.number


def _known(app: Flask) -> _Known:
    known: _Known = app.extensions.setdefault("wxapp_generation", _Known())
    return known
