"""Timed work of the mall. Closing what stays unpaid is the payments' work: they ask the channel first."""

from __future__ import annotations

from datetime import timedelta

from wxapp.core import clock
from wxapp.core.apart import each_apart
from wxapp.core.db import db
from wxapp.mall import queries, settings
from wxapp.mall.services import shipping, telling


def remind_unpaid(*, limit: int = 200) -> int:
    """Tell each buyer once that an order is about to close; return how many were told."""
    now = clock.now()
    until = now + timedelta(minutes=settings.CLOSING_SOON_MINUTES())
    orders = queries.orders_closing_soon(now=now, until=until, limit=limit)
    db.session.commit()  # ends the read; each reminder is a transaction of its own
    return each_apart(telling.tell_closing_soon, orders, what="mall: reminder of an unpaid order")


def report_shippings(*, limit: int = 50) -> int:
    """Tell WeChat of deliveries, so that it hands out the money of the mini-program; return how many were tried."""
    return shipping.report_due(limit=limit)
