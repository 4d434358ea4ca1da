"""Counting by the hospital's days in the database, on SQLite and MySQL alike.

    statement = sa.select(hospital_day(Order.placed_at), sa.func.count()).group_by(sa.literal_column("1"))

China has had one time without summer time since 1991, so a moment's day is that of eight hours later.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class hospital_day(FunctionElement[str]):  # noqa: N801 - used like a function of SQL
    """The day of a moment as text, ``2026-03-02``."""

    inherit_cache = True
    type = sa.String(10)


@compiles(hospital_day, "sqlite")
def _on_sqlite(element: hospital_day, compiler: Any, **options: Any) -> str:
    return f"strftime('%Y-%m-%d', {compiler.process(element.clauses, **options)}, '+8 hours')"


@compiles(hospital_day, "mysql")
@compiles(hospital_day, "mariadb")
def _on_mysql(element: hospital_day, compiler: Any, **options: Any) -> str:
    return f"CAST(DATE(DATE_ADD({compiler.process(element.clauses, **options)}, INTERVAL 8 HOUR)) AS CHAR(10))"
