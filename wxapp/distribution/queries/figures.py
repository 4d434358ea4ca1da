"""Figures of distribution for staff, by the day an order was placed, by distributor and by goods."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.day_counts import hospital_day
from wxapp.core.db import db
from wxapp.distribution.models import (
    Attribution,
    Commission,
    Distributor,
    Level,
    Membership,
    Opening,
    Withdrawal,
    WithdrawalStatus,
)
from wxapp.distribution.queries import people
from wxapp.distribution.queries.income import BOOKED

_MOST = 200
"""Rows of a ranking: who comes later is found in the list of commissions."""


@dataclass
class Day:
    """What a day brought. Sales and commission are those of the orders placed on it, less what went back by now."""

    orders: int = 0
    paid: int = 0
    sales_fen: int = 0
    seller_fen: int = 0
    inviter_fen: int = 0
    reversed_fen: int = 0
    distributors: int = 0
    members: int = 0
    openings: int = 0
    paid_out_fen: int = 0

    @property
    def commission_fen(self) -> int:
        return self.seller_fen + self.inviter_fen

    def add(self, other: Day) -> None:
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


def days(first: date, last: date) -> Mapping[date, Day]:
    """Return the figures of each day from ``first`` to ``last``; days without anything are missing."""
    bounds = clock.day_bounds(first)[0], clock.day_bounds(last)[1]
    found: dict[date, Day] = defaultdict(Day)
    _count_sales(found, bounds)
    others: tuple[tuple[str, Any, Any, tuple[Any, ...]], ...] = (
        ("distributors", Distributor.decided_at, sa.func.count(), (Distributor.status.in_(people.WAS_ADMITTED),)),
        ("members", Membership.bound_at, sa.func.count(), ()),
        ("openings", Opening.opened_at, sa.func.count(), ()),
        (
            "paid_out_fen",
            Withdrawal.ended_at,
            sa.func.sum(Withdrawal.amount_fen),
            (Withdrawal.status == WithdrawalStatus.PAID,),
        ),
    )
    asked = [
        sa.select(
            sa.literal(name).label("name"), hospital_day(moment).label("day"), sa.cast(figure, sa.BigInteger).label("n")
        )
        .where(moment >= bounds[0], moment < bounds[1], *conditions)
        .group_by(hospital_day(moment))
        for name, moment, figure, conditions in others
    ]
    for name, text, figure in db.session.execute(sa.union_all(*asked)):
        setattr(found[date.fromisoformat(text)], name, int(figure))
    return found


def _count_sales(found: dict[date, Day], bounds: tuple[datetime, datetime]) -> None:
    is_booked = Commission.status.in_(BOOKED)
    left = Commission.amount_fen - Commission.reversed_fen

    def total(amount: Any, *conditions: Any) -> Any:
        return sa.func.coalesce(sa.func.sum(sa.case((sa.and_(is_booked, *conditions), amount), else_=0)), 0)

    is_sale = Commission.level == Level.SELLER
    day = hospital_day(Attribution.placed_at)
    rows = db.session.execute(
        sa.select(
            day,
            sa.func.count(Attribution.order_no.distinct()),
            sa.func.count(sa.case((is_booked, Attribution.order_no)).distinct()),
            total(Commission.line_fen - Commission.refunded_fen, is_sale),
            total(left, is_sale),
            total(left, sa.not_(is_sale)),
            total(Commission.reversed_fen),
        )
        .outerjoin(Commission, Commission.attribution_id == Attribution.id)
        .where(Attribution.placed_at >= bounds[0], Attribution.placed_at < bounds[1])
        .group_by(day)
    )
    for text, *figures in rows:
        orders, paid, sales, seller, inviter, back = map(int, figures)
        found[date.fromisoformat(text)].add(Day(orders, paid, sales, seller, inviter, back))


@dataclass(frozen=True)
class Ranked:
    """What one distributor sold and earned by the orders of a period; the name is whole, the page masks it."""

    place: int
    id: int
    name: str
    code: str
    orders: int
    sales_fen: int
    seller_fen: int
    inviter_fen: int

    @property
    def commission_fen(self) -> int:
        return self.seller_fen + self.inviter_fen


def ranking(first: date, last: date) -> list[Ranked]:
    """Return who sold most, then who earned most, by the orders placed in a period and paid for."""
    start, end = clock.day_bounds(first)[0], clock.day_bounds(last)[1]
    is_sale = Commission.level == Level.SELLER
    left = Commission.amount_fen - Commission.reversed_fen
    sales = sa.func.sum(sa.case((is_sale, Commission.line_fen - Commission.refunded_fen), else_=0)).label("sales")
    rows = db.session.execute(
        sa.select(
            Commission.distributor_id,
            sa.func.count(sa.case((is_sale, Commission.order_no)).distinct()),
            sales,
            sa.func.sum(sa.case((is_sale, left), else_=0)),
            sa.func.sum(sa.case((is_sale, 0), else_=left)),
        )
        .join(Attribution, Attribution.id == Commission.attribution_id)
        .where(Attribution.placed_at >= start, Attribution.placed_at < end, Commission.status.in_(BOOKED))
        .group_by(Commission.distributor_id)
        .order_by(sales.desc(), sa.func.sum(left).desc(), Commission.distributor_id)
        .limit(_MOST)
    ).all()
    names = people.persons(row[0] for row in rows)
    return [
        Ranked(place, row[0], names[row[0]].name, names[row[0]].code, *map(int, row[1:]))
        for place, row in enumerate(rows, start=1)
    ]


def best_goods(first: date, last: date, *, count: int) -> list[tuple[str, int]]:
    """Return the goods that distributors sold most of in a period, with what was paid for them."""
    start, end = clock.day_bounds(first)[0], clock.day_bounds(last)[1]
    sales = sa.func.sum(Commission.line_fen - Commission.refunded_fen)
    rows = db.session.execute(
        sa.select(sa.func.max(Attribution.goods_name), sales)
        .join(Commission, Commission.attribution_id == Attribution.id)
        .where(
            Attribution.placed_at >= start,
            Attribution.placed_at < end,
            Commission.level == Level.SELLER,
            Commission.status.in_(BOOKED),
        )
        .group_by(Attribution.goods_id)
        .order_by(sales.desc())
        .limit(count)
    )
    return [(name, int(fen)) for name, fen in rows]
