"""Schedules of loans."""

from __future__ import annotations

from datetime import date

import pytest

from wxapp.loans.rules import schedule


def dates(periods: int, day: int, begins_on: str) -> list[str]:
    return [f"{due.due_on}" for due in schedule(10_000, periods, day, date.fromisoformat(begins_on))]


@pytest.mark.parametrize(
    ("fen", "periods", "parts"),
    [
        (1_200, 12, [100] * 12),
        (100, 3, [33, 33, 34]),
        (180_000, 12, [15_000] * 12),
        (240_001, 6, [40_000] * 5 + [40_001]),
        (7, 7, [1] * 7),
        (99, 1, [99]),
    ],
)
def test_parts_are_equal_and_the_last_has_the_remainder(fen: int, periods: int, parts: list[int]) -> None:
    dues = schedule(fen, periods, 8, date(2026, 3, 2))
    assert [due.amount_fen for due in dues] == parts
    assert sum(due.amount_fen for due in dues) == fen
    assert [due.period for due in dues] == list(range(1, periods + 1))


def test_the_schedule_begins_in_the_month_after_collection() -> None:
    assert dates(3, 8, "2026-03-02") == ["2026-04-08", "2026-05-08", "2026-06-08"]
    assert dates(2, 1, "2026-11-30") == ["2026-12-01", "2027-01-01"]


def test_the_thirty_first_falls_on_the_last_day_of_short_months() -> None:
    assert dates(4, 31, "2026-01-31") == ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]
    assert dates(1, 30, "2028-01-05") == ["2028-02-29"]


def test_every_split_adds_up() -> None:
    for fen in range(60, 400, 7):
        for periods in (1, 2, 3, 6, 7, 12, 24, 60):
            dues = schedule(fen, periods, 31, date(2026, 12, 31))
            assert sum(due.amount_fen for due in dues) == fen
            assert all(due.amount_fen > 0 for due in dues)
            assert sorted({due.due_on for due in dues}) == [due.due_on for due in dues]


@pytest.mark.parametrize(("fen", "periods", "day"), [(5, 6, 1), (100, 0, 1), (100, 3, 0), (100, 3, 32)])
def test_no_schedule_without_amounts_or_days(fen: int, periods: int, day: int) -> None:
    with pytest.raises(ValueError, match=r"fen|day"):
        schedule(fen, periods, day, date(2026, 3, 2))
