"""Rules of the mall: no application, no database."""

from __future__ import annotations

import re
from datetime import date

import pytest

from wxapp.mall import rules
from wxapp.mall.rules import Wanted

TODAY = date(2026, 3, 2)


def test_an_order_number_has_the_contract_s_format() -> None:
    assert rules.order_number(date(2019, 5, 4), 10029) == "N2019050410029"
    assert re.fullmatch(r"N\d{8}[1-9]\d{4}", rules.order_number(TODAY, rules.FIRST_ORDER_NUMBER))
    assert re.fullmatch(r"N\d{8}[1-9]\d{4}", rules.order_number(TODAY, rules.LAST_ORDER_NUMBER))


def test_the_total_is_the_sum_of_the_lines() -> None:
    assert rules.total_of([Wanted(1, 2, 9_900), Wanted(2, 1, 1)]) == 19_801


@pytest.mark.parametrize(
    ("day", "may"),
    [
        (date(2026, 3, 1), False),
        (date(2026, 3, 2), False),
        (date(2026, 3, 3), True),
        (date(2026, 8, 29), True),
        (date(2026, 8, 30), False),
    ],
)
def test_a_check_up_is_wished_from_tomorrow_to_half_a_year_ahead(day: date, may: bool) -> None:
    assert rules.can_wish(day, today=TODAY) is may


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("  彩超 ", ["彩超"]),
        ("女 乳腺，彩超", ["女", "乳腺", "彩超"]),
        ("", []),
        ("a b c d e f", ["a", "b", "c", "d", "e"]),
    ],
)
def test_what_is_typed_is_searched_word_by_word(typed: str, words: list[str]) -> None:
    assert rules.search_words(typed) == words


def test_wildcards_in_a_search_mean_themselves() -> None:
    assert rules.like_pattern("100%_!") == "%100!%!_!!%"
