"""What is stored of a WeChat user here, for him to take away (个人信息保护法).

Others' names are masked in it, and the own phone and ID number too: who has no patient bound takes the file away
without an SMS code. The hospital shows them whole.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.masking import masked_id_number, masked_name, masked_phone
from wxapp.core.money import yuan
from wxapp.distribution.models import (
    Attribution,
    Commission,
    Distributor,
    Membership,
    Opening,
    Reward,
    Scan,
    Scene,
    Withdrawal,
    WithdrawalStatus,
)
from wxapp.distribution.queries import people, withdrawals


def count_as_distributor(user_id: int) -> int:
    """Return 1 for who is, was or asked to be a distributor."""
    return int(people.find_by_user(user_id) is not None)


def as_distributor(user_id: int) -> dict[str, Any] | None:
    """Return what is stored of a user as a distributor, with commissions and withdrawals; amounts in yuan."""
    row = people.find_by_user(user_id)
    if row is None:
        return None
    inviter = people.persons([row.inviter_id]).get(row.inviter_id or 0)
    return {
        "name": row.name,
        "phone": masked_phone(row.phone),
        "id_number": masked_id_number(row.id_number) if row.id_number else None,
        "code": row.code,
        "status": row.status.label,
        "reason": row.reason,
        "inviter": masked_name(inviter.name) if inviter else None,
        "asked_at": _moment(row.applied_at),
        "version": row.agreement_version,
        "commissions": _commissions(row.id),
        "rewards": _rewards(row.id),
        "withdrawals": _withdrawals(row.id),
    }


def _commissions(distributor_id: int) -> list[dict[str, Any]]:
    rows = db.session.execute(
        sa.select(Commission, Attribution.goods_name)
        .join(Attribution, Attribution.id == Commission.attribution_id)
        .where(Commission.distributor_id == distributor_id)
        .order_by(Commission.id.desc())
    )
    return [
        {
            "order_no": commission.order_no,
            "goods": goods,
            "kind": commission.level.label,
            "amount": yuan(commission.amount_fen),
            "reversed": yuan(commission.reversed_fen),
            "status": commission.status.label,
            "at": _moment(commission.placed_at),
        }
        for commission, goods in rows
    ]


def _rewards(distributor_id: int) -> list[dict[str, Any]]:
    mine = sa.select(Reward).where(Reward.distributor_id == distributor_id).order_by(Reward.id.desc())
    return [
        {"amount": yuan(row.amount_fen), "status": row.status.label, "at": _moment(row.at)}
        for row in db.session.scalars(mine)
    ]


def _withdrawals(distributor_id: int) -> list[dict[str, Any]]:
    mine = sa.select(Withdrawal).where(Withdrawal.distributor_id == distributor_id).order_by(Withdrawal.id.desc())
    rows = list(db.session.scalars(mine))
    payouts = withdrawals.payouts_of(rows)
    return [
        {
            "no": row.no,
            "amount": yuan(row.amount_fen),
            "fee": yuan(row.fee_fen),
            "tax": yuan(row.tax_fen),
            "net": yuan(row.net_fen),
            "name": row.real_name,
            "way": withdrawals.way_of(payouts.get(row.payout_no)),
            "status": row.status.label,
            "at": _moment(row.requested_at),
            "paid_at": _moment(row.ended_at) if row.status is WithdrawalStatus.PAID else None,
        }
        for row in rows
    ]


def count_as_customer(user_id: int) -> int:
    """Return how much is stored of how a user came here."""
    counted = [
        sa.select(sa.func.count()).where(model.wechat_user_id == user_id).scalar_subquery()
        for model in (Membership, Scan, Opening)
    ]
    return sum(db.session.execute(sa.select(*counted)).one())


def as_customer(user_id: int) -> dict[str, Any]:
    """Return whose member a user is, and which shares he scanned and opened."""
    member = db.session.execute(
        sa.select(Membership.bound_at, Distributor.name)
        .join(Distributor, Distributor.id == Membership.distributor_id)
        .where(Membership.wechat_user_id == user_id)
    ).one_or_none()
    scans = db.session.execute(
        sa.select(Scan, Scene.kind)
        .join(Scene, Scene.id == Scan.scene_id)
        .where(Scan.wechat_user_id == user_id)
        .order_by(Scan.id.desc())
    )
    openings = sa.select(Opening).where(Opening.wechat_user_id == user_id).order_by(Opening.opened_at.desc())
    return {
        "inviter": masked_name(member.name) if member else None,
        "bound_at": _moment(member.bound_at) if member else None,
        "scans": [
            {"what": kind.label, "way": scan.way.label, "decision": scan.outcome.label, "at": _moment(scan.at)}
            for scan, kind in scans
        ],
        "openings": [
            {"number": row.goods_id, "count": row.times, "last_at": _moment(row.opened_at)}
            for row in db.session.scalars(openings)
        ],
    }


def _moment(moment: datetime | None) -> str | None:
    return clock.local(moment).isoformat(timespec="seconds") if moment else None
