from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxapp.wallet.rules import (
    Line,
    TopUpLimits,
    card_number,
    chain_hash,
    is_card_number,
    needs_second_person,
    top_up_problem,
)

LIMITS = TopUpLimits(least_fen=100, most_fen=500_000, alone_fen=200_000)


@pytest.mark.parametrize(
    ("fen", "problem"),
    [
        (99, "单笔充值不能低于1.00元"),
        (100, ""),
        (500_000, ""),
        (500_001, "单笔充值不能超过5000.00元"),
    ],
)
def test_a_top_up_keeps_within_its_limits(fen: int, problem: str) -> None:
    assert top_up_problem(fen, LIMITS) == problem


@pytest.mark.parametrize(("fen", "needed"), [(200_000, False), (200_001, True)])
def test_a_large_top_up_needs_a_second_person(fen: int, needed: bool) -> None:
    assert needs_second_person(fen, LIMITS) is needed


@given(st.integers(0, 99_999_999), st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_of_a_card_number_shows(sequence: int, place: int, step: int) -> None:
    number = card_number(sequence)
    assert is_card_number(number)
    wrong = number[:place] + str((int(number[place]) + step) % 10) + number[place + 1 :]
    assert not is_card_number(wrong)


def a_line(**over: object) -> Line:
    values = {
        "id": 1, "kind": "k", "source": "s", "payer_id": 1, "payee_id": 2, "amount_fen": 5,
        "at": datetime(2026, 3, 1, tzinfo=UTC),
    }  # fmt: skip
    return Line(**{**values, **over})  # type: ignore[arg-type]


@pytest.mark.parametrize("change", [{"amount_fen": 6}, {"payee_id": 3}, {"source": "t"}, {"kind": "l"}, {"id": 2}])
def test_whatever_is_changed_changes_the_hash(change: dict[str, object]) -> None:
    assert chain_hash("before", [a_line(**change)]) != chain_hash("before", [a_line()])


def test_a_removed_day_changes_every_later_hash() -> None:
    assert chain_hash("before", [a_line()]) != chain_hash("other", [a_line()])
