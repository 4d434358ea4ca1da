"""One effect for one key."""

from __future__ import annotations

import pytest
from flask import Flask

from wxapp.core.errors import Invalid
from wxapp.core.idempotency import KeyReused, once
from wxapp.core.ids import next_number


def draw() -> str:
    return str(next_number("effect"))


def test_a_second_press_gets_the_first_answer(app: Flask) -> None:
    answers = [once("anna/order", "key-1", {"goods": 5}, draw) for _ in range(3)]
    assert answers == ["1", "1", "1"]


def test_keys_of_different_people_do_not_meet(app: Flask) -> None:
    assert once("anna/order", "key-1", {}, draw) == "1"
    assert once("bert/order", "key-1", {}, draw) == "2"


def test_a_key_that_comes_with_something_else_is_refused(app: Flask) -> None:
    once("anna/order", "key-1", {"goods": 5}, draw)
    with pytest.raises(KeyReused):
        once("anna/order", "key-1", {"goods": 6}, draw)


def test_a_refusal_uses_no_key_up(app: Flask) -> None:
    def refuse() -> str:
        raise Invalid({"goods": "没有了"})

    with pytest.raises(Invalid):
        once("anna/order", "key-1", {}, refuse)
    assert once("anna/order", "key-1", {}, draw) == "1"
