"""Noting that a WeChat user saw a patient's data."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core import clock
from wxapp.core.db import change, db, transaction
from wxapp.patients.models import Look


def note_look(*, wechat_user_id: int, patient_id: int, what: str) -> None:
    """Count this look among those of the day."""
    now, day = clock.now(), clock.today()
    here = (Look.wechat_user_id == wechat_user_id, Look.patient_id == patient_id, Look.what == what, Look.day == day)
    again = sa.update(Look).where(*here).values(count=Look.count + 1, last_at=now)
    with transaction():
        if change(again):
            return
        try:
            with db.session.begin_nested():
                db.session.add(
                    Look(
                        wechat_user_id=wechat_user_id,
                        patient_id=patient_id,
                        what=what,
                        day=day,
                        first_at=now,
                        last_at=now,
                    )
                )
        except IntegrityError:  # the same person on two phones
            change(again)


def remove_old_looks(*, older_than: timedelta = timedelta(days=3 * 365), limit: int = 5000) -> int:
    """Remove looks after three years, as long as the law wants them; return how many."""
    old = sa.select(Look.id).where(Look.day < clock.today() - older_than).limit(limit)
    found = db.session.scalars(old).all()
    with transaction():
        return change(sa.delete(Look).where(Look.id.in_(found))) if found else 0
