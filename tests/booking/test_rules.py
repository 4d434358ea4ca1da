"""Tables of booking's rules."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from wxapp.booking import rules
from wxapp.booking.models import BookingStatus, HoldStatus, WaitStatus
from wxapp.booking.states import BOOKING, HOLD, WAIT

B, W = BookingStatus, WaitStatus


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("patient_id", "user_id", "expected"),
    [(5, 7, "patient:5"), (5, None, "patient:5"), (None, 7, "wechat:7"), (None, None, "phone:" + "a" * 32)],
)
def test_a_person_is_known_by_patient_user_or_phone(patient_id: int | None, user_id: int | None, expected: str) -> None:
    key = rules.booker_key(patient_id=patient_id, wechat_user_id=user_id, phone_index="a" * 64)
    assert key == expected
    assert len(key) <= 40


@pytest.mark.parametrize(
    ("now", "expected"), [("01 09:00", False), ("01 09:01", True), ("02 09:30", True), ("01 00:00", False)]
)
def test_a_change_is_late_within_the_hours_before(now: str, expected: bool) -> None:
    assert rules.is_late(at("02 09:00"), now=at(now), hours=24) is expected


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        ("02 08:00", "02 08:15"),
        ("02 08:20", "02 08:30"),  # booking closes half an hour before
        ("02 08:28", "02 08:30"),
        ("02 08:29", None),
        ("02 09:30", None),
    ],
)  # fmt: skip
def test_an_offer_ends_before_booking_does(now: str, ends: str | None) -> None:
    found = rules.offer_ends_at(at("02 09:00"), now=at(now), minutes=15, notice_minutes=30)
    assert found == (at(ends) if ends else None)


@pytest.mark.parametrize(("absences", "is_blocked"), [(0, False), (2, False), (3, True), (9, True)])
def test_absences_block(absences: int, is_blocked: bool) -> None:
    found = rules.blocked_until(absences, most=3, now=at("02 09:00"), days=30)
    assert found == (at("02 09:00") + timedelta(days=30) if is_blocked else None)


@pytest.mark.parametrize(
    ("now", "made", "expected"),
    [
        ("02 17:59", "01 09:00", False),
        ("02 18:00", "01 09:00", True),
        ("02 23:59", "02 17:59", True),
        ("02 20:00", "02 18:00", False),  # booked in that very evening
        ("03 00:00", "01 09:00", False),  # too late for the day before
        ("01 18:00", "01 09:00", False),
    ],
)  # fmt: skip
def test_the_evening_before_reminds(now: str, made: str, expected: bool) -> None:
    assert rules.day_reminder_due(date(2026, 3, 3), at(made), now=at(now), hour=18) is expected


@pytest.mark.parametrize(
    ("now", "made", "expected"),
    [
        ("03 06:59", "01 09:00", False),
        ("03 07:00", "01 09:00", True),
        ("03 08:59", "01 09:00", True),
        ("03 09:00", "01 09:00", False),  # begun
        ("03 08:00", "03 07:00", False),  # booked within the hours
    ],
)  # fmt: skip
def test_the_hours_before_remind(now: str, made: str, expected: bool) -> None:
    assert rules.hours_reminder_due(at("03 09:00"), at(made), now=at(now), hours=2) is expected


def test_numbers_name_their_day() -> None:
    assert rules.booking_number(date(2026, 3, 2), "000123") == "B260302000123"


@pytest.mark.parametrize("final", [B.DONE, B.CANCELLED])
def test_what_is_over_stays_over(final: BookingStatus) -> None:
    assert not any(BOOKING.allows(final, new) for new in B)


@pytest.mark.parametrize("ended", [one for one in HoldStatus if one is not HoldStatus.ACTIVE])
def test_a_hold_ends_once(ended: HoldStatus) -> None:
    assert not any(HOLD.allows(ended, new) for new in HoldStatus)


@pytest.mark.parametrize("ended", [W.ACCEPTED, W.LAPSED, W.WITHDRAWN, W.CLOSED])
def test_a_place_in_line_ends_once(ended: WaitStatus) -> None:
    assert not any(WAIT.allows(ended, new) for new in W)
