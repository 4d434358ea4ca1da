"""Figures by day. Each function asks once, for the whole stretch of days, whatever the number of rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from wxapp.booking.models import Booking, BookingStatus, Project, Session, Slot
from wxapp.core import clock
from wxapp.core.day_counts import hospital_day
from wxapp.core.db import db
from wxapp.directory.models import Physician
from wxapp.mall.models import Order, OrderLine, OrderStatus
from wxapp.patients.models import Binding, Patient, WechatUser
from wxapp.payments.models import Attempt, AttemptStatus, Method, PaymentOrder, RefundPart
from wxapp.reports.models import Report
from wxapp.statistics.rules import Period

UNPAID = (OrderStatus.AWAITING_PAYMENT, OrderStatus.AWAITING_HOSPITAL, OrderStatus.CLOSED)
RECHARGE = "recharge"
"""What payments call a recharge."""
USED = (OrderStatus.IN_USE, OrderStatus.DONE)


@dataclass
class Day:
    """What happened on a day; orders and bookings are those placed for it or on it, wherever they stand now."""

    orders: Counter[OrderStatus] = field(default_factory=Counter)
    placed_fen: int = 0
    came: Counter[Method] = field(default_factory=Counter)
    went: Counter[Method] = field(default_factory=Counter)
    recharges: int = 0
    recharged_fen: int = 0
    """Money for stored value, less what went back of it. It is in no other sum: it is taken when it is spent."""
    made: int = 0
    """Bookings made on the day; ``bookings`` are those for it."""
    bookings: Counter[BookingStatus] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)

    @property
    def placed(self) -> int:
        return self.orders.total()

    @property
    def paid(self) -> int:
        return self.placed - sum(self.orders[status] for status in UNPAID)

    @property
    def came_fen(self) -> int:
        return self.came.total()

    @property
    def went_fen(self) -> int:
        return self.went.total()

    def add(self, other: Day) -> None:
        self.orders.update(other.orders)
        self.came.update(other.came)
        self.went.update(other.went)
        self.bookings.update(other.bookings)
        self.others.update(other.others)
        self.placed_fen += other.placed_fen
        self.recharges += other.recharges
        self.recharged_fen += other.recharged_fen
        self.made += other.made


def days(period: Period) -> Mapping[date, Day]:
    """Return what happened on each day of a period; days without anything are missing."""
    found: dict[date, Day] = defaultdict(Day)
    bounds = moments(period)
    _count_orders(found, bounds)
    _count_money(found, bounds)
    _count_bookings(found, bounds)
    _count_others(found, bounds)
    return found


def moments(period: Period) -> tuple[datetime, datetime]:
    """Return where a period begins and where it has ended."""
    return clock.day_bounds(period.first)[0], clock.day_bounds(period.last)[1]


def _within(column: Any, bounds: tuple[datetime, datetime]) -> sa.ColumnElement[bool]:
    return sa.and_(column >= bounds[0], column < bounds[1])


def _by_day(column: Any, bounds: tuple[datetime, datetime], *more: Any, groups: Sequence[Any] = ()) -> sa.Select[Any]:
    day = hospital_day(column).label("day")
    return sa.select(day, *groups, *more).where(_within(column, bounds)).group_by(day, *groups)


def _count_orders(found: dict[date, Day], bounds: tuple[datetime, datetime]) -> None:
    statement = _by_day(Order.placed_at, bounds, sa.func.count(), sa.func.sum(Order.total_fen), groups=(Order.status,))
    for text, status, count, fen in db.session.execute(statement):
        day = found[date.fromisoformat(text)]
        day.orders[status] += count
        day.placed_fen += int(fen)


def _count_money(found: dict[date, Day], bounds: tuple[datetime, datetime]) -> None:
    is_recharge = (PaymentOrder.subject_kind == RECHARGE).label("is_recharge")
    came = _by_day(
        Attempt.paid_at,
        bounds,
        sa.func.count(),
        sa.func.sum(Attempt.amount_fen),
        sa.literal(1),
        groups=(Attempt.channel, is_recharge),
    ).where(Attempt.status == AttemptStatus.SUCCEEDED, Attempt.channel.in_(list(Method)))  # all: for the index
    went = _by_day(
        RefundPart.done_at,
        bounds,
        sa.func.count(),
        sa.func.sum(RefundPart.amount_fen),
        sa.literal(-1),
        groups=(RefundPart.channel, is_recharge),
    ).join(Attempt, Attempt.id == RefundPart.attempt_id)
    to_order = PaymentOrder.id == Attempt.payment_order_id
    both = came.join(PaymentOrder, to_order).union_all(went.join(PaymentOrder, to_order))
    for text, channel, for_recharge, count, fen, sign in db.session.execute(both):
        day = found[date.fromisoformat(text)]
        if for_recharge:
            day.recharges += count if sign > 0 else 0
            day.recharged_fen += sign * int(fen)
        else:
            (day.came if sign > 0 else day.went)[channel] += int(fen)


def _count_bookings(found: dict[date, Day], bounds: tuple[datetime, datetime]) -> None:
    made = _by_day(Booking.made_at, bounds, sa.literal(""), sa.func.count())
    due = _by_day(Booking.starts_at, bounds, sa.cast(Booking.status, sa.String(30)), sa.func.count()).group_by(
        Booking.status
    )
    for text, status, count in db.session.execute(made.union_all(due)):
        day = found[date.fromisoformat(text)]
        if status:
            day.bookings[BookingStatus(status)] += count
        else:
            day.made += count


def _count_others(found: dict[date, Day], bounds: tuple[datetime, datetime]) -> None:
    asked = (
        ("visitors", WechatUser.created_at, ()),
        ("bindings", Binding.bound_at, ()),
        ("patients", Patient.created_at, ()),
        ("reports", Report.published_at, ()),
    )
    statements = [
        _by_day(column, bounds, sa.literal(name), sa.func.count()).where(*where) for name, column, where in asked
    ]
    for text, name, count in db.session.execute(sa.union_all(*statements)):
        found[date.fromisoformat(text)].others[name] += count


# --- by what was bought, and by whose time was booked ----------------------------------------------------------------


@dataclass(frozen=True)
class GoodsRow:
    """One of the goods over a period, by the orders placed in it."""

    name: str
    orders: int
    paid_orders: int
    pieces: int
    paid_fen: int
    refunded_pieces: int


def goods_rows(period: Period) -> list[GoodsRow]:
    """Return what was sold, best first. Amounts are those of paid orders' lines, before refunds."""
    is_paid = Order.status.not_in(UNPAID)
    statement = (
        sa.select(
            sa.func.max(OrderLine.goods_name),
            sa.func.count(),
            sa.func.sum(sa.case((is_paid, 1), else_=0)),
            sa.func.sum(sa.case((is_paid, OrderLine.quantity), else_=0)),
            sa.func.sum(sa.case((is_paid, OrderLine.amount_fen), else_=0)),
            sa.func.sum(sa.case((is_paid, OrderLine.refunded_quantity), else_=0)),
        )
        .join(Order, Order.id == OrderLine.order_id)
        .where(_within(Order.placed_at, moments(period)))
        .group_by(OrderLine.goods_id)
    )
    rows = [GoodsRow(name, *map(int, figures)) for name, *figures in db.session.execute(statement)]
    return sorted(rows, key=lambda row: (-row.paid_fen, row.name))


@dataclass
class BookingRow:
    """Whose time was booked over a period, and what came of it."""

    name: str
    kind: str
    seats: int = 0
    bookings: Counter[BookingStatus] = field(default_factory=Counter)

    @property
    def booked(self) -> int:
        return self.bookings.total() - self.bookings[BookingStatus.CANCELLED]

    @property
    def came(self) -> int:
        return self.bookings[BookingStatus.ARRIVED] + self.bookings[BookingStatus.DONE]

    @property
    def missed(self) -> int:
        return self.bookings[BookingStatus.MISSED]

    @property
    def cancelled(self) -> int:
        return self.bookings[BookingStatus.CANCELLED]


def booking_rows(period: Period) -> list[BookingRow]:
    """Return seats and bookings by physician and project, busiest first. Seats of closed sessions are left out."""
    rows: dict[tuple[int | None, int | None], BookingRow] = {}
    names = _names()

    def row(physician_id: int | None, project_id: int | None) -> BookingRow:
        key = (physician_id, project_id)
        if key not in rows:
            kind = "专家" if physician_id else "项目"
            rows[key] = BookingRow(
                names.get(("p" if physician_id else "j", physician_id or project_id or 0), "—"), kind
            )
        return rows[key]

    seats = (
        sa.select(Session.physician_id, Session.project_id, sa.func.sum(Slot.capacity))
        .join(Slot, Slot.session_id == Session.id)
        .where(Session.day >= period.first, Session.day <= period.last, Slot.is_open)
        .group_by(Session.physician_id, Session.project_id)
    )
    for physician_id, project_id, count in db.session.execute(seats):
        row(physician_id, project_id).seats += int(count)
    booked = (
        sa.select(Booking.physician_id, Booking.project_id, Booking.status, sa.func.count())
        .where(_within(Booking.starts_at, moments(period)))
        .group_by(Booking.physician_id, Booking.project_id, Booking.status)
    )
    for physician_id, project_id, status, count in db.session.execute(booked):
        row(physician_id, project_id).bookings[status] += count
    return sorted(rows.values(), key=lambda one: (-one.booked, one.kind, one.name))


def _names() -> dict[tuple[str, int], str]:
    physicians = sa.select(sa.literal("p"), Physician.id, Physician.name)
    projects = sa.select(sa.literal("j"), Project.id, Project.name)
    return {(kind, key): name for kind, key, name in db.session.execute(physicians.union_all(projects))}
