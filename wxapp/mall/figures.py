"""Figures of the mall for the start page. Each is one query, whatever the number of orders."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.mall.models import Goods, Order, OrderStatus
from wxapp.payments.models import Method

NEARLY_SOLD_OUT = 10


@dataclass(frozen=True)
class CountsOfDay:
    placed: int
    paid: int
    awaiting_hospital: int
    nearly_sold_out: int


@dataclass(frozen=True)
class Day:
    day: date
    placed: int
    paid: int


def counts_of_day(day: date) -> list[sa.ScalarSelect[int]]:
    """Select the parts of ``CountsOfDay``."""
    start, end = clock.day_bounds(day)
    placed = sa.select(sa.func.count()).where(Order.placed_at >= start, Order.placed_at < end).scalar_subquery()
    paid = sa.select(sa.func.count()).where(Order.paid_at >= start, Order.paid_at < end).scalar_subquery()
    waiting = sa.select(sa.func.count()).where(Order.status == OrderStatus.AWAITING_HOSPITAL).scalar_subquery()
    scarce = sa.select(sa.func.count()).where(Goods.is_on_sale, Goods.stock < NEARLY_SOLD_OUT).scalar_subquery()
    return [placed, paid, waiting, scarce]


def last_days(today: date, *, count: int) -> list[Day]:
    """Return orders placed and paid on each of the last days, today included."""
    days = [today - timedelta(days=back) for back in range(count - 1, -1, -1)]
    start, _ = clock.day_bounds(days[0])
    rows = db.session.execute(
        _by_hour("placed", Order.placed_at, start).union_all(_by_hour("paid", Order.paid_at, start))
    )
    counts: Counter[tuple[str, date]] = Counter()
    for what, hour, orders in rows:
        counts[what, clock.hospital_day(datetime.fromisoformat(hour + ":00+00:00"))] += orders
    return [Day(day, counts["placed", day], counts["paid", day]) for day in days]


def _by_hour(what: str, column: sa.orm.InstrumentedAttribute[Any], start: datetime) -> sa.Select[Any]:
    # The databases do not agree on time zones: they count by the hour, and the hours are put into the hospital's days.
    hour = sa.func.substr(sa.cast(sa.type_coerce(column, sa.DateTime()), sa.String(30)), 1, 13)
    return sa.select(sa.literal(what), hour.label("hour"), sa.func.count()).where(column >= start).group_by("hour")


def best_sellers(*, count: int) -> list[tuple[str, int]]:
    statement = sa.select(Goods.name, Goods.sales).where(Goods.sales > 0).order_by(Goods.sales.desc(), Goods.id)
    return [(name, sales) for name, sales in db.session.execute(statement.limit(count))]


def method_label(method: str) -> str:
    """Return how people call a way to pay, "" while nothing is paid."""
    return next((each.label for each in Method if each.value == method), "")
