"""What goes of a WeChat user here on request (个人信息保护法 47), and what money keeps."""

from __future__ import annotations

import sqlalchemy as sa

from wxapp.core import actors
from wxapp.core.db import change, db, transaction
from wxapp.distribution.models import (
    Commission,
    DistributorStatus,
    Membership,
    Opening,
    Reward,
    Scan,
    Withdrawal,
)
from wxapp.distribution.queries import people
from wxapp.distribution.states import DISTRIBUTOR

BY = actors.system("erasure")
WHY = "办理删除请求"
GONE = "已删除"

S = DistributorStatus


def erase_traces(user_id: int) -> int:
    """Remove how a user came here: scans, openings, whose member he is. What orders hold stays with them."""
    with transaction():
        return sum(
            change(sa.delete(model).where(model.wechat_user_id == user_id)) for model in (Membership, Opening, Scan)
        )


def erase_distributor(user_id: int) -> int:
    """End that a user is a distributor and remove what is stored of him; 1 when there was something.

    Commissions, rewards and withdrawals are accounts and stay, and with them the name and ID number of whom they were
    paid to. What is available can still be withdrawn. Who is frozen stays frozen: nobody gets at money that is held
    back by asking for deletion; people decide about it, and may close then.
    """
    with transaction():
        row = people.find_by_user(user_id)
        if row is None or not row.phone:  # erased before
            return 0
        if row.status is S.APPLIED:
            DISTRIBUTOR.move(row, S.REFUSED, by=BY, why=WHY, reason=WHY)
        elif row.status is S.ACTIVE:
            DISTRIBUTOR.move(row, S.CLOSED, by=BY, why=WHY, reason=WHY)
        row.phone, row.phone_index, row.phone_taken = "", "", None
        if not _has_accounts(row.id):
            row.name, row.name_index, row.id_number = GONE, "", None
        return 1


def _has_accounts(distributor_id: int) -> bool:
    mine = [
        sa.exists().where(column == distributor_id)
        for column in (Commission.distributor_id, Reward.distributor_id, Withdrawal.distributor_id)
    ]
    return bool(db.session.scalar(sa.select(sa.or_(*mine))))
