"""Numbers that people read and tokens that nobody guesses."""

from __future__ import annotations

import secrets
from datetime import date

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core import clock
from wxapp.core.db import Model, db, run, transaction


class Sequence(Model):
    """One counter, e.g. the orders of one day."""

    __tablename__ = "core_sequence"

    name: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    value: Mapped[int] = mapped_column(sa.BigInteger, comment="the last number given out")


def next_number(name: str, *, first: int = 1) -> int:
    """Return the next number of a sequence; no number is given out twice, gaps are allowed.

    Draw it before the transaction that uses it: inside one, everybody else waits for that transaction's end.
    """
    with transaction():
        if not run(_STEP, wanted=name).rowcount:
            try:
                with db.session.begin_nested():
                    db.session.add(Sequence(name=name, value=first))
                return first
            except IntegrityError:  # somebody else began the sequence in this moment
                run(_STEP, wanted=name)
        return int(run(_VALUE, wanted=name).scalar_one())


_STEP = sa.update(Sequence).where(Sequence.name == sa.bindparam("wanted")).values(value=Sequence.value + 1)
_VALUE = sa.select(Sequence.value).where(Sequence.name == sa.bindparam("wanted"))


def last_number(name: str) -> int:
    """Return the last number that a sequence has given out, 0 before the first."""
    return int(run(_VALUE, wanted=name).scalar() or 0)


def next_in_day(series: str, day: date, *, first: int = 1) -> int:
    """Return the next number of this series on this hospital day."""
    return next_number(f"{series}:{day:%Y%m%d}", first=first)


def new_token(size: int = 24) -> str:
    """Return an unguessable name, safe in addresses; 24 bytes are 192 bits."""
    return secrets.token_urlsafe(size)


def digits(count: int) -> str:
    """Return random digits, e.g. for codes that people type."""
    return "".join(secrets.choice("0123456789") for _ in range(count))


def outside_number(prefix: str) -> str:
    """Return a number for another system: 28 letters and digits, unique for ever, also after a restore.

    The random part does not depend on any counter of ours (reliability 3.1, rule 9).
    """
    return f"{prefix}{clock.local(clock.now()):%Y%m%d%H%M%S}{secrets.token_hex(6)}"[:32]
