"""Pure rules about passwords, names and codes."""

from __future__ import annotations

import pytest

from wxapp.staff import rules
from wxapp.staff.services.signing_in import password_problem

OWN = ("wang.fang", "王芳", "13800000001")


@pytest.mark.parametrize(
    "password",
    [
        "short1!",
        "password",
        "Password1",
        "P@ssw0rd",
        "p@$$w0rd2026",
        "12345678",
        "87654321",
        "1234567890",
        "aaaaaaaa",
        "abababab",
        "qwertyuiop",
        "1qaz2wsx3edc",
        "abcdefgh12345678",
        "yiyuan2026",
        "hospital123",
        "Doctor888",
        "5201314520",
        "wang.fang2026",
        "x13800000001",
        "woaini1314",
        "iloveyou2024",
        "x" * 65,
    ],
)
def test_a_guessable_password_is_refused(password):
    assert password_problem(password, own_words=OWN)


@pytest.mark.parametrize(
    "password",
    [
        "seven quiet herons",
        "correct horse 42",
        "kd8#hf2Lq",
        "春江花月夜照我回家去",
        "mvqt-rzpw",
        "x7" * 4 + "kq" + "9m",
        "tall grass by the 7th bridge, early, with dew on it, quite wet",
    ],
)
def test_length_is_enough_without_rules_of_composition(password):
    assert password_problem(password, own_words=OWN) == ""


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("wang.fang", True),
        ("前台", True),
        ("ab", True),
        ("a", False),
        ("1abc", False),
        ("13800000001", False),
        ("Wang", False),
        ("a" * 41, False),
        ("a b c", False),
    ],
)
def test_user_names(text, is_one):
    assert rules.is_username(text) is is_one


def test_codes_of_the_neighbouring_steps_count_for_clocks_that_differ():
    assert rules.totp_step(59.9) == 1
    assert rules.steps_to_try(10) == (10, 9, 11)


@pytest.mark.parametrize("typed", ["ABCD-EFGH-JKMN", "abcd efgh jkmn", " ABCDEFGHJKMN"])
def test_a_recovery_code_may_be_typed_with_or_without_its_dashes(typed):
    assert rules.recovery_code_form(typed) == "ABCDEFGHJKMN"


@pytest.mark.parametrize(
    ("own", "given", "may"), [({"a", "b"}, {"a"}, True), ({"a"}, {"a", "b"}, False), (set(), set(), True)]
)
def test_nobody_gives_what_he_does_not_have(own, given, may):
    assert rules.may_give(own, given) is may
