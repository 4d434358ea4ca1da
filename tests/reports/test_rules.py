"""Rules of reports."""

from datetime import UTC, datetime, timedelta

import pytest

from wxapp.reports import rules
from wxapp.reports.curves import scale_of
from wxapp.reports.rules import Coming

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
EARLIER, LATER = NOW - timedelta(hours=1), NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("5.2", "5.2"), (" -3 ", "-3"), ("12", "12"), ("<0.01", None), ("1e999", None), ("NaN", None), ("", None),
     ("阴性", None), ("٣", None), ("9" * 40, None), ("1,200", None)],
)  # fmt: skip
def test_numbers(text: str, expected: str | None):
    number = rules.parse_number(text)
    assert (str(number) if number is not None else None) == expected


@pytest.mark.parametrize(
    ("reference", "bounds"),
    [("3.9–6.1", ("3.9", "6.1")), ("3.5-9.5", ("3.5", "9.5")), ("115～150", ("115", "150")),
     ("3.9--6.1", ("3.9", "6.1")),
     ("-2 至 2", ("-2", "2")), ("<5.2", ("", "5.2")), ("≤40", ("", "40")), (">60", ("60", "")), ("阴性", ("", "")),
     ("", ("", "")), ("男性 130–175", ("", ""))],
)  # fmt: skip
def test_bounds(reference: str, bounds: tuple[str, str]):
    assert rules.bounds_of(reference) == bounds


@pytest.mark.parametrize(
    ("number", "low", "high", "side"),
    [("3.8", "3.9", "6.1", "low"), ("3.9", "3.9", "6.1", "normal"), ("6.1", "3.9", "6.1", "normal"),
     ("6.11", "3.9", "6.1", "high"), ("5", "", "4", "high"), ("5", "6", "", "low"), ("5", "", "", "none"),
     ("", "3", "4", "none")],
)  # fmt: skip
def test_sides(number: str, low: str, high: str, side: str):
    assert rules.side_of(number, low=low, high=high) == side


@pytest.mark.parametrize(
    ("text", "reference", "side"),
    [("阴性", "阴性", "normal"), ("阴性（-）", "阴性", "normal"), ("阳性（+）", "阴性", "abnormal"),
     ("弱阳性", "阴性", "abnormal"), ("++", "阴性", "abnormal"), ("未做", "阴性", "none"), ("阳性", "", "none")],
)  # fmt: skip
def test_words(text: str, reference: str, side: str):
    assert rules.side_of_words(text, reference=reference) == side


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [("王芳", "王 芳", True), ("阿卜杜拉·买买提", "阿卜杜拉买买提", True), ("ＬＩ Lei", "li lei", True),
     ("王芳", "王方", False),
     ("", "", False), ("王芳", "", False)],
)  # fmt: skip
def test_names(one: str, other: str, agree: bool):
    assert rules.names_agree(one, other) is agree


@pytest.mark.parametrize(
    ("coming", "is_final", "is_withdrawn", "expected"),
    [
        (Coming(NOW), True, False, True),  # other words, the same time
        (Coming(None), True, False, True),
        (Coming(EARLIER), True, False, False),  # late
        (Coming(NOW, is_same=True), True, False, False),  # the same again
        (Coming(LATER, is_same=True), True, False, False),
        (Coming(NOW, was_said=True), True, False, False),  # an old one on its way for long
        (Coming(LATER, was_said=True), True, False, True),  # the sender goes back to it
        (Coming(LATER, is_preliminary=True), True, False, False),
        (Coming(LATER, is_preliminary=True), False, False, True),
        (Coming(NOW, is_same=True, was_said=True), True, True, False),  # withdrawn, then the first one again
        (Coming(LATER, is_same=True), True, True, True),
        (Coming(None), True, True, False),
        (Coming(None, is_correction=True), True, True, True),
    ],
)
def test_what_replaces_what_is_there(coming: Coming, is_final: bool, is_withdrawn: bool, expected: bool):
    assert rules.is_news(coming, last_issued_at=NOW, is_final=is_final, is_withdrawn=is_withdrawn) is expected


def test_without_times_the_order_of_coming_counts():
    assert rules.is_news(Coming(None), last_issued_at=None, is_final=True, is_withdrawn=False)
    assert rules.is_news(Coming(NOW), last_issued_at=None, is_final=True, is_withdrawn=False)
    assert not rules.is_late(None, last_issued_at=NOW)


@pytest.mark.parametrize("values", [[5.0], [0.0, 0.0], [1e-12, 2e-12], [999999999999999.0, 999999999999999.1]])
def test_an_axis_has_room_for_every_value(values: list[float]) -> None:
    bottom, top, step = scale_of(values)
    assert bottom <= min(values) <= max(values) <= top
    assert bottom < top <= bottom + 12 * step
