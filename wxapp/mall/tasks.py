"""Timed work of the mall."""

from __future__ import annotations

import logging
from datetime import timedelta

from wxapp.core import actors, clock
from wxapp.core.db import db, repeat_on_conflict
from wxapp.core.errors import DomainError
from wxapp.mall import queries
from wxapp.mall.services import ordering

log = logging.getLogger(__name__)


def close_unpaid(*, limit: int = 200) -> int:
    """Close orders whose time to pay is over, one transaction each; return how many were closed.

    One that can't be closed now (the channel does not answer, or says that money has come) waits for the next round.
    """
    # A minute of grace: whoever pays in the last second still sees his payment succeed.
    numbers = queries.overdue_orders(now=clock.now() - timedelta(minutes=1), limit=limit)
    db.session.commit()  # ends the read; each order is a transaction of its own
    return sum(_close(order_no) for order_no in numbers)


def _close(order_no: str) -> bool:
    by = actors.system("close_unpaid")
    try:
        repeat_on_conflict(
            lambda: ordering.cancel_order(queries.get_order(order_no), by=by, reason="超时未付款，自动关闭")
        )
    except DomainError as refusal:
        log.info("order %s stays open: %s", order_no, refusal.code)
        return False
    return True
