"""Who stands above and below, and how a distributor is found."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.factories.distribution import make_distributor
from wxapp.distribution.models import DistributorStatus
from wxapp.distribution.queries import people
from wxapp.distribution.rules import codes


@pytest.mark.parametrize("typed", ["abc234", "ABC234", " abc 234 ", "ａｂｃ２３４", "Abc\t234"])
def test_codes_are_read_as_people_type_them(typed: str) -> None:
    assert codes.read_code(typed) == "abc234"


@pytest.mark.parametrize(
    "text", ["", "abc23", "abc2345", "abc230", "abco23", "abci23", "abcl23", "abc12x", "甲乙丙丁戊己"]
)
def test_what_looks_like_something_else_is_no_code(text: str) -> None:
    assert not codes.is_code(codes.read_code(text))


def test_drawn_codes_are_codes() -> None:
    picks = iter("zzzzzz")
    assert codes.draw_code(lambda _: next(picks)) == "zzzzzz"
    assert codes.is_code(codes.draw_code(lambda letters: letters[-1]))


def test_a_code_is_found_however_it_is_typed(app: Flask) -> None:
    row = make_distributor(code="k7m2np")
    assert people.find_by_code(" K7M 2NP ").id == row.id
    assert people.find_by_code("k7m2nq") is None
    assert people.find_by_code("") is None


def test_the_chain_above_has_the_nearest_first(app: Flask) -> None:
    top = make_distributor()
    middle = make_distributor(inviter=top)
    low = make_distributor(inviter=middle)
    assert people.ids_above(low.id) == [middle.id, top.id]
    assert people.ids_above(top.id) == []


def test_a_chain_that_is_a_circle_ends(app: Flask) -> None:
    first = make_distributor()
    second = make_distributor(inviter=first)
    first.inviter_id = second.id
    assert people.ids_above(first.id) == [second.id]


def test_those_who_only_applied_are_not_counted(app: Flask) -> None:
    top = make_distributor()
    left, right = make_distributor(inviter=top), make_distributor(inviter=top, status=DistributorStatus.FROZEN)
    make_distributor(inviter=top, status=DistributorStatus.APPLIED)
    make_distributor(inviter=left)
    make_distributor(inviter=right, status=DistributorStatus.REFUSED)
    assert people.direct_counts([top.id, left.id, right.id]) == {top.id: 2, left.id: 1}
    assert people.counts_below(top.id) == people.Counts(direct=2, second=1)
