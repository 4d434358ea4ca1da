"""Reads of the people around one distributor, and of the orders they placed.

What a distributor may know of others is little: a nickname, a day, a count. Nowhere does a person stand together with
what that person bought, so the list of buyers has no moments and the list of orders has no people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from wxapp.core.db import db
from wxapp.distribution.models import (
    Attribution,
    AttributionOutcome,
    AttributionWay,
    Commission,
    Distributor,
    Level,
    Membership,
    SceneKind,
)
from wxapp.distribution.queries.people import WAS_ADMITTED
from wxapp.distribution.rules.income import Place
from wxapp.mall.models import Order, OrderStatus
from wxapp.patients.models import WechatUser

PAGE_SIZE = 20

NOBODYS = (
    AttributionOutcome.CLOSED,
    AttributionOutcome.NOT_ACTIVE,
    AttributionOutcome.STAFF,
    AttributionOutcome.OWN,
)
"""Sales that are nobody's: the buyers and orders are not this distributor's."""


@dataclass(frozen=True)
class Invited:
    """Somebody who came by an invitation and has paid an order since."""

    place: Place
    kind: SceneKind
    nickname: str

    @property
    def joined_at(self) -> datetime:
        return self.place.at


_INVITED: tuple[tuple[SceneKind, Any, Any, Any], ...] = (
    (SceneKind.INVITE_MEMBER, Membership, Membership.bound_at, Membership.distributor_id),
    (SceneKind.INVITE_DISTRIBUTOR, Distributor, Distributor.applied_at, Distributor.inviter_id),
)
"""Which tables know who was invited, since when and by whom; the position here is the table's number in a ``Place``."""


def invitations_of(distributor_id: int, *, before: Place | None = None, limit: int) -> list[Invited]:
    """Return who came by a distributor's invitations and has paid an order, the last to join first."""
    found: list[Invited] = []
    for table, (kind, model, moment, inviter) in enumerate(_INVITED):
        wanted = _invited(sa.select(model.id, moment, WechatUser.nickname), model, inviter == distributor_id)
        if before is not None:
            wanted = wanted.where(_is_before(before, table, moment, model.id))
        rows = db.session.execute(wanted.order_by(moment.desc(), model.id.desc()).limit(limit))
        found += [Invited(Place(at, table, row_id), kind, nickname) for row_id, at, nickname in rows]
    found.sort(key=lambda one: one.place, reverse=True)
    return found[:limit]


def invitation_counts(distributor_id: int) -> dict[SceneKind, int]:
    """Return how many of each kind :func:`invitations_of` has in all, with one question."""
    counts = [
        _invited(sa.select(sa.func.count()).select_from(model), model, inviter == distributor_id).scalar_subquery()
        for _kind, model, _moment, inviter in _INVITED
    ]
    row = db.session.execute(sa.select(*counts)).one()
    return {kind: int(count) for (kind, *_), count in zip(_INVITED, row, strict=True)}


def _invited(statement: Any, model: Any, by_whom: sa.ColumnElement[bool]) -> Any:
    statement = statement.join(WechatUser, WechatUser.id == model.wechat_user_id)
    statement = statement.where(by_whom, model.first_paid_at.is_not(None))
    return statement.where(Distributor.status.in_(WAS_ADMITTED)) if model is Distributor else statement


def _is_before(place: Place, table: int, moment: Any, key: Any) -> sa.ColumnElement[bool]:
    if table < place.table:
        return sa.and_(moment <= place.at)
    if table > place.table:
        return sa.and_(moment < place.at)
    return sa.or_(moment < place.at, sa.and_(moment == place.at, key < place.id))


# --- buyers ----------------------------------------------------------------------------------------------------------

_BY_SHARE = (Attribution.way == AttributionWay.SHARE, Attribution.outcome.not_in(NOBODYS))


@dataclass(frozen=True)
class Customer:
    """Somebody who bought what a distributor had shared. No moment, no goods: they would tell what was bought."""

    nickname: str
    orders: int


def customers_of(distributor_id: int, *, page: int = 1, size: int = PAGE_SIZE) -> tuple[list[Customer], bool]:
    """Return one page of the buyers of shared goods, those with most orders first, and whether there are more."""
    orders = sa.func.count(Attribution.order_no.distinct())
    rows = db.session.execute(
        sa.select(WechatUser.nickname, orders)
        .select_from(Attribution)
        .join(WechatUser, WechatUser.id == Attribution.buyer_id)
        .where(Attribution.distributor_id == distributor_id, *_BY_SHARE)
        .group_by(WechatUser.id, WechatUser.nickname)
        .order_by(orders.desc(), WechatUser.id)
        .limit(size + 1)
        .offset((page - 1) * size)
    )
    found = [Customer(*row) for row in rows]
    return found[:size], len(found) > size


# --- orders ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SharedLine:
    """A line of an order that was placed through a share; ``commission`` is the distributor's own, if there is one."""

    goods_name: str
    quantity: int
    line_fen: int
    outcome: AttributionOutcome
    commission: Commission | None


@dataclass(frozen=True)
class SharedOrder:
    """An order as far as it was placed through a distributor's shares. Who placed it is not said."""

    last_id: int
    no: str
    status: OrderStatus
    placed_at: datetime
    lines: Sequence[SharedLine]


def orders_of(distributor_id: int, *, before_id: int | None = None, limit: int) -> list[SharedOrder]:
    """Return orders placed through a distributor's shares, the newest first; ``before_id`` continues a list."""
    last_id = sa.func.max(Attribution.id)
    numbers = (
        sa.select(Attribution.order_no, last_id.label("last_id"))
        .where(Attribution.distributor_id == distributor_id, *_BY_SHARE)
        .group_by(Attribution.order_no)
        .order_by(last_id.desc())
        .limit(limit)
    )
    if before_id is not None:
        numbers = numbers.having(last_id < before_id)
    last_ids = {row.order_no: row.last_id for row in db.session.execute(numbers)}
    if not last_ids:
        return []
    # Only these columns: the rest of an order is its buyer's.
    states = sa.select(Order.no, Order.status, Order.placed_at).where(Order.no.in_(last_ids))
    orders = {no: (status, placed_at) for no, status, placed_at in db.session.execute(states)}
    lines: dict[str, list[SharedLine]] = {}
    for attribution, commission in db.session.execute(_lines(distributor_id, list(last_ids))):
        lines.setdefault(attribution.order_no, []).append(
            SharedLine(
                attribution.goods_name, attribution.quantity, attribution.line_fen, attribution.outcome, commission
            )
        )
    return [SharedOrder(last_ids[no], no, *orders[no], lines[no]) for no in last_ids if no in orders]


def _lines(distributor_id: int, numbers: Sequence[str]) -> Any:
    own = sa.and_(
        Commission.attribution_id == Attribution.id,
        Commission.distributor_id == distributor_id,
        Commission.level == Level.SELLER,
    )
    return (
        sa.select(Attribution, Commission)
        .outerjoin(Commission, own)
        .where(Attribution.order_no.in_(numbers), Attribution.distributor_id == distributor_id, *_BY_SHARE)
        .order_by(Attribution.id)
    )
