"""Rules of the website: which floors stand where, and what is to be seen when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

MAX_PICTURES = 9
"""Pictures of one machine."""

SHEETS: Mapping[str, int] = {"about": 1, "checkup-notice": 2}
"""Pages that are there once, by their part of the address, with the numbers of their rows."""

SHEET_NAMES: Mapping[str, str] = {"about": "医院简介", "checkup-notice": "体检须知"}


@dataclass(frozen=True)
class FloorPlace:
    """A floor of the home page as staff have placed it."""

    name: str
    is_shown: bool


def arrange(kept: Sequence[FloorPlace], names: Sequence[str]) -> list[FloorPlace]:
    """Return the places of all floors that there are.

    :param kept: what staff arranged; a floor that is gone is left out
    :param names: the floors there are, in their first order. One that staff have not placed yet is shown, behind the
        floor that stands before it in this order.
    """
    places = [place for place in kept if place.name in names]
    for index, name in enumerate(names):
        if all(place.name != name for place in places):
            before = set(names[:index])
            behind = max((at for at, place in enumerate(places, start=1) if place.name in before), default=0)
            places.insert(behind, FloorPlace(name, is_shown=True))
    return places


def moved(places: Sequence[FloorPlace], name: str, *, by: int) -> list[FloorPlace]:
    """Return the places after one floor went up (-1) or down (1); at the end of the list it stays."""
    found = list(places)
    at = next((index for index, place in enumerate(found) if place.name == name), None)
    if at is not None and 0 <= at + by < len(found):
        found.insert(at + by, found.pop(at))
    return found


def is_visible(*, is_published: bool, since: datetime | None, until: datetime | None, now: datetime) -> bool:
    """Whether patients see it: from ``since`` on, and no longer at ``until``."""
    return is_published and (since is None or since <= now) and (until is None or now < until)


def next_change(moments: Iterable[datetime | None], *, now: datetime) -> datetime | None:
    """Return the first of these moments that is still to come."""
    return min((moment for moment in moments if moment is not None and moment > now), default=None)
