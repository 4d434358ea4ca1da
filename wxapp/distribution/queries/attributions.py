"""Reads of whose sale the lines of an order are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wxapp.core.db import run
from wxapp.distribution.models import AttributionWay, Distributor, DistributorStatus, Membership, Opening
from wxapp.distribution.queries.terms import STANDING_COLUMNS, Standing, join_standing, standing
from wxapp.mall.models import Goods, Order, OrderLine


@dataclass(frozen=True)
class Person:
    """A distributor, as far as it matters whether he may earn."""

    id: int
    status: DistributorStatus
    wechat_user_id: int
    phone: str


@dataclass(frozen=True)
class Claim:
    """One line of an order, and who has a claim on it."""

    line_id: int
    goods_id: int
    goods_name: str
    quantity: int
    line_fen: int
    placed_at: datetime
    way: AttributionWay
    opened_at: datetime
    seller: Person
    inviter: Person | None
    standing: Standing


def claims_on(order_no: str, *, buyer_id: int, since: datetime) -> Sequence[Claim]:
    """Return for each line of an order who has a claim on it, in the order of the lines; lines of nobody are left out.

    That is whose share of exactly these goods the buyer has opened last, not before ``since``; else whose member the
    buyer is. One query, and so one snapshot of terms, switches and people for all lines.
    """
    rows = run(_CLAIMS, order_no=order_no, buyer_id=buyer_id, since=since).all()
    return [_claim(max(of_line, key=_weight)) for _, of_line in groupby(rows, key=lambda row: row.line_id)]


def _weight(row: Any) -> tuple[bool, datetime, int]:
    return row.way == AttributionWay.SHARE, row.claimed_at, row.claim_id


def _claim(row: Any) -> Claim:
    has_inviter = row.inviter_id is not None
    return Claim(
        line_id=row.line_id,
        goods_id=row.goods_id,
        goods_name=row.goods_name,
        quantity=row.quantity,
        line_fen=row.amount_fen,
        placed_at=row.placed_at,
        way=AttributionWay(row.way),
        opened_at=row.claimed_at,
        seller=Person(row.seller_id, row.seller_status, row.seller_user_id, row.seller_phone),
        inviter=Person(row.inviter_id, row.inviter_status, row.inviter_user_id, row.inviter_phone)
        if has_inviter
        else None,
        standing=standing(row),
    )


def _claims() -> Any:
    buyer_id = sa.bindparam("buyer_id", type_=sa.BigInteger)
    shares = sa.select(
        sa.literal(str(AttributionWay.SHARE)).label("way"),
        Opening.id.label("claim_id"),
        Opening.goods_id.label("goods_id"),
        Opening.distributor_id.label("distributor_id"),
        Opening.opened_at.label("claimed_at"),
    ).where(Opening.wechat_user_id == buyer_id, Opening.opened_at >= sa.bindparam("since"))
    membership = sa.select(
        sa.literal(str(AttributionWay.MEMBER)), Membership.id, sa.null(), Membership.distributor_id, Membership.bound_at
    ).where(Membership.wechat_user_id == buyer_id)
    claims = sa.union_all(shares, membership).subquery("claims")
    seller, inviter = aliased(Distributor, name="seller"), aliased(Distributor, name="inviter")
    statement = (
        sa.select(
            OrderLine.id.label("line_id"),
            OrderLine.goods_id,
            OrderLine.goods_name,
            OrderLine.quantity,
            OrderLine.amount_fen,
            Order.placed_at,
            claims.c.way,
            claims.c.claim_id,
            claims.c.claimed_at,
            *(
                getattr(person, column).label(label)
                for person, name in ((seller, "seller"), (inviter, "inviter"))
                for column, label in (
                    ("id", f"{name}_id"),
                    ("status", f"{name}_status"),
                    ("wechat_user_id", f"{name}_user_id"),
                    ("phone", f"{name}_phone"),
                )
            ),
            *STANDING_COLUMNS,
        )
        .select_from(claims)
        .join(seller, seller.id == claims.c.distributor_id)
        .outerjoin(inviter, inviter.id == seller.inviter_id)
        .join(Order, Order.no == sa.bindparam("order_no"))
        .join(
            OrderLine,
            sa.and_(
                OrderLine.order_id == Order.id,
                sa.or_(claims.c.goods_id.is_(None), claims.c.goods_id == OrderLine.goods_id),
            ),
        )
        .join(Goods, Goods.id == OrderLine.goods_id)
    )
    return join_standing(statement).order_by(OrderLine.position)


_CLAIMS = _claims()
"""Built once: it runs inside every order."""
