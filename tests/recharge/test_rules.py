"""What is left of each lot, and what can go back: tables of cases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from wxapp.core import clock
from wxapp.recharge.rules import RETURN_WITHIN, Calculation, Lot, parse_suggestions, share_out

START = datetime(2026, 3, 2, 10, 0, tzinfo=clock.HOSPITAL_ZONE)


def lot(no: str, amount_fen: int, *, gone: int = 0, online: bool = True, day: int | None = None) -> Lot:
    at = START + timedelta(days=ord(no) - ord("A") if day is None else day)
    return Lot(no, at, amount_fen, gone, is_online=online)


def left(balance_fen: int, *lots: Lot, handed_back: int = 0) -> dict[str, tuple[int, int]]:
    """Return used and left by lot."""
    shares = share_out(balance_fen, lots, handed_back_fen=handed_back)
    return {share.lot.no: (share.used_fen, share.left_fen) for share in shares}


@pytest.mark.parametrize(
    ("balance", "lots", "expected"),
    [
        (0, [], {}),
        (100, [lot("A", 100)], {"A": (0, 100)}),
        (150, [lot("A", 100), lot("B", 100)], {"B": (0, 100), "A": (50, 50)}),
        (80, [lot("A", 100), lot("B", 100)], {"B": (20, 80), "A": (100, 0)}),
        (150, [lot("A", 100), lot("B", 100, gone=50)], {"B": (0, 50), "A": (0, 100)}),
        (0, [lot("A", 100), lot("B", 100, gone=100)], {"B": (0, 0), "A": (100, 0)}),
        # More than all lots together: it came another way, and belongs to none of them.
        (300, [lot("A", 100)], {"A": (0, 100)}),
        (-5, [lot("A", 100)], {"A": (100, 0)}),
    ],
)
def test_the_oldest_money_is_spent_first(balance: int, lots: list[Lot], expected: dict[str, tuple[int, int]]) -> None:
    assert left(balance, *lots) == expected


def test_what_the_counter_handed_back_was_paid_there() -> None:
    lots = (lot("A", 100), lot("B", 100, online=False))
    assert left(100, *lots, handed_back=100) == {"B": (100, 0), "A": (0, 100)}
    assert left(60, *lots, handed_back=140)["A"] == (40, 60)


@pytest.mark.parametrize("balance", range(0, 301, 25))
@pytest.mark.parametrize("handed_back", [0, 30, 120])
def test_no_more_is_left_than_the_balance(balance: int, handed_back: int) -> None:
    shares = left(balance, lot("A", 100), lot("B", 100, gone=40, online=False), lot("C", 100), handed_back=handed_back)
    assert sum(kept for _used, kept in shares.values()) <= balance
    assert all(used >= 0 and kept >= 0 for used, kept in shares.values())


def calculation(balance: int, *lots: Lot, days: int = 10) -> Calculation:
    return Calculation(balance, share_out(balance, lots), START + timedelta(days=days))


def test_after_a_year_only_the_counter_can_give_back() -> None:
    late = RETURN_WITHIN.days
    found = calculation(200, lot("A", 100), lot("B", 100), days=late)
    assert (found.returnable_fen, found.counter_fen) == (100, 100)
    assert [found.why_not(share) for share in found.shares] == ["", "已超过微信退款期限，请到前台办理"]


def test_what_was_paid_at_the_counter_goes_back_there() -> None:
    found = calculation(150, lot("A", 100), lot("B", 100, online=False))
    assert (found.returnable_fen, found.counter_fen) == (50, 100)


def test_a_plan_begins_with_what_expires_first() -> None:
    found = calculation(250, lot("A", 100), lot("B", 100), lot("C", 100))
    plan = [(share.lot.no, fen) for share, fen in found.plan(120)]
    assert plan == [("A", 50), ("B", 70)]
    assert [fen for _share, fen in found.plan(250)] == [50, 100, 100]


@pytest.mark.parametrize("amount", [0, -1, 251])
def test_no_plan_gives_back_more_than_there_is(amount: int) -> None:
    with pytest.raises(ValueError, match="more than"):
        calculation(250, lot("A", 100), lot("B", 200)).plan(amount)


def test_suggested_amounts() -> None:
    assert parse_suggestions("50, 100，8888,100") == (5_000, 10_000, 888_800)
    assert parse_suggestions("") == ()


@pytest.mark.parametrize("text", ["x", "0", "-5", "1,2,3,4,5,6,7,8,9,10", "１０"])
def test_what_is_no_list_of_amounts(text: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        parse_suggestions(text)
