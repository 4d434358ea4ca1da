"""Who does not come: counted, and after some times kept from booking online for a while."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from wxapp.booking import rules, settings
from wxapp.booking.models import Booker, Booking, BookingStatus
from wxapp.booking.services.persons import hold_booker
from wxapp.core import clock
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import NotFound


def absences_of(key: str) -> int:
    """Return how often somebody stayed away lately: missed, or cancelled late where that counts."""
    since = clock.now() - timedelta(days=settings.ABSENCE_DAYS())
    forgiven = db.session.scalar(sa.select(Booker.forgiven_at).where(Booker.key == key))
    if forgiven is not None:
        since = max(since, forgiven)
    counted = [Booking.status == BookingStatus.MISSED]
    if settings.COUNT_LATE():
        counted.append(sa.and_(Booking.status == BookingStatus.CANCELLED, Booking.is_late_cancel))
    statement = (
        sa.select(sa.func.count())
        .select_from(Booking)
        .where(Booking.booker_key == key, sa.or_(*counted), Booking.ended_at > since)
    )
    return db.session.execute(statement).scalar_one()


def count_absence(key: str) -> None:
    """Keep somebody from booking online who has stayed away once too often. Called with the booking that ended."""
    with transaction():
        hold_booker(key)
        until = rules.blocked_until(
            absences_of(key), most=settings.MOST_ABSENCES(), now=clock.now(), days=settings.BLOCK_DAYS()
        )
        if until is not None:
            change(sa.update(Booker).where(Booker.key == key).values(blocked_until=until))


def take_back_absence(key: str) -> None:
    """Let somebody book again who came after all, unless enough absences are left."""
    with transaction():
        hold_booker(key)
        if absences_of(key) < settings.MOST_ABSENCES():
            change(sa.update(Booker).where(Booker.key == key).values(blocked_until=None))


def lift_block(booker_key: str, *, by: str, why: str) -> None:  # noqa: ARG001 - the door writes both into the audit log
    """Let somebody book online again; what was counted so far counts no more. Lifting twice changes nothing.

    :raises NotFound: nobody with this key has ever booked
    """
    with transaction():
        now = clock.now()
        lifted = sa.update(Booker).where(Booker.key == booker_key).values(blocked_until=None, forgiven_at=now)
        if not change(lifted):
            raise NotFound
