"""The limit of a day: what one account is topped up by, at the counter and online together."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core.db import change, db
from wxapp.core.money import yuan
from wxapp.wallet import settings
from wxapp.wallet.errors import OverLimit
from wxapp.wallet.models import DayTotal


def count_top_up(
    account_id: int, day: date, amount_fen: int, *, is_online: bool = False, is_limited: bool = True
) -> int:
    """Count a top-up against the limit of the day: one conditional UPDATE, never read, compare, write.

    Return what was topped up at the counter that day, with it; the row is held, so nobody else counts meanwhile.

    :param is_limited: False for money that is there already: it is counted whatever the limit, so that the next one
        sees it
    :raises OverLimit: the limit of the day would be passed; nothing was counted
    """
    most = settings.TOP_UP_DAY()
    mine = (DayTotal.account_id == account_id, DayTotal.day == day)
    step = sa.update(DayTotal).where(*mine).values(topped_up_fen=DayTotal.topped_up_fen + amount_fen)
    if is_online:
        step = step.values(online_fen=DayTotal.online_fen + amount_fen)
    if is_limited:
        step = step.where(DayTotal.topped_up_fen + amount_fen <= most)
    if not change(step) and not (_begin_day(account_id, day) and change(step)):
        raise OverLimit(f"超过每日充值上限{yuan(most)}元", field="amount")
    return db.session.execute(sa.select(DayTotal.topped_up_fen - DayTotal.online_fen).where(*mine)).scalar_one()


def uncount_top_up(account_id: int, day: date, amount_fen: int, *, is_online: bool = False) -> None:
    """Take a top-up that came to nothing out of its day. The caller sees to it that this happens once."""
    step = sa.update(DayTotal).where(DayTotal.account_id == account_id, DayTotal.day == day)
    step = step.values(topped_up_fen=DayTotal.topped_up_fen - amount_fen)
    if is_online:
        step = step.values(online_fen=DayTotal.online_fen - amount_fen)
    change(step)


def topped_up_on(account_id: int, day: date) -> int:
    """Return what counts against the limit of this day so far."""
    mine = (DayTotal.account_id == account_id, DayTotal.day == day)
    return db.session.scalar(sa.select(DayTotal.topped_up_fen).where(*mine)) or 0


def _begin_day(account_id: int, day: date) -> bool:
    """Write down that nothing was topped up yet; False when something was."""
    mine = (DayTotal.account_id == account_id, DayTotal.day == day)
    if db.session.scalar(sa.select(DayTotal.id).where(*mine)) is not None:
        return False
    try:
        with db.session.begin_nested():
            db.session.add(DayTotal(account_id=account_id, day=day, topped_up_fen=0))
    except IntegrityError:
        pass  # somebody else began the day
    return True
