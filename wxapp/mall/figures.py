"""Figures of the mall for the start page. Each is one query, whatever the number of orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
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


def counts_of_day(day: date) -> CountsOfDay:
    start, end = clock.day_bounds(day)
    placed = sa.select(sa.func.count()).where(Order.placed_at >= start, Order.placed_at < end).scalar_subquery()
    paid = sa.select(sa.func.count()).where(Order.paid_at >= start, Order.paid_at < end).scalar_subquery()
    waiting = sa.select(sa.func.count()).where(Order.status == OrderStatus.AWAITING_HOSPITAL).scalar_subquery()
    scarce = sa.select(sa.func.count()).where(Goods.is_on_sale, Goods.stock < NEARLY_SOLD_OUT).scalar_subquery()
    return CountsOfDay(*db.session.execute(sa.select(placed, paid, waiting, scarce)).one())


def last_days(today: date, *, count: int) -> list[Day]:
    """Return orders placed and paid on each of the last days, today included."""
    days = [today - timedelta(days=back) for back in range(count - 1, -1, -1)]
    start, _ = clock.day_bounds(days[0])
    placed = _by_day(sa.select(Order.placed_at).where(Order.placed_at >= start))
    paid = _by_day(sa.select(Order.paid_at).where(Order.paid_at >= start))
    return [Day(day, placed.get(day, 0), paid.get(day, 0)) for day in days]


def _by_day(statement: sa.Select[Any]) -> dict[date, int]:
    # The databases do not agree on time zones: days are cut here, in the hospital's.
    counts: dict[date, int] = {}
    for (moment,) in db.session.execute(statement):
        day = clock.hospital_day(moment)
        counts[day] = counts.get(day, 0) + 1
    return counts


def best_sellers(*, count: int) -> list[tuple[str, int]]:
    statement = sa.select(Goods.name, Goods.sales).where(Goods.sales > 0).order_by(Goods.sales.desc(), Goods.id)
    return [(name, sales) for name, sales in db.session.execute(statement.limit(count))]


def method_label(method: str) -> str:
    """Return how people call a way to pay, "" while nothing is paid."""
    return next((each.label for each in Method if each.value == method), "")
