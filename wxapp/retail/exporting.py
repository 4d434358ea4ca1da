"""What a patient bought at the counter, for the patient to take away (个人信息保护法)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.money import yuan
from wxapp.patients import export
from wxapp.retail.models import RetailLine, RetailOrder
from wxapp.retail.services.selling import subject_of
from wxapp.till.queries import entries_of_many

MOST = 1000
"""More sales are never exported."""


def sales_of(patient_id: int) -> list[dict[str, Any]]:
    """Return a patient's sales, the newest first, with their goods and how they were paid; amounts in yuan."""
    wanted = sa.select(RetailOrder).where(RetailOrder.patient_id == patient_id)
    orders = list(db.session.scalars(wanted.order_by(RetailOrder.id.desc()).limit(MOST)))
    lines = _lines([order.id for order in orders])
    paid = entries_of_many(subject_of(order.id) for order in orders)
    return [
        {
            "no": order.order_no,
            "status": order.status.label,
            "total": yuan(order.total_fen),
            "paid_by": "、".join(entry.method_name for entry in paid[subject_of(order.id)]) or None,
            "paid_at": clock.local(order.created_at).isoformat(timespec="seconds"),
            "lines": lines.get(order.id, []),
        }
        for order in orders
    ]


def _lines(order_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    wanted = sa.select(RetailLine).where(RetailLine.order_id.in_(order_ids))
    for line in db.session.scalars(wanted.order_by(RetailLine.order_id, RetailLine.position)):
        told = {"goods": line.name, "quantity": line.count, "amount": yuan(line.price_fen * line.count)}
        found.setdefault(line.order_id, []).append(told)
    return found


def _count(patient_ids: Sequence[int]) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).where(RetailOrder.patient_id.in_(patient_ids)).scalar_subquery()


export.part(
    "retail",
    sales_of,
    label="院内零售",
    why="提供您购买的商品、退货与开票",
    kept_for="交易记录自完成之日起至少5年",
    count=_count,
)
