"""Until when a request is answered. Pure."""

from __future__ import annotations

from datetime import date, timedelta

DAYS_TO_ANSWER = 15
"""Working days."""


def working_days_after(day: date, count: int) -> date:
    """Return the day so many working days later; Saturdays and Sundays are none. Public holidays are counted, so the
    answer is never later than the law would have it.
    """
    while count > 0:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day
