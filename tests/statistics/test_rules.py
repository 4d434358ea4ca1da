"""Periods, their points on a chart, shares."""

from datetime import date

import pytest

from wxapp.statistics import rules
from wxapp.statistics.rules import Period

TODAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("today", "2026-03-02", "2026-03-02"),
        ("7", "2026-02-24", "2026-03-02"),
        ("30", "2026-02-01", "2026-03-02"),
        ("month", "2026-03-01", "2026-03-02"),
        ("last_month", "2026-02-01", "2026-02-28"),
        ("90", "2025-12-03", "2026-03-02"),
    ],
)
def test_a_preset_ends_today_or_with_its_month(name, first, last):
    period = rules.preset(name, TODAY)
    assert (period.first.isoformat(), period.last.isoformat()) == (first, last)


def test_the_period_before_is_as_long_and_ends_the_day_before():
    period = Period(date(2026, 2, 24), date(2026, 3, 2))
    assert period.before == Period(date(2026, 2, 17), date(2026, 2, 23))
    assert period.before.days == period.days == 7


def test_a_short_period_is_shown_by_days_a_long_one_by_months():
    assert [step.label for step in rules.steps(Period(date(2026, 2, 27), TODAY))] == [
        "02-27",
        "02-28",
        "03-01",
        "03-02",
    ]
    found = rules.steps(Period(date(2025, 12, 15), TODAY))
    assert [(step.label, step.first, step.last) for step in found] == [
        ("2025-12", date(2025, 12, 15), date(2025, 12, 31)),
        ("2026-01", date(2026, 1, 1), date(2026, 1, 31)),
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        ("2026-03", date(2026, 3, 1), TODAY),
    ]


@pytest.mark.parametrize("days", [1, 62, 63, 366])
def test_the_points_of_a_chart_hold_each_day_once(days):
    period = Period(date.fromordinal(TODAY.toordinal() - days + 1), TODAY)
    held = [day for step in rules.steps(period) for day in Period(step.first, step.last)]
    assert held == list(period)


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (0, 0, "与上期持平"),
        (5, 0, "上期没有"),
        (15, 10, "较上期增50.0%"),
        (5, 10, "较上期减50.0%"),
        (10, 10, "与上期持平"),
    ],
)
def test_a_figure_is_compared_in_words(now, before, said):
    assert rules.compared(now, before) == said


def test_a_share_of_nothing_is_no_number():
    assert (rules.percent(1, 3), rules.percent(0, 0)) == ("33.3%", "—")
