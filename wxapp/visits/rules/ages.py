"""How old somebody is."""

from __future__ import annotations

from datetime import date


def age_on(day: date, birthday: date) -> int:
    """Return the age in whole years; who is born on February 29 grows older on March 1 in other years."""
    return day.year - birthday.year - ((day.month, day.day) < (birthday.month, birthday.day))


def fits(age: int, birthday: date, *, today: date) -> bool:
    """Whether an age may be that of somebody born then: as people count theirs, it may be a year off."""
    return abs(age - age_on(today, birthday)) <= 1
