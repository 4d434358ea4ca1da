"""Staff's pages of rosters, leaves, sessions and projects: right, wrong, stale, pressed twice, not allowed."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.booking.desk import JSON, Desk, P, Sit, audited, desk, sessions_of, sit
from tests.factories.booking import make_booking, make_physician, make_project, make_session, slots_of
from wxapp.booking.models import Leave, Plan, Project, Session, SessionStatus
from wxapp.core.db import db

__all__ = ["desk", "sit"]


def count(model: type) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def draft(**over: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "form_key": "key-0000000001",
        "weekdays": ["1", "3"],
        "starts": "9:00",
        "ends": "11:00",
        "slot_minutes": "30",
        "capacity": "2",
        "valid_from": "2026-03-02",
        "release_days": "14",
        "release_at": "07:00",
        **over,
    }
    return {name: value for name, value in fields.items() if value is not None}


def plan_fields(plan: Plan, **over: Any) -> dict[str, Any]:
    return draft(form_key=None, weekdays=None, weekday=str(plan.weekday), version=plan.version, **over)


@pytest.fixture
def plan(desk: Desk) -> Plan:
    """Tuesdays nine to eleven."""
    who = f"physician:{make_physician().id}"
    desk.post("plans/new", **draft(who=who, weekdays="1", form_key=None))
    return db.session.scalars(sa.select(Plan)).one()


# --- who may ---------------------------------------------------------------------------------------------------------

DOORS = [
    ("GET", "calendar", P.BOOKING_READ),
    ("GET", "day", P.BOOKING_READ),
    ("GET", "sessions", P.BOOKING_READ),
    ("GET", "sessions/1", P.BOOKING_READ),
    ("GET", "plans", P.BOOKING_READ),
    ("GET", "plans/1", P.BOOKING_READ),
    ("GET", "leaves", P.BOOKING_READ),
    ("GET", "projects", P.BOOKING_READ),
    ("GET", "blocked", P.BOOKING_READ),
    ("GET", "bookings/B1", P.BOOKING_READ),
    ("GET", "new", P.BOOKING_WRITE),
    ("POST", "new", P.BOOKING_WRITE),
    ("GET", "scan", P.BOOKING_WRITE),
    ("POST", "scan", P.BOOKING_WRITE),
    ("GET", "bookings/B1/move", P.BOOKING_WRITE),
    ("POST", "bookings/B1/move", P.BOOKING_WRITE),
    ("POST", "bookings/B1/drop", P.BOOKING_WRITE),
    ("POST", "bookings/B1/cancel", P.BOOKING_WRITE),
    ("POST", "bookings/B1/check-in", P.BOOKING_WRITE),
    ("POST", "bookings/B1/undo-check-in", P.BOOKING_WRITE),
    ("POST", "bookings/B1/finish", P.BOOKING_WRITE),
    ("POST", "blocked/lift", P.BOOKING_WRITE),
    ("GET", "plans/new", P.ROSTER_WRITE),
    ("POST", "plans/new", P.ROSTER_WRITE),
    ("POST", "plans/1", P.ROSTER_WRITE),
    ("POST", "plans/1/copy", P.ROSTER_WRITE),
    ("POST", "plans/1/end", P.ROSTER_WRITE),
    ("POST", "leaves", P.ROSTER_WRITE),
    ("POST", "leaves/1/remove", P.ROSTER_WRITE),
    ("GET", "sessions/new", P.ROSTER_WRITE),
    ("POST", "sessions/new", P.ROSTER_WRITE),
    ("POST", "sessions/1/close", P.ROSTER_WRITE),
    ("GET", "projects/new", P.ROSTER_WRITE),
    ("POST", "projects/new", P.ROSTER_WRITE),
    ("POST", "projects/1", P.ROSTER_WRITE),
]


@pytest.mark.parametrize(("method", "path", "right"), DOORS)
def test_each_door_opens_with_its_right_only(sit: Sit, method: str, path: str, right: P) -> None:
    for rights, may in ((set(P) - {right}, False), ({right}, True)):
        desk = sit(*rights)
        data = {"csrf_token": desk.csrf, "unknown": "1"}
        answer = desk.client.open(f"/pc/booking/{path}", method=method, data=data, headers=JSON)
        assert (answer.status_code != 403) is may, answer.json
        assert answer.status_code < 500


# --- the weekly roster -----------------------------------------------------------------------------------------------


def test_a_line_for_two_days_makes_its_sessions(desk: Desk) -> None:
    physician = make_physician(name="周明")
    answer = desk.post("plans/new", **draft(who=f"physician:{physician.id}", fee="30"))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/pc/booking/plans")
    assert len(sessions_of(physician_id=physician.id)) == 8
    page = desk.get("plans").text
    assert "周明" in page
    assert page.count("09:00–11:00") == 2
    assert [row.result for row in audited("booking.plan_add")] == ["ok"]


def test_a_line_pressed_twice_is_added_once(desk: Desk) -> None:
    fields = draft(who=f"project:{make_project().id}")
    first, second = (desk.tell("plans/new", **fields).json for _ in range(2))
    assert first == second
    assert count(Plan) == 2


@pytest.mark.parametrize(
    ("over", "field", "text"),
    [
        ({"who": "physician:999999"}, "who", "请选择医生或项目"),
        ({"who": "nobody:1"}, "who", "医生或项目格式不正确"),
        ({"who": None}, "who", "请选择医生或项目"),
        ({"weekdays": None}, "weekdays", "请选择星期"),
        ({"weekdays": "7"}, "weekdays", "星期不能大于6"),
        ({"starts": "25:00"}, "starts", "时间格式不正确"),
        ({"starts": "9"}, "starts", "时间格式不正确"),
        ({"ends": "08:00"}, "ends", "结束时间应晚于开始时间"),
        ({"slot_minutes": "1"}, "slot_minutes", "每个号时长（分钟）不能小于5"),
        ({"slot_minutes": "240"}, "slot_minutes", "每个号的时长超过了整个时段"),
        ({"capacity": "0"}, "capacity", "每个号人数不能小于1"),
        ({"valid_until": "2026-03-01"}, "valid_until", "截止日期不能早于生效日期"),
        ({"valid_from": "2026-02-30"}, "valid_from", "应为日期"),
        ({"valid_from": "0001-01-01"}, "valid_from", ""),
        ({"release_days": "91"}, "release_days", "不能大于90"),
        ({"release_at": "24:00"}, "release_at", ""),
        ({"fee": "x"}, "fee", "金额格式不正确"),
        ({"place": "长" * 81}, "place", "地点不能超过80个字"),
    ],
)
def test_a_wrong_line_comes_back_with_a_sentence(desk: Desk, over: dict[str, Any], field: str, text: str) -> None:
    fields = draft(**{"who": f"physician:{make_physician().id}", **over})
    page = desk.post("plans/new", **fields)
    assert page.status_code == 422
    assert text in page.text
    assert 'value="9:00"' in page.text or field == "starts"
    assert field in desk.tell("plans/new", **fields).json["errors"]
    assert count(Plan) == 0


def test_a_physician_who_works_elsewhere_then(desk: Desk, plan: Plan) -> None:
    page = desk.post("plans/new", **draft(who=f"physician:{plan.physician_id}", starts="10:00", form_key=None))
    assert page.status_code == 409
    assert "该医生周二的这段时间已有排班" in page.text
    assert count(Plan) == 1


def test_a_changed_line_lists_who_is_booked_and_asks(desk: Desk, plan: Plan) -> None:
    first = sessions_of(plan_id=plan.id)[0]
    no = make_booking(slots_of(first)[0])
    fields = plan_fields(plan, starts="13:00", ends="15:00")
    page = desk.post(f"plans/{plan.id}", **fields)
    assert page.status_code == 409
    assert "停诊并通知：03-03 周二 09:00–11:00 林秀英" in page.text
    assert f'name="seen" value="{first.id}"' in page.text
    assert "林小满" not in page.text
    told = desk.tell(f"plans/{plan.id}", **fields).json
    assert "03-03 周二" in told["errors"]["seen"]

    done = desk.post(f"plans/{plan.id}", **fields, seen=first.id, close=first.id, reason="门诊调整")
    assert done.status_code == 303
    assert db.session.get_one(Session, first.id, populate_existing=True).status is SessionStatus.CLOSED
    assert desk.ask(f"bookings/{no}").json["booking"]["status"] == "to_move"


def test_a_stale_line_overwrites_nothing(desk: Desk, plan: Plan) -> None:
    fields = plan_fields(plan)
    assert desk.post(f"plans/{plan.id}", **{**fields, "place": "第一"}).status_code == 303
    assert desk.post(f"plans/{plan.id}", **{**fields, "place": "第二"}).status_code == 409
    assert db.session.scalars(sa.select(Plan.place)).one() == "第一"


def test_a_line_is_copied_and_ended(desk: Desk, plan: Plan) -> None:
    assert desk.post(f"plans/{plan.id}/copy", weekdays=["2", "4"], form_key="key-0000000002").status_code == 303
    assert count(Plan) == 3
    assert desk.post(f"plans/{plan.id}/copy", weekdays=["1"]).status_code == 422
    ended = desk.post(f"plans/{plan.id}/end", last_day="2026-03-02", version=plan.version)
    assert ended.status_code == 303
    assert sessions_of(plan_id=plan.id) == []


def test_ending_a_line_lists_who_is_booked_under_its_own_form(desk: Desk, plan: Plan) -> None:
    make_booking(slots_of(sessions_of(plan_id=plan.id)[0])[0])
    page = desk.post(f"plans/{plan.id}/end", last_day="2026-03-02", version=plan.version)
    assert page.status_code == 409
    assert page.text.count('name="seen"') == 1
    assert page.text.index('name="seen"') > page.text.index("终止排班")


# --- leaves ----------------------------------------------------------------------------------------------------------


def test_a_leave_takes_sessions_away_and_gives_them_back(desk: Desk, plan: Plan) -> None:
    who = f"physician:{plan.physician_id}"
    fields = {"who": who, "first_day": "2026-03-03", "last_day": "2026-03-10", "why": "休假", "form_key": "key-1"}
    for _press in range(2):
        assert desk.post("leaves", **fields).status_code == 303
    assert count(Leave) == 1
    assert len(sessions_of(plan_id=plan.id)) == 2
    leave_id = db.session.scalars(sa.select(Leave.id)).one()
    assert "林秀英" in desk.get("leaves").text
    assert desk.tell(f"leaves/{leave_id}/remove").json["msg"] == "休假已撤销，重新生成2个班次"
    assert desk.post(f"leaves/{leave_id}/remove").status_code == 404


def test_a_leave_lists_who_is_booked_and_asks(desk: Desk, plan: Plan) -> None:
    first = sessions_of(plan_id=plan.id)[0]
    make_booking(slots_of(first)[0])
    fields = {"first_day": "2026-03-03", "last_day": "2026-03-03", "why": "清明"}
    page = desk.post("leaves", **fields)
    assert page.status_code == 409
    assert f'name="seen" value="{first.id}"' in page.text
    assert 'value="清明"' in page.text
    unsaid = desk.post("leaves", **fields, seen=first.id, close=first.id)
    assert "停诊的班次需要填写告知患者的原因" in unsaid.text
    assert desk.post("leaves", **fields, seen=first.id).status_code == 303
    assert sessions_of(plan_id=plan.id)[0].id == first.id


# --- sessions --------------------------------------------------------------------------------------------------------


def test_sessions_are_listed_with_their_seats(desk: Desk) -> None:
    session = make_session(physician_id=make_physician(name="周明").id, capacity=2)
    make_booking(slots_of(session)[0])
    [row] = desk.ask("sessions").json["list"]
    assert (row["who"], row["booked"], row["seats"]) == ("周明", 1, 8)
    assert desk.ask("sessions?until=2026-03-01").json["list"] == []
    assert desk.ask(f"sessions?who=physician:{session.physician_id}&status=open").json["total"] == 1
    assert desk.ask("sessions?who=physician:999999").status_code == 422


def test_an_extra_session_by_hand(desk: Desk) -> None:
    who = f"project:{make_project().id}"
    fields = draft(who=who, day="2026-03-08", weekdays=None, valid_from=None, release_days=None, release_at=None)
    first, second = (desk.tell("sessions/new", **fields).json for _ in range(2))
    assert first == second
    assert count(Session) == 1
    refused = desk.post("sessions/new", **{**fields, "day": "2026-03-01", "form_key": "key-0000000002"})
    assert (refused.status_code, "这段时间已经过去" in refused.text) == (422, True)


def test_a_session_shows_who_is_booked_masked_and_is_closed(desk: Desk) -> None:
    session = make_session(physician_id=make_physician().id)
    make_booking(slots_of(session)[0])
    page = desk.get(f"sessions/{session.id}").text
    assert "林**" in page
    assert "138****0001" in page
    assert "林小满" not in page
    assert desk.post(f"sessions/{session.id}/close").status_code == 422
    answer = desk.tell(f"sessions/{session.id}/close", reason="医生临时手术").json
    assert answer["msg"] == "已停诊，1人已收到停诊通知"
    again = desk.post(f"sessions/{session.id}/close", reason="医生临时手术")
    assert (again.status_code, "该班次已经停诊" in again.text) == (409, True)
    assert [row.result for row in audited("booking.session_close")] == ["refused", "ok", "refused"]


def test_a_session_is_closed_with_all_moved(desk: Desk) -> None:
    session = make_session(physician_id=make_physician().id)
    target = make_session(physician_id=session.physician_id, starts="14:00", ends="15:00")
    make_booking(slots_of(session)[0])
    assert f'value="{target.id}"' in desk.get(f"sessions/{session.id}").text
    answer = desk.tell(f"sessions/{session.id}/close", reason="手术", move_to=target.id).json
    assert (answer["moved"], answer["to_move"]) == (1, 0)
    other = make_session(physician_id=session.physician_id, starts="16:00", ends="17:00")
    refused = desk.post(f"sessions/{other.id}/close", reason="手术", move_to=999_999)
    assert refused.status_code == 422


# --- projects --------------------------------------------------------------------------------------------------------


def test_projects_are_added_once_and_changed(desk: Desk) -> None:
    fields = {"name": "腹部彩超", "department": "超声科", "is_shown": "1", "form_key": "key-0000000001"}
    for _press in range(2):
        assert desk.post("projects/new", **fields).status_code == 303
    project = db.session.scalars(sa.select(Project)).one()
    changed = desk.post(f"projects/{project.id}", name="腹部彩超", place="2层", version=project.version)
    assert changed.status_code == 303
    stale = desk.post(f"projects/{project.id}", name="腹部彩超", place="3层", version=1)
    assert stale.status_code == 409
    db.session.refresh(project)
    assert (project.place, project.is_shown) == ("2层", False)


@pytest.mark.parametrize(
    ("over", "text"),
    [
        ({"name": ""}, "请填写名称"),
        ({"name": "CT"}, "已有同名项目"),
        ({"name": "长" * 61}, "名称不能超过60个字"),
        ({"position": "x"}, "排序应为整数"),
        ({"colour": "red"}, "表单含有未知的字段"),
    ],
)
def test_a_wrong_project_comes_back(desk: Desk, over: dict[str, Any], text: str) -> None:
    make_project(name="CT")
    page = desk.post("projects/new", **{"name": "核磁", **over})
    assert page.status_code in {409, 422}
    assert text in page.text
    assert count(Project) == 1


@pytest.mark.parametrize("path", ["projects/999999", "plans/999999", "sessions/999999", "bookings/B0"])
def test_what_is_not_there(desk: Desk, path: str) -> None:
    assert desk.get(path).status_code == 404
