"""Money is whole fen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxapp.core.money import BASIS_POINTS, parse_yuan, share, yuan


@pytest.mark.parametrize(
    ("text", "fen"), [("12", 1200), ("12.5", 1250), ("0.01", 1), (" 3.00 ", 300), ("999999999.99", 99_999_999_999)]
)
def test_amounts_in_yuan_are_read(text: str, fen: int) -> None:
    assert parse_yuan(text) == fen


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.234", "1e3", "1,000", "１２", "nan", "0x1", ".5", "1.", "1 2"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="yuan"):
        parse_yuan(text)


@given(st.integers(0, 99_999_999_999))
def test_what_is_shown_is_read_back(fen: int) -> None:
    assert parse_yuan(yuan(fen)) == fen


@given(st.integers(0, 10**9), st.lists(st.integers(0, BASIS_POINTS), min_size=1, max_size=5))
def test_shares_never_sum_to_more_than_the_whole(amount: int, rates: list[int]) -> None:
    total = sum(rates)
    if total <= BASIS_POINTS:
        assert sum(share(amount, rate) for rate in rates) <= amount


def test_a_debt_shows_its_sign() -> None:
    assert yuan(-305) == "-3.05"
