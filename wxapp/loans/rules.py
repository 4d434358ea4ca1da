"""The schedule of a loan."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Due:
    """One period of a schedule, counted from 1."""

    period: int
    amount_fen: int
    due_on: date


def schedule(amount_fen: int, periods: int, repayment_day: int, begins_on: date) -> list[Due]:
    """Return equal parts in fen, the remainder on the last, each due on the repayment day of a following month.

    The first is due in the month after ``begins_on``. In a month without that day it is the month's last day.

    :raises ValueError: a part would be nothing, or the day is in no month
    """
    if periods < 1 or amount_fen < periods:
        raise ValueError("each period has at least one fen")
    if not 1 <= repayment_day <= 31:
        raise ValueError("no month has this day")
    part = amount_fen // periods
    last = amount_fen - part * (periods - 1)
    return [
        Due(period, last if period == periods else part, _due_on(begins_on, period, repayment_day))
        for period in range(1, periods + 1)
    ]


def _due_on(begins_on: date, months: int, day: int) -> date:
    years, month = divmod(begins_on.month - 1 + months, 12)
    year = begins_on.year + years
    return date(year, month + 1, min(day, calendar.monthrange(year, month + 1)[1]))
