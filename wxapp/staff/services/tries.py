"""Counting failures of one account. A try is counted before its secret is compared, in a transaction of its own."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import change, db, transaction
from wxapp.staff import rules
from wxapp.staff.models import Member


def count_try(member_id: int) -> bool:
    """Count a try; False while the account is locked (the try must then fail, whatever was typed)."""
    now = clock.now()
    until = now + timedelta(minutes=rules.LOCK_MINUTES)
    mine = sa.update(Member).where(Member.id == member_id)
    with transaction():
        # Small steps, because MySQL computes one UPDATE's columns from left to right and SQLite all at once.
        change(mine.where(Member.locked_until <= now).values(failed_tries=0, locked_until=None))
        counted = change(mine.where(Member.locked_until.is_(None)).values(failed_tries=Member.failed_tries + 1))
        is_last = sa.and_(Member.locked_until.is_(None), Member.failed_tries >= rules.TRIES_BEFORE_LOCK)
        change(mine.where(is_last).values(locked_until=until))
    return counted == 1


def take_back(member_id: int) -> None:
    """Take a counted try back: its secret was right."""
    with transaction():
        change(
            sa.update(Member)
            .where(Member.id == member_id, Member.failed_tries > 0)
            .values(failed_tries=Member.failed_tries - 1, locked_until=None)
        )


def forgive(member_id: int) -> None:
    """Begin counting anew."""
    change(sa.update(Member).where(Member.id == member_id).values(failed_tries=0, locked_until=None))


def lock_is_on(member_id: int) -> bool:
    until = db.session.scalar(sa.select(Member.locked_until).where(Member.id == member_id))
    return until is not None and until > clock.now()
