"""Which floors stand where, and what is to be seen when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from wxapp.website import rules
from wxapp.website.rules import FloorPlace

NAMES = ["甲", "乙", "丙", "丁"]
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def places(text: str) -> list[FloorPlace]:
    """Read ``甲 -乙``: in this order, a minus for switched off."""
    return [FloorPlace(name.removeprefix("-"), not name.startswith("-")) for name in text.split()]


@pytest.mark.parametrize(
    ("kept", "names", "wanted"),
    [
        ("", NAMES, "甲 乙 丙 丁"),
        ("丁 -丙 乙 甲", NAMES, "丁 -丙 乙 甲"),
        ("丁 甲", NAMES, "丁 甲 乙 丙"),
        ("乙 -丁", NAMES, "甲 乙 丙 -丁"),
        ("甲 旧 乙", NAMES, "甲 乙 丙 丁"),
        ("旧", [], ""),
    ],
)
def test_staffs_order_holds_and_what_is_new_finds_its_place(kept: str, names: list[str], wanted: str) -> None:
    assert rules.arrange(places(kept), names) == places(wanted)


@pytest.mark.parametrize(
    ("name", "by", "wanted"),
    [
        ("乙", -1, "乙 甲 -丙"),
        ("乙", 1, "甲 -丙 乙"),
        ("甲", -1, "甲 乙 -丙"),
        ("丙", 1, "甲 乙 -丙"),
        ("", 1, "甲 乙 -丙"),
    ],
)
def test_moving_stops_at_the_ends(name: str, by: int, wanted: str) -> None:
    assert rules.moved(places("甲 乙 -丙"), name, by=by) == places(wanted)


@pytest.mark.parametrize(
    ("is_published", "since", "until", "wanted"),
    [
        (True, None, None, True),
        (False, None, None, False),
        (True, NOW, None, True),
        (True, NOW + HOUR, None, False),
        (True, None, NOW, False),
        (True, None, NOW + HOUR, True),
        (False, NOW - HOUR, NOW + HOUR, False),
    ],
)
def test_what_is_to_be_seen(is_published: bool, since: datetime | None, until: datetime | None, wanted: bool) -> None:
    assert rules.is_visible(is_published=is_published, since=since, until=until, now=NOW) is wanted


def test_the_next_change_is_the_first_that_is_still_to_come() -> None:
    moments = [None, NOW - HOUR, NOW, NOW + 2 * HOUR, NOW + HOUR]
    assert rules.next_change(moments, now=NOW) == NOW + HOUR
    assert rules.next_change([None, NOW], now=NOW) is None
