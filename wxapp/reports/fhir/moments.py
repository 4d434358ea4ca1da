"""Dates and moments of FHIR, exact to the year, the day or the second."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from wxapp.core.clock import HOSPITAL_ZONE

_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)


def parse_moment(text: str) -> datetime | None:
    """Return the moment of a dateTime or instant, None when it is none of our time.

    What is exact to the day is that day's beginning at the hospital; to the month or year, its first day.
    """
    try:
        if found := _DATE.fullmatch(text):
            year, month, day = (int(part or 1) for part in found.groups())
            moment = datetime(year, month, day, tzinfo=HOSPITAL_ZONE)
        else:
            moment = datetime.fromisoformat(text)
        if moment.tzinfo is None or not 1900 <= moment.year < 2200:
            return None
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def shown(text: str) -> str:
    """Return a dateTime as people read it; what is none stays as it is."""
    if _DATE.fullmatch(text):
        return text
    moment = parse_moment(text)
    return moment.astimezone(HOSPITAL_ZONE).strftime("%Y-%m-%d %H:%M") if moment else text
