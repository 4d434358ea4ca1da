"""Rosters: sessions made once, leaves left out, changes that ask what becomes of people."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.booking.desk import seats_of, sessions_of
from tests.factories.booking import make_booking, make_physician, make_project, make_session, slots_of
from wxapp.booking import listings
from wxapp.booking.models import Booking, BookingStatus, Leave, Plan, Session, SessionStatus, Slot
from wxapp.booking.roster_errors import BookingsAffected, Overlaps
from wxapp.booking.services import changes, leaves, rosters
from wxapp.booking.services.leaves import Absence
from wxapp.booking.services.rosters import Line, Work
from wxapp.booking.services.settling import Decision
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.errors import Invalid, NotFound, Stale
from wxapp.messages.models import Message

BY = "staff:1"
TODAY = date(2026, 3, 2)  # a Monday
TUESDAY = date(2026, 3, 3)

pytestmark = pytest.mark.usefixtures("client")


def line(*, weekday: int = 1, starts: int = 540, ends: int = 660, **over: Any) -> Line:
    """Tuesdays from nine to eleven in half hours of two seats, of a new physician unless one is given."""
    work = {"slot_minutes": 30, "capacity": 2, "place": "3诊室", "fee_fen": 3000}
    lines = {"valid_from": TODAY, "valid_until": None, "release_days": 14, "release_minute": 420}
    who = {"physician_id": over.pop("physician_id", None), "project_id": over.pop("project_id", None)}
    if not any(who.values()):
        who["physician_id"] = make_physician().id
    work |= {name: over.pop(name) for name in list(over) if name in work}
    return Line(Work(**who, starts_minute=starts, ends_minute=ends, **work), weekday, **{**lines, **over})


def add(one: Line, *weekdays: int) -> int:
    return rosters.add_plans(one, weekdays or (one.weekday,), by=BY)[0]


def plan_of(plan_id: int) -> Plan:
    return db.session.get_one(Plan, plan_id, populate_existing=True)


def change(plan_id: int, one: Line, **decided: Any) -> None:
    decision = Decision(**{name: frozenset(value) if name != "reason" else value for name, value in decided.items()})
    rosters.change_plan(plan_id, one, seen_version=plan_of(plan_id).version, by=BY, decision=decision)


def booked_on(plan_id: int, day: date, *, slot: int = 0) -> str:
    [session] = sessions_of(plan_id=plan_id, day=day)
    return make_booking(slots_of(session)[slot])


def booking(no: str) -> Booking:
    db.session.expire_all()
    return db.session.scalars(sa.select(Booking).where(Booking.no == no)).one()


def told(code: str = "pt_booking_0000003") -> int:
    return db.session.scalar(sa.select(sa.func.count()).where(Message.code == code)) or 0


# --- making sessions -------------------------------------------------------------------------------------------------


def test_a_new_line_has_its_sessions_at_once() -> None:
    plan_id = add(line())
    made = sessions_of(plan_id=plan_id)
    assert [one.day for one in made] == [TUESDAY + timedelta(days=7 * week) for week in range(4)]
    assert seats_of(made[0].id) == [(2, 0)] * 4
    first = slots_of(made[0])[0]
    assert clock.local(first.starts_at).isoformat() == "2026-03-03T09:00:00+08:00"
    assert first.ends_at - first.starts_at == timedelta(minutes=30)


def test_a_day_is_released_so_many_days_before_at_the_set_time() -> None:
    plan_id = add(line(release_days=3, release_minute=450))
    third = sessions_of(plan_id=plan_id)[2]
    assert clock.local(third.released_at).isoformat() == "2026-03-14T07:30:00+08:00"


def test_making_again_makes_nothing(at) -> None:
    add(line(), 1, 3)
    assert rosters.make_sessions() == 0
    at("2026-03-09 10:00")
    assert rosters.make_sessions() == 2
    assert rosters.make_sessions() == 0


def test_a_day_that_was_asked_for_is_as_far_as_it_goes() -> None:
    add(line(valid_until=date(2026, 12, 31)))
    before = db.session.scalar(sa.select(sa.func.max(Session.day)))
    assert rosters.make_sessions(before + timedelta(days=14)) == 2


def test_sessions_lie_within_the_validity_of_their_line() -> None:
    plan_id = add(line(valid_from=date(2026, 3, 8), valid_until=date(2026, 3, 17)))
    assert [one.day for one in sessions_of(plan_id=plan_id)] == [date(2026, 3, 10), date(2026, 3, 17)]


def test_what_is_over_today_is_not_made() -> None:
    assert not sessions_of(plan_id=add(line(weekday=0, starts=480, ends=600)), day=TODAY)
    assert sessions_of(plan_id=add(line(weekday=0, starts=480, ends=601, slot_minutes=10)), day=TODAY)


def test_a_rest_that_is_too_short_is_no_slot() -> None:
    plan_id = add(line(starts=540, ends=625))
    assert len(seats_of(sessions_of(plan_id=plan_id)[0].id)) == 2


@pytest.mark.parametrize("project", [False, True])
def test_a_leave_is_left_out_and_comes_back(project: bool) -> None:
    who = {"project_id": make_project().id} if project else {"physician_id": make_physician().id}
    other = add(line())
    plan_id = add(line(**who))
    leave_id = leaves.add_leave(
        Absence(who.get("physician_id"), who.get("project_id"), TODAY, date(2026, 3, 16)), by=BY
    )
    assert [one.day for one in sessions_of(plan_id=plan_id)] == [date(2026, 3, 17), date(2026, 3, 24)]
    assert len(sessions_of(plan_id=other)) == 4
    assert rosters.make_sessions() == 0
    assert leaves.remove_leave(leave_id) == 2
    assert len(sessions_of(plan_id=plan_id)) == 4


def test_a_closed_house_is_closed_for_all() -> None:
    plans = [add(line()), add(line(project_id=make_project().id))]
    leaves.add_leave(Absence(None, None, TUESDAY, TUESDAY, "春节"), by=BY)
    assert all(TUESDAY not in [one.day for one in sessions_of(plan_id=plan_id)] for plan_id in plans)


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        (date(2026, 3, 5), date(2026, 3, 4), "last_day"),
        (date(2026, 2, 1), date(2026, 3, 1), "last_day"),
        (date(2026, 3, 5), date(2027, 3, 6), "last_day"),
    ],
)
def test_a_leave_that_makes_no_sense(first: date, last: date, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        leaves.add_leave(Absence(None, None, first, last), by=BY)
    assert list(refused.value.errors) == [field]


def test_a_leave_of_nobody() -> None:
    with pytest.raises(Invalid):
        leaves.add_leave(Absence(999_999, None, TUESDAY, TUESDAY), by=BY)
    with pytest.raises(NotFound):
        leaves.remove_leave(999_999)


# --- one physician, one place ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("starts", "ends"), [(600, 720), (480, 541), (570, 600), (540, 660), (480, 720)])
def test_a_physician_has_no_two_lines_at_once(starts: int, ends: int) -> None:
    physician_id = make_physician().id
    add(line(physician_id=physician_id))
    with pytest.raises(Overlaps):
        add(line(physician_id=physician_id, starts=starts, ends=ends, slot_minutes=10))
    assert len(sessions_of(physician_id=physician_id, day=TUESDAY)) == 1


def test_one_ends_where_the_next_begins() -> None:
    physician_id = make_physician().id
    add(line(physician_id=physician_id))
    add(line(physician_id=physician_id, starts=660, ends=720))
    add(line(physician_id=physician_id, starts=480, ends=540))
    assert len(sessions_of(physician_id=physician_id, day=TUESDAY)) == 3


def test_lines_that_never_meet_do_not_overlap() -> None:
    physician_id = make_physician().id
    add(line(physician_id=physician_id, valid_until=date(2026, 3, 20)))
    add(line(physician_id=physician_id, valid_from=date(2026, 3, 21)))
    assert len(sessions_of(physician_id=physician_id)) == 4


def test_a_project_may_have_several_at_once() -> None:
    project_id = make_project().id
    add(line(project_id=project_id))
    add(line(project_id=project_id))
    assert len(sessions_of(project_id=project_id, day=TUESDAY)) == 2


def test_an_extra_session_stands_in_the_roster_s_way() -> None:
    physician_id = make_physician().id
    extra = rosters.add_session(Work(physician_id, None, 600, 720, 30, 1), TUESDAY, by=BY)
    add(line(physician_id=physician_id))
    assert [one.id for one in sessions_of(physician_id=physician_id, day=TUESDAY)] == [extra]
    with pytest.raises(Overlaps):
        rosters.add_session(Work(physician_id, None, 700, 760, 30, 1), TUESDAY, by=BY)


def test_an_extra_session_can_be_booked_at_once_but_not_in_the_past() -> None:
    physician_id = make_physician().id
    extra = db.session.get_one(Session, rosters.add_session(Work(physician_id, None, 600, 720, 30, 1), TUESDAY, by=BY))
    assert extra.released_at <= clock.now()
    with pytest.raises(Invalid):
        rosters.add_session(Work(physician_id, None, 480, 600, 30, 1), TODAY, by=BY)


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"starts": 600, "ends": 600}, "ends"),
        ({"starts": 600, "ends": 620}, "slot_minutes"),
        ({"physician_id": 999_999}, "who"),
        ({"project_id": 999_999}, "who"),
    ],
)
def test_a_line_that_makes_no_sense(over: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        add(line(**over))
    assert list(refused.value.errors) == [field]


# --- a changed roster ------------------------------------------------------------------------------------------------


def test_empty_sessions_follow_a_changed_line() -> None:
    plan_id = add(one := line())
    change(plan_id, replace(one, weekday=2, work=replace(one.work, starts_minute=780, ends_minute=900)))
    made = sessions_of(plan_id=plan_id)
    assert [(each.day.weekday(), each.starts_minute) for each in made] == [(2, 780)] * 4
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Session)) == 4


def test_seats_place_and_fee_follow_where_people_are_booked() -> None:
    plan_id = add(one := line(capacity=2))
    [first, *_] = sessions_of(plan_id=plan_id)
    for _ in range(2):
        make_booking(slots_of(first)[0])
    change(plan_id, replace(one, work=replace(one.work, capacity=1, place="8诊室", fee_fen=5000)))
    db.session.expire_all()
    assert (first.place, first.fee_fen) == ("8诊室", 5000)
    assert seats_of(first.id) == [(2, 2), (1, 0), (1, 0), (1, 0)]


def test_staff_are_asked_before_anybody_loses_a_time() -> None:
    plan_id = add(one := line())
    no = booked_on(plan_id, TUESDAY)
    with pytest.raises(BookingsAffected) as refused:
        change(plan_id, later(one))
    [session] = sessions_of(plan_id=plan_id, day=TUESDAY)
    assert refused.value.session_ids == [session.id]
    assert "03-03 周二 09:00–11:00 林秀英（1人）" in refused.value.message
    assert session.starts_minute == 540
    assert booking(no).status is BookingStatus.BOOKED
    assert plan_of(plan_id).starts_minute == 540


def later(one: Line) -> Line:
    return replace(one, work=replace(one.work, starts_minute=780, ends_minute=900))


def test_what_staff_keep_stays_as_it_is() -> None:
    plan_id = add(one := line())
    no = booked_on(plan_id, TUESDAY)
    [kept] = sessions_of(plan_id=plan_id, day=TUESDAY)
    change(plan_id, later(one), seen=[kept.id])
    assert [(each.id == kept.id, each.starts_minute) for each in sessions_of(plan_id=plan_id)] == [
        (True, 540), (False, 780), (False, 780), (False, 780),
    ]  # fmt: skip
    assert booking(no).status is BookingStatus.BOOKED
    assert told() == 0


def test_what_staff_close_is_made_anew_and_its_people_are_told_once() -> None:
    plan_id = add(one := line())
    no = booked_on(plan_id, TUESDAY)
    [closing] = sessions_of(plan_id=plan_id, day=TUESDAY)
    change(plan_id, later(one), seen=[closing.id], closed=[closing.id], reason="门诊时间调整")
    assert booking(no).status is BookingStatus.TO_MOVE
    assert told() == 1
    assert [each.starts_minute for each in sessions_of(plan_id=plan_id, day=TUESDAY)] == [780]
    db.session.refresh(closing)
    assert (closing.status, closing.closed_reason) == (SessionStatus.CLOSED, "门诊时间调整")


def test_closing_needs_a_reason() -> None:
    plan_id = add(one := line())
    booked_on(plan_id, TUESDAY)
    [closing] = sessions_of(plan_id=plan_id, day=TUESDAY)
    with pytest.raises(Invalid) as refused:
        change(plan_id, later(one), seen=[closing.id], closed=[closing.id])
    assert list(refused.value.errors) == ["reason"]
    assert told() == 0


def test_who_books_meanwhile_is_asked_about_too() -> None:
    plan_id = add(one := line())
    booked_on(plan_id, TUESDAY)
    [seen] = sessions_of(plan_id=plan_id, day=TUESDAY)
    booked_on(plan_id, date(2026, 3, 10))
    with pytest.raises(BookingsAffected) as refused:
        change(plan_id, later(one), seen=[seen.id], closed=[seen.id], reason="调整")
    assert len(refused.value.session_ids) == 2
    assert told() == 0


def test_a_session_that_somebody_left_is_closed_without_a_word() -> None:
    plan_id = add(one := line())
    no = booked_on(plan_id, TUESDAY)
    changes.cancel(no, by="wechat:1", reason="有事")
    change(plan_id, later(one))
    assert [each.starts_minute for each in sessions_of(plan_id=plan_id, day=TUESDAY)] == [780]
    assert db.session.get_one(Session, booking(no).session_id).status is SessionStatus.CLOSED
    assert told() == 0


def test_a_stale_page_changes_nothing() -> None:
    plan_id = add(one := line())
    with pytest.raises(Stale):
        rosters.change_plan(plan_id, later(one), seen_version=7, by=BY)
    assert plan_of(plan_id).starts_minute == 540


def test_a_line_stays_with_its_physician() -> None:
    plan_id = add(one := line())
    with pytest.raises(Invalid):
        change(plan_id, replace(one, work=replace(one.work, physician_id=make_physician().id)))


def test_a_line_ends_after_a_day() -> None:
    plan_id = add(line())
    rosters.end_plan(plan_id, last_day=date(2026, 3, 10), seen_version=1, by=BY)
    assert [one.day for one in sessions_of(plan_id=plan_id)] == [TUESDAY, date(2026, 3, 10)]
    assert rosters.make_sessions() == 0


def test_ending_a_line_asks_about_people() -> None:
    plan_id = add(line())
    no = booked_on(plan_id, date(2026, 3, 10))
    with pytest.raises(BookingsAffected) as refused:
        rosters.end_plan(plan_id, last_day=TODAY, seen_version=1, by=BY)
    seen = frozenset(refused.value.session_ids)
    rosters.end_plan(plan_id, last_day=TODAY, seen_version=1, by=BY, decision=Decision(seen=seen))
    assert [one.day for one in sessions_of(plan_id=plan_id)] == [date(2026, 3, 10)]
    assert booking(no).status is BookingStatus.BOOKED


def test_a_leave_asks_about_people() -> None:
    plan_id = add(one := line())
    no = booked_on(plan_id, TUESDAY)
    absence = Absence(one.work.physician_id, None, TUESDAY, TUESDAY, "会议")
    with pytest.raises(BookingsAffected) as refused:
        leaves.add_leave(absence, by=BY)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Leave)) == 0
    seen = frozenset(refused.value.session_ids)
    leaves.add_leave(absence, by=BY, decision=Decision(seen=seen, closed=seen, reason="医生外出会议"))
    assert booking(no).status is BookingStatus.TO_MOVE
    assert told() == 1
    assert not sessions_of(plan_id=plan_id, day=TUESDAY)


def test_a_line_is_repeated_on_other_days() -> None:
    plan_id = add(line())
    [copy] = rosters.copy_plan(plan_id, [1, 4], by=BY)
    assert (plan_of(copy).weekday, plan_of(copy).starts_minute) == (4, 540)
    with pytest.raises(Invalid):
        rosters.copy_plan(plan_id, [1], by=BY)
    with pytest.raises(Overlaps):
        rosters.copy_plan(plan_id, [4], by=BY)


def test_the_week_s_grid_shows_who_works_when() -> None:
    physician = make_physician(name="周明")
    add(line(physician_id=physician.id), 1, 3)
    add(line(project_id=make_project(name="CT").id, weekday=5))
    rows = listings.weekly_roster(TODAY)
    assert [(row.who.name, [len(day) for day in row.days]) for row in rows] == [
        ("周明", [0, 1, 0, 1, 0, 0, 0]),
        ("CT", [0, 0, 0, 0, 0, 1, 0]),
    ]
    assert rows[0].days[1][0].detail == "每30分钟2人，共8号"


def test_slots_never_vanish_under_a_booking() -> None:
    session = make_session(capacity=1)
    make_booking(slots_of(session)[0])
    assert db.session.scalar(sa.select(sa.func.sum(Slot.taken)).where(Slot.session_id == session.id)) == 1
    assert listings.sessions_with_people([session.id]) == [session.id]
