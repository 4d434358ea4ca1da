"""Reads of reviews."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.mall.cart_models import Review, ReviewStatus
from wxapp.mall.models import Order, OrderLine, OrderStatus
from wxapp.mall.queries.goods import PAGE_SIZE


@dataclass(frozen=True)
class Rating:
    """What those think of some goods whose reviews are shown."""

    count: int
    tenths: int
    """The average in tenths of a star."""

    @property
    def average(self) -> str:
        return f"{self.tenths // 10}.{self.tenths % 10}"


@dataclass(frozen=True)
class ToReview:
    """A line of an order that is done, of which nothing was said yet."""

    order_no: str
    line_id: int
    goods_name: str
    picture_token: str
    unit_price_fen: int
    quantity: int
    done_at: datetime | None


def rating_of(goods_id: int) -> Rating:
    count, total = db.session.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(Review.stars), 0)).where(
            Review.goods_id == goods_id, Review.status == ReviewStatus.SHOWN
        )
    ).one()
    return Rating(int(count), (int(total) * 20 + count) // (2 * count) if count else 0)


def shown_reviews(goods_id: int, *, page: int = 1, size: int = PAGE_SIZE) -> tuple[list[Review], bool]:
    """Return one page of the reviews of some goods that everybody may see, newest first, and whether there are more."""
    statement = (
        sa.select(Review)
        .where(Review.goods_id == goods_id, Review.status == ReviewStatus.SHOWN)
        .options(selectinload(Review.pictures))
        .order_by(Review.id.desc())
        .limit(size + 1)
        .offset((page - 1) * size)
    )
    found = list(db.session.scalars(statement))
    return found[:size], len(found) > size


def find_review(order_line_id: int) -> Review | None:
    """Return what was said of a line, if anything was."""
    return db.session.scalars(
        sa.select(Review).where(Review.order_line_id == order_line_id).options(selectinload(Review.pictures))
    ).one_or_none()


def get_review(review_id: int) -> Review:
    """:raises NotFound: there is none with this key"""
    review = db.session.scalars(
        sa.select(Review).where(Review.id == review_id).options(selectinload(Review.pictures))
    ).one_or_none()
    if review is None:
        raise NotFound
    return review


def _open_lines(patient_id: int) -> sa.Select[Any]:
    return (
        sa.select(OrderLine)
        .join(Order, Order.id == OrderLine.order_id)
        .outerjoin(Review, Review.order_line_id == OrderLine.id)
        .where(
            Order.patient_id == patient_id,
            Order.status == OrderStatus.DONE,
            OrderLine.refunded_quantity < OrderLine.quantity,
            Review.id.is_(None),
        )
    )


def lines_to_review(patient_id: int, *, limit: int = 50) -> list[ToReview]:
    """Return the lines of which a patient may still say something, newest orders first."""
    columns = (
        Order.no,
        OrderLine.id,
        OrderLine.goods_name,
        OrderLine.picture_token,
        OrderLine.unit_price_fen,
        OrderLine.quantity,
        Order.done_at,
    )
    statement = _open_lines(patient_id).with_only_columns(*columns, maintain_column_froms=True)
    rows = db.session.execute(statement.order_by(Order.id.desc(), OrderLine.position).limit(limit))
    return [ToReview(*row) for row in rows]


def count_to_review(patient_id: int) -> int:
    statement = _open_lines(patient_id).with_only_columns(sa.func.count(OrderLine.id), maintain_column_froms=True)
    return int(db.session.scalar(statement) or 0)


def reviews_of(patient_id: int, *, page: int = 1, size: int = PAGE_SIZE) -> tuple[list[Review], bool]:
    """Return one page of what a patient has said, newest first, and whether there is more."""
    statement = (
        sa.select(Review)
        .where(Review.patient_id == patient_id)
        .options(selectinload(Review.pictures))
        .order_by(Review.id.desc())
        .limit(size + 1)
        .offset((page - 1) * size)
    )
    found = list(db.session.scalars(statement))
    return found[:size], len(found) > size


def reviewed_lines(line_ids: Sequence[int]) -> set[int]:
    """Return those of these lines of which something was said."""
    return set(db.session.scalars(sa.select(Review.order_line_id).where(Review.order_line_id.in_(line_ids))))


def reviews_for_staff(*, text: str = "", status: str = "", stars: str = "") -> sa.Select[Any]:
    statement: sa.Select[Any] = sa.select(Review)
    if text:
        statement = statement.where(sa.or_(Review.order_no == text.upper(), Review.goods_name == text))
    if status:
        statement = statement.where(Review.status == ReviewStatus(status))
    if stars:
        statement = statement.where(Review.stars == int(stars))
    return statement


def waiting_reviews() -> sa.ScalarSelect[int]:
    """Select how many reviews wait for staff."""
    return sa.select(sa.func.count()).where(Review.status == ReviewStatus.WAITING).scalar_subquery()
