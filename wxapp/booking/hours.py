"""Times of day at the hospital: minutes after midnight, as people write them, and the moments they stand for."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

from wxapp.core import clock

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


def minute_text(minute: int) -> str:
    """Return a time of day as people write it: 510 is ``08:30``."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def parse_minute(text: str) -> int:
    """Return the minutes after midnight of ``8:30``, ``08:30`` or, as an end, ``24:00``.

    :raises ValueError: no time of day
    """
    hours, colon, minutes = text.strip().replace("：", ":").partition(":")
    is_written = all(part.isascii() and part.isdigit() and len(part) <= 2 for part in (hours, minutes))
    if not colon or not is_written or len(minutes) != 2 or int(minutes) > 59 or int(hours) * 60 + int(minutes) > 1440:
        raise ValueError(text)
    return int(hours) * 60 + int(minutes)


def moment_of(day: date, minute: int) -> datetime:
    """Return the moment of a time of day. The hospital's zone has no summer time."""
    return clock.day_bounds(day)[0] + timedelta(minutes=minute)


def minute_of(moment: datetime) -> int:
    """Return the hospital's time of day of a moment."""
    local = clock.local(moment)
    return local.hour * 60 + local.minute


def slot_bounds(starts_minute: int, ends_minute: int, slot_minutes: int) -> list[tuple[int, int]]:
    """Cut a stretch of work into slots, half-open; what is left over at the end is too short for one."""
    return list(pairwise(range(starts_minute, ends_minute + 1, slot_minutes)))


def day_text(day: date) -> str:
    """Return a day as staff read it: ``03-05 周四``."""
    return f"{day:%m-%d} {WEEKDAYS[day.weekday()]}"


def span_text(starts_at: datetime, ends_at: datetime) -> str:
    """Return ``08:30–09:00``."""
    return f"{clock.local(starts_at):%H:%M}–{clock.local(ends_at):%H:%M}"
