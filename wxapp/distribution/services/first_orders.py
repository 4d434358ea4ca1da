"""Since when people who came by a distributor are customers."""

from __future__ import annotations

import sqlalchemy as sa

from wxapp.core.db import change, transaction
from wxapp.distribution.models import Distributor, Membership
from wxapp.mall import queries as mall


def note_first_paid(order_no: str) -> None:
    """Note of a member, and of somebody who has joined as a distributor, when his first order after that was paid.

    Hearing it twice, late, or of the second order first comes to the same.
    """
    order = mall.get_order(order_no)
    if order.paid_at is None:
        return
    with transaction():
        for model, came_at in ((Membership, Membership.bound_at), (Distributor, Distributor.applied_at)):
            change(
                sa.update(model)
                .where(
                    model.wechat_user_id == order.wechat_user_id,
                    came_at <= order.paid_at,
                    sa.or_(model.first_paid_at.is_(None), model.first_paid_at > order.paid_at),
                )
                .values(first_paid_at=order.paid_at)
            )
