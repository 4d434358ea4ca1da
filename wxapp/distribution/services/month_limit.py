"""The limit of a month: what one distributor may be booked in it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core import clock
from wxapp.core.db import change, db
from wxapp.distribution import settings
from wxapp.distribution.models import MonthTotal


def count_in_month(distributor_id: int, fen: int) -> int:
    """Count commission against this month's limit and return how much of it may be booked: all, the rest, or nothing.

    One conditional UPDATE counts; what was read before only says how much to ask for. What is reversed later frees
    nothing: the limit is one of what is sold, and nobody gains room by orders that are given back.
    """
    mine = (MonthTotal.distributor_id == distributor_id, MonthTotal.month == f"{clock.today():%Y-%m}")
    booked = sa.select(MonthTotal.booked_fen).where(*mine)
    most = settings.MONTH_CAP()
    while True:
        found = db.session.scalar(booked)
        if found is None:
            _begin_month(distributor_id)
            continue
        part = min(fen, most - found)
        if part < 1:
            return 0
        step = sa.update(MonthTotal).where(*mine, MonthTotal.booked_fen + part <= most)
        if change(step.values(booked_fen=MonthTotal.booked_fen + part)):
            return part


def _begin_month(distributor_id: int) -> None:
    try:
        with db.session.begin_nested():
            db.session.add(MonthTotal(distributor_id=distributor_id, month=f"{clock.today():%Y-%m}", booked_fen=0))
    except IntegrityError:
        pass  # somebody else began the month
