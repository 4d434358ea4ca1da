"""Moments on the wire: RFC 3339 with +08:00; inside they are Unix seconds of the sandbox's clock."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))


def shown(moment: float) -> str:
    """Return e.g. ``2026-11-21T10:00:00+08:00``."""
    return datetime.fromtimestamp(int(moment), CHINA).isoformat()


def plain(moment: float) -> str:
    """Return e.g. ``2026-11-21 10:00:00``, as bills have it."""
    return datetime.fromtimestamp(int(moment), CHINA).strftime("%Y-%m-%d %H:%M:%S")


def compact(moment: float) -> str:
    """Return e.g. ``20261121100000``, as numbers begin."""
    return datetime.fromtimestamp(int(moment), CHINA).strftime("%Y%m%d%H%M%S")


def read(text: str) -> float:
    """Read an RFC 3339 moment with an offset; ValueError for a day that doesn't exist."""
    return datetime.fromisoformat(text).timestamp()


def day(moment: float) -> date:
    """Return the calendar day in China."""
    return datetime.fromtimestamp(moment, CHINA).date()


def start_of(on: date, *, hour: int = 0) -> float:
    """Return the moment at which that hour of the day begins in China."""
    return datetime(on.year, on.month, on.day, hour, tzinfo=CHINA).timestamp()


def year_after(moment: float) -> float:
    """Return the same time of the same day one year later; the 29th of February becomes the 1st of March."""
    then = datetime.fromtimestamp(moment, CHINA)
    try:
        return then.replace(year=then.year + 1).timestamp()
    except ValueError:
        return then.replace(year=then.year + 1, month=3, day=1).timestamp()
