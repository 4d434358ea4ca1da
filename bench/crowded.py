"""Many orders at once: those that came about through the services are copied, table by table, in the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wxapp.core.db import Model, UTCDateTime, db
from wxapp.mall.models import Order
from wxapp.patients.models import Patient

STRIDE = 10**6
"""Distance of a copy's keys from those of its original."""

HOURS = 11
"""Each round of copies is this much older than the one before."""


@dataclass(frozen=True)
class Copied:
    """A table of which rows are copied.

    :ivar keys: its own key, and keys of other copied rows
    :ivar texts: what has to be unique besides the columns that are so by themselves; their first four characters give
        way to the number of the copy
    """

    table: str
    keys: tuple[str, ...]
    texts: tuple[str, ...] = ()


TABLES = (
    Copied("payment_order", ("id",), ("subject_no",)),
    Copied("payment_attempt", ("id", "payment_order_id")),
    Copied("wallet_transfer", ("id",), ("source",)),
    Copied("mall_order", ("id",), ("payment_no",)),
    Copied("mall_order_line", ("id", "order_id")),
    Copied("core_status_change", ("id", "entity_id")),
    Copied("core_event", ("id",)),
    Copied("messages_message", ("id",)),
    Copied("messages_delivery", ("id", "message_id")),
)


def multiply_orders(count: int) -> None:
    """Copy the orders that are there, with all that belongs to them, until there are about so many.

    Copies belong to other patients and to earlier days. Balances are left as they are: such a database is for
    looking at pages, not for checking books.
    """
    originals = db.session.scalar(sa.select(sa.func.count(Order.id))) or 0
    patients = list(db.session.scalars(sa.select(Patient.id).order_by(Patient.id)))
    highest = {copied.table: _highest(copied.table) for copied in TABLES}
    db.session.commit()
    with db.engine.begin() as connection:
        for number in range(1, -(-(count - originals) // originals) + 1):
            for copied in TABLES:
                patient_id = patients[number % len(patients)]
                connection.execute(_copy(copied, number, patient_id=patient_id, highest=highest[copied.table]))
    with db.engine.connect() as connection:
        names = ", ".join(f"`{copied.table}`" for copied in TABLES)
        connection.exec_driver_sql(f"ANALYZE TABLE {names}").all()


def _highest(table: str) -> int:
    return db.session.scalar(sa.select(sa.func.max(Model.metadata.tables[table].c.id))) or 0


def _unique_texts(table: sa.Table) -> list[str]:
    keys = [tuple(each.columns) for each in table.constraints if isinstance(each, sa.UniqueConstraint)]
    keys += [tuple(each.columns) for each in table.indexes if each.unique]
    return [key[0].name for key in keys if len(key) == 1 and isinstance(key[0].type, sa.String)]


def _copy(copied: Copied, number: int, *, patient_id: int, highest: int) -> sa.Insert:
    table = Model.metadata.tables[copied.table]
    owner = {"patient_id"} | ({"receiver_id"} if copied.table == "messages_message" else set())
    texts = {*copied.texts, *_unique_texts(table)}
    columns: list[sa.ColumnElement[Any]] = []
    for column in table.c:
        if column.name in copied.keys:
            columns.append(column + number * STRIDE)
        elif column.name in texts:
            columns.append(sa.func.concat(f"c{number:03d}", sa.func.substring(column, 5)))
        elif column.name in owner:
            columns.append(sa.literal(patient_id))
        elif isinstance(column.type, UTCDateTime):
            columns.append(sa.func.timestampadd(sa.text("HOUR"), -HOURS * number, column, type_=sa.DateTime()))
        else:
            columns.append(sa.type_coerce(column, sa.Text()))
    return sa.insert(table).from_select(
        [column.name for column in table.c], sa.select(*columns).where(table.c.id <= highest)
    )
