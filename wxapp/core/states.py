"""State machines: the moves are a table, and a move happens only if the row still is where we saw it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Generic, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm.attributes import set_committed_value

from wxapp.core import clock
from wxapp.core.db import APPEND_ONLY, BigId, Model, UTCDateTime, change, db, insert_row, insert_rows, run
from wxapp.core.errors import IllegalTransition

S = TypeVar("S", bound=StrEnum)


class StatusChange(Model):
    """Who moved what, when and why. Rows are only ever added."""

    __tablename__ = "core_status_change"
    __table_args__ = (sa.Index(None, "entity", "entity_id"), {"info": {APPEND_ONLY: True}})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    entity: Mapped[str] = mapped_column(sa.String(60), comment="table of the row")
    entity_id: Mapped[int] = mapped_column(sa.BigInteger)
    old: Mapped[str] = mapped_column(sa.String(30))
    new: Mapped[str] = mapped_column(sa.String(30))
    actor: Mapped[str] = mapped_column(sa.String(60), comment="staff:12, wechat:5, system:jobs")
    reason: Mapped[str] = mapped_column(sa.String(200), default="")
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class Machine(Generic[S]):
    """The legal moves of one status column.

    :param moves: from each status the ones it may move to; a status without an entry is final
    """

    def __init__(self, moves: Mapping[S, set[S]], *, attribute: str = "status") -> None:
        self.moves = moves
        self.attribute = attribute

    def allows(self, old: S, new: S) -> bool:
        return new in self.moves.get(old, set())

    def move(self, row: Any, new: S, *, by: str, why: str = "", **values: Any) -> None:
        """Move the row, set the given columns with it, and write the move down.

        :raises IllegalTransition: the table does not allow it, or somebody else has moved the row meanwhile
        """
        old: S = getattr(row, self.attribute)
        if not self.try_move(type(row), row.id, old=old, new=new, by=by, why=why, **values):
            raise IllegalTransition(old=old, new=new)
        for name, value in {self.attribute: new, **values}.items():
            set_committed_value(row, name, value)

    def try_move(self, model: type[Any], row_id: int, *, old: S, new: S, by: str, why: str = "", **values: Any) -> bool:
        """Move a row known by its key; False when it no longer is in the old status (the race is lost).

        :raises IllegalTransition: the table never allows this move
        """
        if not self.allows(old, new):
            raise IllegalTransition(old=old, new=new)
        plain = {name: value for name, value in values.items() if not _is_expression(value)}
        step = _step(cast("Any", model), self.attribute, tuple(plain))
        if len(plain) < len(values):  # counted by the database, e.g. from another column
            step = step.values({name: value for name, value in values.items() if name not in plain})
        moved = run(step, row_id=row_id, old=old, new=new, **{f"new_{name}": value for name, value in plain.items()})
        if moved.rowcount != 1:
            return False
        insert_row(
            StatusChange,
            entity=model.__tablename__,
            entity_id=row_id,
            old=old,
            new=new,
            actor=by,
            reason=why,
            at=clock.now(),
        )
        return True

    def move_all(
        self, model: type[Any], row_ids: Sequence[int], *, old: S, new: S, by: str, why: str = "", **values: Any
    ) -> None:
        """Move rows that are all in the same status, up to some hundreds; each move is written down.

        :raises IllegalTransition: the table does not allow it, or one of the rows is not in the old status any more
        """
        column = getattr(model, self.attribute)
        step = sa.update(model).where(model.id.in_(row_ids), column == old).values({self.attribute: new, **values})
        if not self.allows(old, new) or change(step) != len(row_ids):
            raise IllegalTransition(old=old, new=new)
        entity, now = model.__tablename__, clock.now()
        insert_rows(
            StatusChange,
            [
                {"entity": entity, "entity_id": row_id, "old": old, "new": new, "actor": by, "reason": why, "at": now}
                for row_id in row_ids
            ],
        )


def _is_expression(value: object) -> bool:
    return isinstance(value, sa.ColumnElement) or hasattr(value, "__clause_element__")


@lru_cache
def _step(model: Any, attribute: str, names: tuple[str, ...]) -> sa.Update:
    """Return the move of a row as a statement; built once for each set of columns that go with it."""
    column = getattr(model, attribute)
    values: dict[str, Any] = {name: sa.bindparam(f"new_{name}") for name in names}
    return (
        sa.update(model)
        .where(model.id == sa.bindparam("row_id"), column == sa.bindparam("old"))
        .values({attribute: sa.bindparam("new"), **values})
    )


def history(row: Any) -> list[StatusChange]:
    """Return the moves of a row, oldest first."""
    statement = (
        sa.select(StatusChange)
        .where(StatusChange.entity == row.__tablename__, StatusChange.entity_id == row.id)
        .order_by(StatusChange.id)
    )
    return list(db.session.scalars(statement))
