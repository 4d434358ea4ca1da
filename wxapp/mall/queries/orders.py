"""Reads of orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from wxapp.core import clock
from wxapp.core.crypto import blind_index
from wxapp.core.db import db, run
from wxapp.core.errors import NotFound
from wxapp.mall.models import Order, OrderStatus
from wxapp.mall.queries.goods import PAGE_SIZE
from wxapp.mall.queries.items import Progress, progress_of


@dataclass(frozen=True)
class OrderCard:
    """What a list shows of an order."""

    no: str
    status: OrderStatus
    total_fen: int
    refunded_fen: int
    placed_at: datetime
    expires_at: datetime
    payment_no: str
    lines: tuple[OrderLineCard, ...]
    progress: Progress | None


@dataclass(frozen=True)
class OrderLineCard:
    goods_name: str
    picture_token: str
    quantity: int
    unit_price_fen: int


def own_order(patient_id: int, order_no: str) -> Order:
    """Return an order of this patient.

    :raises NotFound: there is none, or it is somebody else's
    """
    own = sa.select(Order).where(Order.no == order_no, Order.patient_id == patient_id)
    order = db.session.scalars(own.options(joinedload(Order.lines))).unique().one_or_none()
    if order is None:
        raise NotFound
    return order


def get_order(order_no: str) -> Order:
    """:raises NotFound: there is none with this number"""
    statement = sa.select(Order).where(Order.no == order_no).options(joinedload(Order.lines))
    order = db.session.scalars(statement).unique().one_or_none()
    if order is None:
        raise NotFound
    return order


def payment_no_of(order_no: str) -> str:
    """Return the number under which an order that was just placed is paid."""
    return str(run(_PAYMENT_NO, order_no=order_no).scalar_one())


_PAYMENT_NO = sa.select(Order.payment_no).where(Order.no == sa.bindparam("order_no"))


def find_order_by_code(redemption_code: str) -> Order | None:
    return db.session.scalars(
        sa.select(Order).where(Order.redemption_code == redemption_code).options(selectinload(Order.lines))
    ).one_or_none()


def orders_of(
    patient_id: int, *, statuses: Sequence[OrderStatus] = (), page: int = 1, size: int = PAGE_SIZE
) -> tuple[list[OrderCard], bool]:
    """Return one page of a patient's orders, newest first, and whether there are more."""
    statement = sa.select(Order).where(Order.patient_id == patient_id).options(selectinload(Order.lines))
    if statuses:
        statement = statement.where(Order.status.in_(statuses))
    statement = statement.order_by(Order.id.desc()).limit(size + 1).offset((page - 1) * size)
    orders = list(db.session.scalars(statement))
    progress = progress_of([order.id for order in orders[:size] if order.status is OrderStatus.IN_USE])
    return [_card(order, progress.get(order.id)) for order in orders[:size]], len(orders) > size


def _card(order: Order, progress: Progress | None) -> OrderCard:
    return OrderCard(
        no=order.no,
        status=order.status,
        total_fen=order.total_fen,
        refunded_fen=order.refunded_fen,
        placed_at=order.placed_at,
        expires_at=order.expires_at,
        payment_no=order.payment_no,
        lines=tuple(
            OrderLineCard(line.goods_name, line.picture_token, line.quantity, line.unit_price_fen)
            for line in order.lines
        ),
        progress=progress,
    )


def order_counts(patient_id: int) -> dict[OrderStatus, int]:
    """Return how many orders a patient has in each status that occurs."""
    statement = sa.select(Order.status, sa.func.count()).where(Order.patient_id == patient_id).group_by(Order.status)
    return dict(db.session.execute(statement).all())


def unpaid_of(wechat_user_id: int) -> sa.Select[Any]:
    """Select how many unpaid orders of this user hold stock."""
    unpaid = (OrderStatus.AWAITING_PAYMENT, OrderStatus.AWAITING_HOSPITAL)
    counted: Any = sa.select(sa.func.count())
    found: sa.Select[Any] = counted.where(Order.wechat_user_id == wechat_user_id, Order.status.in_(unpaid))
    return found


def unpaid_count(wechat_user_id: int) -> int:
    return int(db.session.scalars(unpaid_of(wechat_user_id)).one())


def has_paid_order(wechat_user_id: int) -> bool:
    """Whether this user has ever paid for an order, whatever became of it."""
    paid = sa.exists().where(Order.wechat_user_id == wechat_user_id, Order.paid_at.is_not(None))
    return bool(db.session.scalar(sa.select(paid)))


def orders_closing_soon(*, now: datetime, until: datetime, limit: int) -> list[str]:
    """Return the numbers of orders that wait for an online payment, end soon, and whose buyer was not told yet."""
    statement = (
        sa.select(Order.no)
        .where(
            Order.status == OrderStatus.AWAITING_PAYMENT,
            Order.expires_at > now,
            Order.expires_at <= until,
            Order.is_reminded.is_(False),
        )
        .order_by(Order.expires_at)
        .limit(limit)
    )
    return list(db.session.scalars(statement))


def name_index(name: str) -> str:
    """Return the hash by which orders are found by the contact's name."""
    return blind_index(name, context="mall_order.contact_name")


def phone_index(phone: str) -> str:
    """Return the hash by which orders are found by the contact's telephone number."""
    return blind_index(phone, context="mall_order.contact_phone")


def find_numbers(text: str, *, limit: int = 20) -> list[str]:
    """Return order numbers, newest first, by number, redemption code (blanks allowed), contact's name or phone."""
    word = text.replace(" ", "").strip()
    if not word:
        return []
    found = sa.or_(
        Order.no == word.upper(),
        Order.redemption_code == word,
        Order.contact_phone_index == phone_index(word),
        Order.contact_name_index == name_index(word),
    )
    return list(db.session.scalars(sa.select(Order.no).where(found).order_by(Order.id.desc()).limit(limit)))


def orders_for_staff(
    *, text: str = "", status: str = "", since: date | None = None, until: date | None = None
) -> sa.Select[Any]:
    statement = sa.select(Order).options(selectinload(Order.lines))
    if text:
        statement = statement.where(Order.no.in_(find_numbers(text, limit=200)))
    if status:
        statement = statement.where(Order.status == OrderStatus(status))
    if since:
        statement = statement.where(Order.placed_at >= clock.day_bounds(since)[0])
    if until:
        statement = statement.where(Order.placed_at < clock.day_bounds(until)[1])
    return statement


def orders_by_number(numbers: Sequence[str]) -> list[Order]:
    statement = sa.select(Order).where(Order.no.in_(numbers)).order_by(Order.id.desc())
    return list(db.session.scalars(statement.options(selectinload(Order.lines))))
