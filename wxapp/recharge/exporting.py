"""A patient's recharges and their refunds, for the patient to take away (个人信息保护法)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.money import yuan
from wxapp.patients import export
from wxapp.recharge import queries
from wxapp.recharge.models import Recharge


def recharges_of(patient_id: int) -> list[dict[str, Any]]:
    """Return the recharges with what was asked back of them, the newest first; amounts in yuan."""
    refunds: dict[int, list[dict[str, Any]]] = {}
    for row in queries.refunds_of_patient(patient_id, limit=queries.MOST):
        refunds.setdefault(row.recharge_id, []).append(
            {
                "no": row.no,
                "amount": yuan(row.amount_fen),
                "status": row.status.label,
                "reason": row.reason,
                "asked_at": _moment(row.asked_at),
                "settled_at": _moment(row.settled_at),
            }
        )
    return [
        {
            "no": row.no,
            "amount": yuan(row.amount_fen),
            "refunded": yuan(row.refunded_fen),
            "status": row.status.label,
            "placed_at": _moment(row.placed_at),
            "paid_at": _moment(row.paid_at),
            "refunds": refunds.get(row.id, []),
        }
        for row in queries.recharges_of_patient(patient_id)
    ]


def _moment(moment: datetime | None) -> str | None:
    return clock.local(moment).isoformat(timespec="seconds") if moment else None


def _count(patient_ids: Sequence[int]) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).where(Recharge.patient_id.in_(patient_ids)).scalar_subquery()


export.part(
    "recharges",
    recharges_of,
    label="在线充值与退款",
    why="为您的储值账户充值、退款，并核对账目",
    kept_for="预付款记录自账户结清起至少5年",
    count=_count,
)
