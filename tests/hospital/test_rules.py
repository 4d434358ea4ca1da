"""The flow's differences in words, and names of files from devices."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wxapp.hospital.rules import flows
from wxapp.hospital.rules.file_names import is_pattern, number_in
from wxapp.hospital.rules.flows import BUILT_IN, Change, FlowRules


def changed(name: str, **over: object) -> FlowRules:
    steps = tuple(replace(step, **over) if step.name == name else step for step in BUILT_IN.steps)  # type: ignore[arg-type]
    return replace(BUILT_IN, steps=steps)


def test_two_versions_are_compared_step_by_step() -> None:
    assert flows.changes(BUILT_IN, BUILT_IN) == []
    assert flows.changes(BUILT_IN, changed("triage", is_on=False)) == [Change("分诊", "启用", "是", "否")]
    assert flows.changes(BUILT_IN, changed("triage", warn_minutes=0)) == [
        Change("分诊", "超时提醒", "30分钟", "不提醒")
    ]
    roles = flows.changes(BUILT_IN, changed("review", roles=("super_admin", "role-x")))
    assert roles == [Change("价目审核", "负责角色", "", "super_admin role-x")]
    [review] = flows.changes(BUILT_IN, replace(BUILT_IN, review_below_bp=8000))
    assert (review.before, review.after) == ("每份报价都审核", "低于原价的80%时审核")


@pytest.mark.parametrize(
    ("bp", "words"),
    [
        (10_001, "每份报价都审核"), (10_000, "低于原价的100%时审核"), (8250, "低于原价的82.5%时审核"),
        (8205, "低于原价的82.05%时审核"), (0, "都不审核"),
    ],
)  # fmt: skip
def test_which_quotes_are_reviewed_is_said_in_words(bp: int, words: str) -> None:
    assert flows.review_words(bp) == words


def test_each_step_has_a_name_for_people() -> None:
    assert tuple(flows.LABELS) == flows.STEPS
    assert flows.EXAMINATIONS == ("preoperative", "radiation", "electrocardiogram", "ct", "blood")


@pytest.mark.parametrize(
    ("pattern", "name", "number"),
    [
        ("{number}_*.jpg", "HOSP2603020001_left.JPG", "HOSP2603020001"),
        ("{number}.png", "hosp2603020001.png", "HOSP2603020001"),
        ("ct-*-{number}-*.jpg", "ct-3-HOSP2603020001-a.jpg", "HOSP2603020001"),
        ("{number}_*.jpg", "left.jpg", None),
        ("{number}.jpg", "HOSP2603020001xjpg", None),
        ("{number}.jpg", "../HOSP2603020001.jpg", None),
    ],
)
def test_the_name_of_a_file_gives_the_record_number(pattern: str, name: str, number: str | None) -> None:
    assert number_in(pattern, name) == number


@pytest.mark.parametrize("pattern", ["", "*.jpg", "{number}{number}", "****{number}", "a/{number}"])
def test_what_names_no_number_is_no_pattern(pattern: str) -> None:
    assert not is_pattern(pattern)
    with pytest.raises(ValueError, match="no pattern"):
        number_in(pattern, "HOSP2603020001.jpg")
