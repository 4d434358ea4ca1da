"""Rules of booking. Pure: moments and numbers come as arguments."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

NOON = time(12, 0)


def booker_key(*, patient_id: int | None, wechat_user_id: int | None, phone_index: str) -> str:
    """Return under which key a person's bookings pass one at a time: as a patient, a WeChat user, or a phone."""
    if patient_id is not None:
        return f"patient:{patient_id}"
    if wechat_user_id is not None:
        return f"wechat:{wechat_user_id}"
    return f"phone:{phone_index[:32]}"


def booking_number(day: date, digits: str) -> str:
    """Return a booking's number: B, the day it was made, six digits by chance."""
    return f"B{day:%y%m%d}{digits}"


def is_late(starts_at: datetime, *, now: datetime, hours: int) -> bool:
    """Whether it is too late to move, and cancelling counts."""
    return now > starts_at - timedelta(hours=hours)


def offer_ends_at(starts_at: datetime, *, now: datetime, minutes: int, notice_minutes: int) -> datetime | None:
    """Return until when a freed seat may be kept for somebody in line, or None when that is not worth a message.

    Nobody is offered what he could not accept before booking for it closes.
    """
    ends_at = min(now + timedelta(minutes=minutes), starts_at - timedelta(minutes=notice_minutes))
    return ends_at if ends_at - now >= timedelta(minutes=2) else None


def blocked_until(absences: int, *, most: int, now: datetime, days: int) -> datetime | None:
    """Return until when somebody who stayed away so often may not book online, or None."""
    return now + timedelta(days=days) if absences >= most else None


def day_reminder_due(starts_on: date, made_at: datetime, *, now: datetime, hour: int) -> bool:
    """Whether the reminder of the day before is to go out; ``now`` and ``made_at`` in the hospital's time.

    Who books in that very evening has just been told and needs none.
    """
    due_at = datetime.combine(starts_on - timedelta(days=1), time(hour), now.tzinfo)
    return due_at <= now < due_at + timedelta(hours=24 - hour) and made_at < due_at


def hours_reminder_due(starts_at: datetime, made_at: datetime, *, now: datetime, hours: int) -> bool:
    """Whether the last reminder is to go out; who books later than that needs none."""
    due_at = starts_at - timedelta(hours=hours)
    return due_at <= now < starts_at and made_at < due_at
