"""The only reader of the clock.

Moments are kept in UTC; the hospital lives in Asia/Shanghai, so days are cut there.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

HOSPITAL_ZONE = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """Return this moment, aware, in UTC, to the millisecond (the databases keep no more)."""
    moment = datetime.now(UTC)  # noqa: TID251 - the one place
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def today() -> date:
    """Return the hospital's date."""
    return hospital_day(now())


def hospital_day(moment: datetime) -> date:
    return moment.astimezone(HOSPITAL_ZONE).date()


def local(moment: datetime) -> datetime:
    """Return the moment as the hospital's clocks show it."""
    return moment.astimezone(HOSPITAL_ZONE)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Return the UTC moments between which the hospital's day lies: [start, end)."""
    start = datetime.combine(day, time.min, HOSPITAL_ZONE)
    end = datetime.combine(day + timedelta(days=1), time.min, HOSPITAL_ZONE)
    return start.astimezone(UTC), end.astimezone(UTC)
