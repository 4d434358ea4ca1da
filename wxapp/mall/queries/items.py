"""Reads of what is redeemed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.mall.models import ItemStatus, Order, OrderItem, OrderLine, Shipping


@dataclass(frozen=True)
class ItemGroup:
    """The same item of all pieces of a line, and what became of it."""

    line_id: int
    position: int
    name: str
    share_fen: int
    open: int
    used: int
    refunding: int
    refunded: int
    used_at: datetime | None

    @property
    def field(self) -> str:
        """Name of the field by which forms choose so many of it."""
        return f"item_{self.line_id}_{self.position}"

    @property
    def count(self) -> int:
        return self.open + self.used + self.refunding + self.refunded


@dataclass(frozen=True)
class LineItems:
    """A line of an order with the items of its pieces."""

    line: OrderLine
    groups: tuple[ItemGroup, ...]
    whole_pieces: int
    """Pieces of which nothing was used or given back."""

    @property
    def is_single(self) -> bool:
        """Whether a piece is one item: then the item's name is the line's."""
        return len(self.groups) == 1

    @property
    def open(self) -> int:
        return sum(group.open for group in self.groups)


@dataclass(frozen=True)
class Progress:
    """How far an order is used: of what was not given back."""

    open: int
    used: int
    refunding: int
    refunded: int

    @property
    def all(self) -> int:
        return self.open + self.used + self.refunding

    @classmethod
    def of(cls, lines: Iterable[LineItems]) -> Progress:
        groups = [group for line in lines for group in line.groups]
        return cls(*(sum(getattr(group, name) for group in groups) for name in cls.__dataclass_fields__))


@dataclass(frozen=True)
class OpenItem:
    """An item that can be redeemed or given back."""

    id: int
    line_id: int
    piece: int
    position: int
    name: str
    share_fen: int


def _counted(status: ItemStatus) -> Any:
    return sa.func.sum(sa.case((OrderItem.status == status, 1), else_=0))


def line_items(order: Order) -> list[LineItems]:
    """Return the order's lines with their items, with one query; an order that was never paid has none."""
    rows = db.session.execute(
        sa.select(
            OrderItem.order_line_id,
            OrderItem.piece,
            OrderItem.position,
            OrderItem.name,
            OrderItem.share_fen,
            OrderItem.status,
            OrderItem.used_at,
        )
        .where(OrderItem.order_id == order.id)
        .order_by(OrderItem.order_line_id, OrderItem.position, OrderItem.piece)
    ).all()
    return [_line_items(line, [row for row in rows if row.order_line_id == line.id]) for line in order.lines]


def _line_items(line: OrderLine, rows: Sequence[Any]) -> LineItems:
    groups = []
    for position in dict.fromkeys(row.position for row in rows):
        same = [row for row in rows if row.position == position]
        counts = Counter(row.status for row in same)
        used = [row.used_at for row in same if row.used_at is not None]
        groups.append(
            ItemGroup(
                line.id,
                position,
                same[0].name,
                same[0].share_fen,
                open=counts[ItemStatus.OPEN],
                used=counts[ItemStatus.USED],
                refunding=counts[ItemStatus.REFUNDING],
                refunded=counts[ItemStatus.REFUNDED],
                used_at=max(used, default=None),
            )
        )
    begun = {row.piece for row in rows if row.status is not ItemStatus.OPEN}
    return LineItems(line, tuple(groups), len({row.piece for row in rows} - begun))


def whole_pieces(order_id: int) -> dict[int, list[int]]:
    """Return by line the pieces of which nothing was used or given back."""
    return _pieces(order_id, _counted(ItemStatus.OPEN))


def pieces_going_back(order_id: int) -> dict[int, set[int]]:
    """Return by line the pieces of which every item was given back or is asked for."""
    back = _counted(ItemStatus.REFUNDING) + _counted(ItemStatus.REFUNDED)
    return {line_id: set(pieces) for line_id, pieces in _pieces(order_id, back).items()}


def _pieces(order_id: int, counted: Any) -> dict[int, list[int]]:
    statement = (
        sa.select(OrderItem.order_line_id, OrderItem.piece)
        .where(OrderItem.order_id == order_id)
        .group_by(OrderItem.order_line_id, OrderItem.piece)
        .having(counted == sa.func.count())
        .order_by(OrderItem.order_line_id, OrderItem.piece)
    )
    found: dict[int, list[int]] = {}
    for line_id, piece in db.session.execute(statement):
        found.setdefault(line_id, []).append(piece)
    return found


def item_counts(order_id: int) -> dict[ItemStatus, int]:
    """Return how many items of an order are in each status that occurs."""
    statement = sa.select(OrderItem.status, sa.func.count()).where(OrderItem.order_id == order_id)
    return dict(db.session.execute(statement.group_by(OrderItem.status)).all())


def open_count(order_no: str) -> int:
    """Return how many items of an order are open."""
    statement = sa.select(sa.func.count()).select_from(OrderItem).join(Order, Order.id == OrderItem.order_id)
    return db.session.scalar(statement.where(Order.no == order_no, OrderItem.status == ItemStatus.OPEN)) or 0


def progress_of(order_ids: Sequence[int]) -> dict[int, Progress]:
    """Return how far orders are used; those that were never paid are left out."""
    if not order_ids:
        return {}
    rows = db.session.execute(
        sa.select(OrderItem.order_id, *(_counted(status) for status in ItemStatus))
        .where(OrderItem.order_id.in_(order_ids))
        .group_by(OrderItem.order_id)
    )
    return {row[0]: Progress(*(int(n) for n in row[1:])) for row in rows}


def open_items(order_id: int) -> list[OpenItem]:
    """Return what is open of an order, piece by piece."""
    statement = (
        sa.select(
            OrderItem.id,
            OrderItem.order_line_id,
            OrderItem.piece,
            OrderItem.position,
            OrderItem.name,
            OrderItem.share_fen,
        )
        .where(OrderItem.order_id == order_id, OrderItem.status == ItemStatus.OPEN)
        .order_by(OrderItem.order_line_id, OrderItem.piece, OrderItem.position)
    )
    return [OpenItem(*row) for row in db.session.execute(statement)]


def items_used_since(order_id: int, moment: datetime) -> list[OrderItem]:
    """Return what was redeemed from this moment on, the latest first."""
    statement = sa.select(OrderItem).where(
        OrderItem.order_id == order_id, OrderItem.status == ItemStatus.USED, OrderItem.used_at >= moment
    )
    return list(db.session.scalars(statement.order_by(OrderItem.used_at.desc(), OrderItem.id)))


def redemptions_for_staff(
    *, staff: str = "", since: date | None = None, until: date | None = None, text: str = ""
) -> sa.Select[Any]:
    """Select redemptions with their orders; without days those of today.

    :param staff: actor, e.g. ``staff:12``
    :param text: name of an item, or an order number
    """
    if since is None and until is None:
        since = clock.today()
    statement: Any = (
        sa.select(OrderItem, Order)
        .join(Order, Order.id == OrderItem.order_id)
        .where(OrderItem.status == ItemStatus.USED)
    )
    if staff:
        statement = statement.where(OrderItem.used_by == staff)
    if since:
        statement = statement.where(OrderItem.used_at >= clock.day_bounds(since)[0])
    if until:
        statement = statement.where(OrderItem.used_at < clock.day_bounds(until)[1])
    if text:
        statement = statement.where(sa.or_(Order.no == text.upper(), OrderItem.name == text))
    found: sa.Select[Any] = statement
    return found


def redeemers() -> list[str]:
    """Return who has redeemed in the last three months, as actors."""
    since = clock.now() - timedelta(days=90)
    statement = sa.select(OrderItem.used_by).where(OrderItem.used_at >= since, OrderItem.used_by != "")
    return sorted(db.session.scalars(statement.distinct()))


def find_shipping(order_id: int) -> Shipping | None:
    """Return how an order's delivery is reported to WeChat, None if it need not be."""
    return db.session.scalars(sa.select(Shipping).where(Shipping.order_id == order_id)).one_or_none()
