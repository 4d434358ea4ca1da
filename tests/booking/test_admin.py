"""Staff's pages of bookings: the day, one booking, another time, check-in, booking for somebody, the calendar."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from tests.booking.desk import Desk, P, Sit, audited, desk, seats_of, sit
from tests.factories.booking import CONTACT, make_booking, make_physician, make_session, slots_of
from tests.factories.patients import make_patient
from wxapp.booking import queries
from wxapp.booking.models import Booker, Booking, BookingStatus, Session, Source
from wxapp.booking.services import arrivals, changes
from wxapp.core import clock
from wxapp.core.db import db, transaction

__all__ = ["desk", "sit"]

TODAY = date(2026, 3, 2)
WHOLE = (CONTACT.name, CONTACT.phone)


@pytest.fixture
def session(desk: Desk) -> Session:
    """This afternoon, two to four, one seat each half hour."""
    return make_session(physician_id=make_physician(name="周明").id, day=TODAY, starts="14:00", ends="16:00")


@pytest.fixture
def no(session: Session) -> str:
    return make_booking(slots_of(session)[0])


def booking(no: str) -> Booking:
    db.session.expire_all()
    return queries.get_booking(no)


# --- the day ---------------------------------------------------------------------------------------------------------


def test_the_day_sheet_shows_who_comes_masked(desk: Desk, no: str) -> None:
    page = desk.get("day").text
    assert "林**" in page
    assert "138****0001" in page
    assert not any(text in page for text in WHOLE)
    [row] = desk.ask("day").json["list"]
    assert (row["no"], row["who"], row["contact"]) == (no, "周明", "林**")
    assert desk.ask("day?day=2026-03-03").json["list"] == []


@pytest.mark.parametrize(
    ("query", "found"),
    [("status=booked", 1), ("status=arrived", 0), ("source=online", 1), ("source=phone", 0), ("department=心内科", 1)],
)
def test_the_day_sheet_is_filtered(desk: Desk, no: str, query: str, found: int) -> None:
    assert desk.ask(f"day?{query}").json["total"] == found


def test_the_day_sheet_is_exported_masked(desk: Desk, no: str) -> None:
    answer = desk.get("day?export=xlsx")
    [sheet] = load_workbook(io.BytesIO(answer.data)).worksheets
    rows = [[str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert no in rows[1]
    assert not any(text in str(rows) for text in WHOLE)


def test_who_has_to_find_another_time_is_listed_beyond_today(desk: Desk) -> None:
    session = make_session()
    make_booking(slots_of(session)[0])
    desk.post(f"sessions/{session.id}/close", reason="手术")
    assert desk.ask("day?status=to_move").json["total"] == 1


# --- one booking -----------------------------------------------------------------------------------------------------


def test_a_booking_is_shown_masked_and_revealed_by_right(desk: Desk, sit: Sit, no: str) -> None:
    page = desk.get(f"bookings/{no}").text
    assert not any(text in page for text in WHOLE)
    whole = desk.post(f"bookings/{no}/reveal")
    assert all(text in whole.text for text in WHOLE)
    assert [row.detail for row in audited("audit.look")] == ["预约详情", "姓名、手机号、证件号"]
    clerk = sit(P.BOOKING_READ)
    assert "查看完整信息" not in clerk.get(f"bookings/{no}").text
    assert clerk.post(f"bookings/{no}/reveal").status_code == 403
    other = sit(P.PATIENT_REVEAL)
    assert other.post(f"bookings/{no}/reveal").status_code == 403


def test_json_of_a_booking_keeps_what_is_encrypted(desk: Desk, no: str) -> None:
    told = str(desk.ask(f"bookings/{no}").json)
    assert not any(text in told for text in WHOLE)


def test_the_history_names_who_did_what(desk: Desk, no: str) -> None:
    desk.post(f"bookings/{no}/check-in")
    page = desk.get(f"bookings/{no}").text
    assert "到院签到" in page
    assert "员工" in page


def test_staff_cancel_after_the_patients_time_limit(desk: Desk, no: str, session: Session) -> None:
    assert desk.post(f"bookings/{no}/cancel").status_code == 422
    assert desk.post(f"bookings/{no}/cancel", reason="患者来电取消").status_code == 303
    cancelled = booking(no)
    assert (cancelled.status, cancelled.is_late_cancel) == (BookingStatus.CANCELLED, False)
    assert seats_of(session.id)[0] == (1, 0)
    assert audited("booking.cancel")[-1].detail == "患者来电取消"


# --- another time ----------------------------------------------------------------------------------------------------


def test_staff_move_to_another_physician(desk: Desk, no: str) -> None:
    other = make_session(physician_id=make_physician(name="陈静").id, day=TODAY, starts="14:00", ends="15:00")
    page = desk.get(f"bookings/{no}/move?who=physician:{other.physician_id}&day=2026-03-02").text
    slot = slots_of(other)[1]
    assert f'value="{slot.id}"' in page
    moved = desk.post(f"bookings/{no}/move", slot_id=slot.id, version=booking(no).version, reason="来电")
    assert moved.status_code == 303
    assert (booking(no).slot_id, booking(no).physician_id) == (slot.id, other.physician_id)


def test_an_old_page_moves_nothing(desk: Desk, no: str, session: Session) -> None:
    slots = slots_of(session)
    seen = booking(no).version
    desk.post(f"bookings/{no}/move", slot_id=slots[1].id, version=seen)
    refused = desk.post(f"bookings/{no}/move", slot_id=slots[2].id, version=seen)
    assert refused.status_code == 409
    assert "预约已有变动" in refused.text
    assert booking(no).slot_id == slots[1].id


@pytest.mark.parametrize("fields", [{}, {"slot_id": "x"}, {"slot_id": "9" * 30}, {"slot_id": "999999", "version": "1"}])
def test_a_move_to_nowhere(desk: Desk, no: str, fields: dict[str, str]) -> None:
    assert desk.post(f"bookings/{no}/move", **fields).status_code in {404, 422}


def drop(desk: Desk, no: str, session: Session, at: str, **over: Any) -> Any:
    who = f"physician:{session.physician_id}"
    return desk.tell(
        f"bookings/{no}/drop", **{"version": booking(no).version, "who": who, "day": "2026-03-02", "at": at, **over}
    )


def test_a_booking_is_dropped_on_a_free_time(desk: Desk, no: str, session: Session) -> None:
    answer = drop(desk, no, session, "15:05")
    assert (answer.status_code, answer.json["start"]) == (200, "2026-03-02T15:00:00")
    assert booking(no).slot_id == slots_of(session)[2].id


@pytest.mark.parametrize(
    ("at", "over", "status", "text"),
    [
        ("14:30", {}, 409, "这里没有可约的号"),
        ("18:00", {}, 409, "这里没有可约的号"),
        ("15:00", {"version": 99}, 409, "预约已有变动"),
        ("15:00", {"who": "physician:999999"}, 409, "这里没有可约的号"),
        ("15:00", {"day": "x"}, 422, "日期"),
        ("25:00", {}, 422, "时间格式不正确"),
    ],
)
def test_a_drop_that_is_refused_says_why(
    desk: Desk, no: str, session: Session, at: str, over: dict[str, Any], status: int, text: str
) -> None:
    make_booking(slots_of(session)[1])
    answer = drop(desk, no, session, at, **over)
    assert answer.status_code == status
    assert text in answer.json["msg"]
    assert booking(no).slot_id == slots_of(session)[0].id


# --- the calendar ----------------------------------------------------------------------------------------------------


def test_the_calendar_shows_sessions_and_masked_bookings(desk: Desk, no: str, session: Session) -> None:
    page = desk.get("calendar")
    assert not any(text in page.text for text in WHOLE)
    shown = desk.ask("calendar").json
    assert [column["title"] for column in shown["columns"]] == ["周明"]
    ground, one = shown["events"]
    assert (ground["title"], ground["tone"], ground["start"]) == ("1/4", "open", "2026-03-02T14:00:00")
    assert (one["id"], one["title"], one["can_move"]) == (no, "林**", True)


def test_who_may_only_look_moves_nothing(sit: Sit, no: str) -> None:
    events = sit(P.BOOKING_READ).ask("calendar").json["events"]
    assert not any(event["can_move"] for event in events)


def test_a_week_is_of_one_physician(desk: Desk, no: str, session: Session) -> None:
    other = make_session(physician_id=make_physician(name="陈静").id, day=date(2026, 3, 5))
    make_booking(slots_of(other)[0])
    shown = desk.ask(f"calendar?view=week&who=physician:{other.physician_id}").json
    assert {event["column"] for event in shown["events"]} == {f"physician:{other.physician_id}"}
    assert len(shown["events"]) == 2
    assert desk.ask("calendar?day=2026-03-05").json["columns"][0]["title"] == "陈静"


@pytest.mark.parametrize("query", ["view=x", "day=x", "day=0001-01-01", "who=physician:0", "department=x", "view=week"])
def test_a_calendar_that_is_not_asked_for_properly(desk: Desk, query: str) -> None:
    assert desk.get(f"calendar?{query}").status_code == 200


# --- check-in --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["no", "code", "address", "phone", "name", "lower case"])
def test_whatever_is_scanned_finds_the_booking(desk: Desk, no: str, kind: str) -> None:
    code = booking(no).code
    typed = {
        "no": no,
        "code": f" {code}\r",
        "address": f"https://hospital.example/pc/booking/scan?code={code}",
        "phone": CONTACT.phone,
        "name": CONTACT.name,
        "lower case": no.lower(),
    }
    page = desk.post("scan", text=typed[kind])
    assert page.status_code == 200
    assert f"/pc/booking/bookings/{no}/check-in" in page.text
    assert not any(text in page.text for text in WHOLE)


def test_the_code_s_address_shows_one_big_button(desk: Desk, no: str) -> None:
    assert "check-in" in desk.get(f"scan?code={booking(no).code}").text
    assert "没有找到预约" in desk.get("scan?code=999999999999").text
    assert "没有找到预约" in desk.get(f"scan?code={CONTACT.name}").text
    assert "没有找到预约" in desk.post("scan", text="没有这个人").text


def test_check_in_and_undo(desk: Desk, no: str) -> None:
    for _press in range(2):
        answer = desk.post(f"bookings/{no}/check-in")
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/pc/booking/scan?code={no}")
    assert booking(no).status is BookingStatus.ARRIVED
    assert "撤销签到" in desk.get(f"scan?code={no}").text
    assert desk.post(f"bookings/{no}/undo-check-in").status_code == 303
    assert booking(no).status is BookingStatus.BOOKED
    desk.post(f"bookings/{no}/check-in")
    assert desk.post(f"bookings/{no}/finish").status_code == 303
    assert booking(no).status is BookingStatus.DONE
    assert desk.post(f"bookings/{no}/undo-check-in").status_code == 409


def test_another_day_asks_first_and_may_be_overridden(desk: Desk) -> None:
    no = make_booking(slots_of(make_session())[0])
    assert "不是今天" in desk.get(f"scan?code={no}").text
    refused = desk.post(f"bookings/{no}/check-in")
    assert refused.status_code == 409
    assert "预约日期是 2026-03-03 09:00，不是今天" in refused.text
    assert "仍要签到" in refused.text
    assert booking(no).status is BookingStatus.BOOKED
    for _press in range(2):
        assert desk.post(f"bookings/{no}/check-in", anyway="1").status_code == 303
    assert booking(no).status is BookingStatus.ARRIVED
    assert audited("booking.check_in")[-1].detail == "非预约日"


def test_a_cancelled_booking_is_not_checked_in(desk: Desk, no: str) -> None:
    desk.post(f"bookings/{no}/cancel", reason="取消")
    assert "不能签到" in desk.get(f"scan?code={no}").text
    for fields in ({}, {"anyway": "1"}):
        assert desk.post(f"bookings/{no}/check-in", **fields).status_code == 409


def test_who_comes_late_after_all_counts_no_more(no: str, at: Any) -> None:
    at("2026-03-03 10:00")
    changes.mark_missed(no, by="system:jobs")
    arrivals.check_in_anyway(no, by="staff:1")
    assert (booking(no).status, booking(no).ended_at) == (BookingStatus.ARRIVED, None)


# --- booking for somebody --------------------------------------------------------------------------------------------


def book(desk: Desk, slot_id: int, **over: Any) -> Any:
    fields = {"slot_id": slot_id, "form_key": "key-0000000001", **over}
    return desk.post("new", **{name: value for name, value in fields.items() if value is not None})


def test_a_patient_is_found_and_booked_for(desk: Desk, session: Session) -> None:
    patient = make_patient(name="王芳")
    table = desk.client.post(
        "/pc/table-filter",
        data={"csrf_token": desk.csrf, "page_of": "/pc/booking/new", "private": "q", "q": patient.record_no},
    )
    assert f"patient_id={patient.id}" in desk.client.get(table.headers["Location"]).text
    page = desk.get(f"new?patient_id={patient.id}&who=physician:{session.physician_id}").text
    assert f'value="{slots_of(session)[0].id}"' in page
    answer = book(desk, slots_of(session)[0].id, patient_id=patient.id, remark="轮椅")
    assert answer.status_code == 303
    made = db.session.scalars(sa.select(Booking)).one()
    assert (made.patient_id, made.source, made.contact_name, made.remark) == (
        patient.id, Source.PHONE, "王芳", "轮椅",
    )  # fmt: skip
    again = book(desk, slots_of(session)[0].id, patient_id=patient.id, remark="轮椅")
    assert again.headers["Location"] == answer.headers["Location"] == f"/pc/booking/bookings/{made.no}"


def test_a_new_contact_is_booked_for(desk: Desk, session: Session) -> None:
    slot = slots_of(session)[0]
    answer = book(desk, slot.id, name="李娜", phone="138 0000 0009")
    assert answer.status_code == 303
    made = db.session.scalars(sa.select(Booking)).one()
    assert (made.contact_name, made.contact_phone, made.patient_id) == ("李娜", "13800000009", None)
    assert f"请将预约号{made.no}告诉患者" in desk.get(f"bookings/{made.no}").text


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"name": None}, "name"),
        ({"phone": None}, "phone"),
        ({"phone": "123"}, "phone"),
        ({"slot_id": None}, "slot_id"),
        ({"slot_id": "x"}, "slot_id"),
        ({"remark": "长" * 201}, "remark"),
        ({"id_number": "1"}, "id_number"),
    ],
)
def test_a_wrong_contact_comes_back(desk: Desk, session: Session, over: dict[str, Any], field: str) -> None:
    fields = {"slot_id": slots_of(session)[0].id, "name": "李娜", "phone": "13800000009", **over}
    path = f"new?contact=1&who=physician:{session.physician_id}&day=2026-03-02"
    page = desk.post(path, **{name: value for name, value in fields.items() if value is not None})
    assert page.status_code == 422
    assert "field__error" in page.text
    assert field == "name" or 'value="李娜"' in page.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Booking)) == 0


def test_a_full_time_is_full_for_staff_too(desk: Desk, no: str, session: Session) -> None:
    refused = book(desk, slots_of(session)[0].id, name="李娜", phone="13800000009")
    assert (refused.status_code, "该时间已约满" in refused.text) == (409, True)


def test_staff_book_for_who_is_blocked_and_before_the_release(desk: Desk) -> None:
    patient = make_patient()
    session = make_session(released_at=clock.now().replace(year=2027))
    with transaction():
        db.session.add(Booker(key=f"patient:{patient.id}", blocked_until=clock.now().replace(year=2027)))
    assert book(desk, slots_of(session)[0].id, patient_id=patient.id).status_code == 303


def test_who_may_see_no_patients_books_for_contacts_only(sit: Sit, session: Session) -> None:
    desk, patient = sit(P.BOOKING_WRITE), make_patient()
    assert "查找患者" not in desk.get("new").text
    assert desk.get(f"new?patient_id={patient.id}").status_code == 403
    assert book(desk, slots_of(session)[0].id, patient_id=patient.id).status_code == 403


@pytest.mark.parametrize("query", ["patient_id=x", "patient_id=999999"])
def test_nobody_to_book_for(desk: Desk, query: str) -> None:
    assert desk.get(f"new?{query}").status_code == 404


# --- who is blocked --------------------------------------------------------------------------------------------------


def test_a_block_is_listed_and_lifted(desk: Desk) -> None:
    patient = make_patient(name="王芳")
    key = f"patient:{patient.id}"
    with transaction():
        for each in (key, "wechat:7", "phone:ab12"):
            db.session.add(Booker(key=each, blocked_until=clock.now().replace(year=2027)))
    page = desk.get("blocked").text
    assert "王*" in page
    assert "微信用户7" in page
    assert "王芳" not in page
    assert desk.post("blocked/lift", key=key, why="已解释").status_code == 303
    assert desk.ask("blocked").json["total"] == 2
    assert audited("booking.lift")[-1].detail == "已解释"
    for wrong in ("", "x", "patient:999999", "patient:1' OR 1"):
        assert desk.post("blocked/lift", key=wrong).status_code in {404, 422}


# --- start page and search -------------------------------------------------------------------------------------------


def test_the_start_page_counts_today_s_bookings(sit: Sit, no: str) -> None:
    page = sit(P.DASHBOARD_READ, P.BOOKING_READ).client.get("/pc/").text
    assert "今日预约" in page
    assert "待就诊1" in page


def test_the_search_box_finds_bookings_masked(desk: Desk, no: str) -> None:
    for text in (no, CONTACT.phone):
        page = desk.client.post("/pc/search", data={"csrf_token": desk.csrf, "q": text}, follow_redirects=True).text
        assert f"/pc/booking/bookings/{no}" in page
        assert CONTACT.name not in page
