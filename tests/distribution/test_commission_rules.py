"""What a sale pays, in numbers."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxapp.distribution.rules import commission
from wxapp.distribution.rules.commission import Line, Part, Rate, commission_of, rate_fault, split

NO_LIMIT = 10**12


def percent(seller: int, inviter: int = 0) -> Rate:
    return Rate(is_percent=True, seller=seller, inviter=inviter)


def fixed(seller: int, inviter: int = 0) -> Rate:
    return Rate(is_percent=False, seller=seller, inviter=inviter)


def amounts(*lines: Line, cap_fen: int = NO_LIMIT) -> list[tuple[int, int]]:
    return [(one.seller.fen, one.inviter.fen) for one in split(lines, cap_fen=cap_fen)]


def test_the_examples_hold() -> None:
    assert doctest.testmod(commission).failed == 0


@pytest.mark.parametrize(
    ("line_fen", "quantity", "rate", "is_percent", "fen"),
    [
        (10_000, 1, 1_000, True, 1_000),
        (10_000, 7, 1_000, True, 1_000),  # a share of the line, whatever it consists of
        (1, 1, 9_999, True, 0),
        (199, 1, 100, True, 1),  # 1.99 fen, rounded down
        (0, 1, 5_000, True, 0),
        (30_000, 3, 200, False, 600),  # for each piece
        (500, 1, 501, False, 250),  # never more than half of what is paid
        (10_000, 1, 0, False, 0),
    ],
)
def test_one_level_of_a_line(line_fen: int, quantity: int, rate: int, is_percent: bool, fen: int) -> None:
    assert commission_of(line_fen, quantity, rate=rate, is_percent=is_percent) == fen


def test_without_an_inviter_only_the_seller_earns() -> None:
    assert amounts(Line(10_000, 1, percent(1_000, 500), has_inviter=False)) == [(1_000, 0)]


def test_both_levels_together_get_no_more_than_half_of_the_line() -> None:
    """The price went down after a fixed amount was agreed."""
    assert amounts(Line(1_000, 1, fixed(400, 400), has_inviter=True)) == [(400, 100)]


def test_a_sale_that_pays_its_seller_nothing_pays_nobody() -> None:
    assert amounts(Line(3, 1, percent(1_000, 4_000), has_inviter=True)) == [(0, 0)]


def test_the_limit_is_used_up_in_the_order_of_the_lines_seller_first() -> None:
    line = Line(10_000, 1, percent(1_000, 500), has_inviter=True)
    first, second, third = split([line, line, line], cap_fen=2_700)
    assert (first.seller, first.inviter) == (Part(1_000), Part(500))
    assert (second.seller, second.inviter) == (Part(1_000), Part(200, is_cut=True))
    assert (third.seller, third.inviter) == (Part(0, is_cut=True), Part(0))


def test_a_limit_that_is_just_reached_cuts_nothing() -> None:
    (found,) = split([Line(10_000, 1, percent(1_000, 500), has_inviter=True)], cap_fen=1_500)
    assert not found.seller.is_cut
    assert not found.inviter.is_cut


rates = st.builds(Rate, is_percent=st.booleans(), seller=st.integers(0, 20_000), inviter=st.integers(0, 20_000))
lines = st.lists(
    st.builds(Line, line_fen=st.integers(0, 10**8), quantity=st.integers(1, 99), rate=rates, has_inviter=st.booleans()),
    max_size=8,
)


@given(lines, st.integers(0, 10**7))
def test_nobody_gets_more_than_there_is(sold: list[Line], cap_fen: int) -> None:
    found = split(sold, cap_fen=cap_fen)
    assert len(found) == len(sold)
    assert sum(one.seller.fen + one.inviter.fen for one in found) <= cap_fen
    for line, one in zip(sold, found, strict=True):
        assert one.seller.fen >= 0
        assert one.inviter.fen >= 0
        assert (one.seller.fen + one.inviter.fen) * 2 <= line.line_fen
        assert line.has_inviter or one.inviter.fen == 0
        assert one.seller.fen or not one.inviter.fen


@given(lines, st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_higher_limit_takes_nothing_from_anybody(sold: list[Line], low: int, more: int) -> None:
    less, much = split(sold, cap_fen=low), split(sold, cap_fen=low + more)
    assert sum(one.seller.fen + one.inviter.fen for one in less) <= sum(
        one.seller.fen + one.inviter.fen for one in much
    )


@given(lines)
def test_what_is_not_cut_does_not_depend_on_other_lines(sold: list[Line]) -> None:
    assert split(sold, cap_fen=NO_LIMIT) == [split([line], cap_fen=NO_LIMIT)[0] for line in sold]


@given(st.integers(1, 10**8), st.integers(1, 99), rates)
def test_a_rate_that_may_be_saved_takes_half_at_most(price_fen: int, quantity: int, rate: Rate) -> None:
    if rate_fault(rate, cheapest_fen=price_fen):
        return
    (found,) = split([Line(price_fen * quantity, quantity, rate, has_inviter=True)], cap_fen=NO_LIMIT)
    assert (found.seller.fen + found.inviter.fen) * 2 <= price_fen * quantity


@pytest.mark.parametrize(
    ("rate", "cheapest_fen", "may"),
    [
        (percent(4_000, 1_000), None, True),
        (percent(4_000, 1_001), None, False),
        (percent(0, 0), None, True),
        (percent(0, 1), None, False),
        (fixed(400, 100), 1_000, True),
        (fixed(400, 101), 1_000, False),
        (fixed(5_000, 0), None, True),
        (fixed(0, 1), 1_000, False),
    ],
)
def test_limits_of_a_rate(rate: Rate, cheapest_fen: int | None, may: bool) -> None:
    assert (rate_fault(rate, cheapest_fen=cheapest_fen) == "") is may
