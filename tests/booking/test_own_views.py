"""我的预约: one's appointments, the places in line, and nobody else's."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import icalendar
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.booking.conftest import Phone, SignIn, make_phone, taken_of
from tests.booking.test_views import ONCE, in_days, only_booking, own
from tests.factories.booking import make_booking, make_physician, make_session, slots_of
from tests.factories.patients import make_patient
from wxapp.booking import own_lists, queries
from wxapp.booking.models import BookingStatus, Hold, Session, Wait, WaitStatus
from wxapp.booking.services import changes
from wxapp.core.db import db
from wxapp.patients import services as patients

Move = Callable[[str | timedelta], None]


@pytest.fixture
def session(client: FlaskClient) -> Session:
    """Four times of a physician in three days, one seat each."""
    return make_session(physician_id=make_physician().id, day=in_days(3))


# --- appointments ----------------------------------------------------------------------------------------------------


def test_the_list_has_a_tab_for_each_state(phone: Phone, session: Session) -> None:
    slots = slots_of(session)
    ahead, gone = own(phone, slots[0]), own(phone, slots[1])
    changes.cancel(gone, by="wechat:1", reason="患者取消")
    foreign = make_booking(slots[2], patient_id=make_patient().id)
    for state, shown in (("open", [ahead]), ("done", []), ("over", [gone]), ("nothing", [gone, ahead])):
        page = phone.get(f"/bookings?state={state}")
        assert list(dict.fromkeys(re.findall(r"/bookings/(B\d+)", page))) == shown
        assert foreign not in page
    assert "还没有预约" in phone.get("/bookings?state=done")


@pytest.mark.parametrize("page", ["0", "501", "x", "٣", "-1"])
def test_a_page_that_was_never_a_link_is_not_found(phone: Phone, page: str) -> None:
    assert phone.client.get("/bookings", query_string={"page": page}).status_code == 404


def test_an_appointment_shows_what_to_do_and_its_code(phone: Phone, session: Session) -> None:
    number = own(phone, slots_of(session)[0])
    code = queries.get_booking(number).code
    page = phone.get(f"/bookings/{number}")
    for text in ("待就诊", "3月5日 周四 09:00–09:30", "签到二维码", "改约", "确认取消", "请携带身份证"):
        assert text in page
    assert f"{code[:4]} {code[4:8]} {code[8:]}" in page


def test_cancelling_twice_frees_the_seat_once(phone: Phone, session: Session) -> None:
    number = own(phone, slots_of(session)[0])
    for _press in range(2):
        answer = phone.post(f"/bookings/{number}/cancel")
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/bookings/{number}")
    assert only_booking().status is BookingStatus.CANCELLED
    assert taken_of(slots_of(session)[0]) == 0
    assert "预约已取消" in phone.get(f"/bookings/{number}")


def test_cancelling_late_is_warned_of(phone: Phone, session: Session, at: Move) -> None:
    number = own(phone, slots_of(session)[0])
    at("2026-03-04 12:00")
    page = phone.get(f"/bookings/{number}")
    assert "取消将计入爽约次数" in page
    assert ">改约<" not in page
    at("2026-03-05 09:10")
    assert "确认取消" not in phone.get(f"/bookings/{number}")
    refused = phone.post(f"/bookings/{number}/cancel")
    assert refused.status_code == 409
    assert "已过取消截止时间" in refused.text


def test_cancelling_with_unknown_fields_is_refused(phone: Phone, session: Session) -> None:
    number = own(phone, slots_of(session)[0])
    assert phone.post(f"/bookings/{number}/cancel", is_staff=1).status_code == 422
    assert only_booking().status is BookingStatus.BOOKED


def test_moving_to_another_time_of_the_same_physician(phone: Phone, session: Session) -> None:
    slots = slots_of(session)
    number = own(phone, slots[0])
    page = phone.get(f"/bookings/{number}/move")
    assert "当前" in page
    chosen = f"/bookings/{number}/move?day=2026-03-05&amp;slot_id={slots[2].id}"
    assert chosen in page
    page = phone.get(chosen.replace("&amp;", "&"))
    assert "3月5日 周四 10:00–10:30" in page
    assert "确认改约" in page
    answer = phone.post(f"/bookings/{number}/move", slot_id=slots[2].id, version=1)
    assert answer.headers["Location"] == f"/bookings/{number}"
    assert only_booking().slot_id == slots[2].id
    assert (taken_of(slots[0]), taken_of(slots[2])) == (0, 1)
    stale = phone.post(f"/bookings/{number}/move", slot_id=slots[1].id, version=1)
    assert stale.status_code == 409
    assert "预约已有变动" in stale.text


def test_moving_to_a_foreign_full_or_missing_time_is_refused(phone: Phone, session: Session) -> None:
    slots = slots_of(session)
    number = own(phone, slots[0])
    make_booking(slots[1])
    elsewhere = slots_of(make_session(day=in_days(3), starts="14:00", ends="15:00"))[0]
    for slot_id, status in ((slots[1].id, 409), (elsewhere.id, 409), (999_999, 404), ("x", 422), (slots[0].id, 409)):
        assert phone.post(f"/bookings/{number}/move", slot_id=slot_id, version=1).status_code == status
    assert only_booking_of(phone).slot_id == slots[0].id
    assert "刚才选的时间已约满" in phone.get(f"/bookings/{number}/move?day=2026-03-05&slot_id={slots[1].id}")


def only_booking_of(phone: Phone) -> Any:
    db.session.expire_all()
    cards, _ = own_lists.own_bookings(phone.user_id, phone.patient_id)
    return queries.get_booking(cards[0].no)


def test_what_the_hospital_closed_asks_for_another_time(phone: Phone, session: Session) -> None:
    number = own(phone, slots_of(session)[0])
    changes.suspend(session.id, by="staff:1", reason="医生临时手术")
    assert "请改约或取消" in phone.get("/bookings")
    page = phone.get(f"/bookings/{number}")
    assert "不计入爽约" in page
    assert "签到二维码" not in page
    assert "医生临时手术" in phone.get("/me/messages")
    other = make_session(physician_id=session.physician_id, day=in_days(4))
    phone.post(f"/bookings/{number}/move", slot_id=slots_of(other)[0].id, version=2)
    assert only_booking().status is BookingStatus.BOOKED


def test_the_file_for_the_calendar_is_in_the_hospitals_time(phone: Phone, session: Session) -> None:
    number = own(phone, slots_of(session)[0])
    answer = phone.client.get(f"/bookings/{number}/calendar.ics")
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    event = icalendar.Calendar.from_ical(answer.data).walk("VEVENT")[0]
    assert event["DTSTART"].dt.isoformat() == "2026-03-05T09:00:00+08:00"
    assert str(event["DTSTART"].params["TZID"]) == "Asia/Shanghai"
    assert "心内科 林秀英" in event["SUMMARY"]
    assert "门诊楼3层306室" in event["LOCATION"]


def test_nobody_else_sees_or_changes_it(phone: Phone, session: Session, sign_in_wechat: SignIn) -> None:
    slots = slots_of(session)
    number = own(phone, slots[0])
    stranger = make_phone(phone.client.application.test_client(), sign_in_wechat, make_patient())
    for page in ("", "/done", "/move", "/calendar.ics"):
        assert stranger.client.get(f"/bookings/{number}{page}").status_code == 404
    assert stranger.post(f"/bookings/{number}/cancel").status_code == 404
    assert stranger.post(f"/bookings/{number}/move", slot_id=slots[1].id, version=1).status_code == 404
    assert only_booking().status is BookingStatus.BOOKED


def test_another_patient_of_mine_has_bookings_of_his_own(phone: Phone, session: Session) -> None:
    number = own(phone, slots_of(session)[0])
    other = make_patient(name="林大山")
    patients.bind_by_staff(phone.user_id, other.id, by="system:tests")
    assert number not in phone.get("/bookings")
    assert phone.client.get(f"/bookings/{number}").status_code == 404


def test_what_is_ahead_is_counted_on_the_own_page(phone: Phone, session: Session) -> None:
    own(phone, slots_of(session)[0])
    assert re.search(r"我的预约", phone.get("/me"))
    assert 'aria-label="1项"' in phone.get("/me")


# --- standing in line ------------------------------------------------------------------------------------------------


def fill(session: Session) -> list[str]:
    return [make_booking(slot) for slot in slots_of(session)]


def join(who: Phone, session: Session, **over: Any) -> Any:
    return who.post("/booking/waits", session_id=session.id, patient_id=who.patient_id, **over)


def test_a_full_session_has_a_line_and_a_freed_seat_is_offered(phone: Phone, session: Session) -> None:
    numbers = fill(session)
    page = phone.get(f"/booking/physicians/{session.physician_id}?day=2026-03-05")
    assert f"/booking/waits/new?session_id={session.id}" in page
    assert "加入候补" in phone.get(f"/booking/waits/new?session_id={session.id}")
    place = join(phone, session).headers["Location"]
    assert join(phone, session).headers["Location"] == place
    assert "您排在第 <strong>1</strong> 位" in phone.get(place)
    assert "候补中" in phone.get("/bookings")
    changes.cancel(numbers[1], by="staff:1", reason="x", is_staff=True)
    page = phone.get(place)
    assert "有号啦" in page
    assert "3月5日 周四 09:30–10:00" in page
    assert place in phone.get("/me/messages") or "候补有号啦" in phone.get("/me/messages")
    answer = phone.post(f"{place}/accept", once=ONCE)
    assert phone.post(f"{place}/accept", once=ONCE).headers["Location"] == answer.headers["Location"]
    assert "预约成功" in phone.get(answer.headers["Location"])
    assert only_booking_of(phone).patient_id == phone.patient_id


def test_an_offer_that_ran_out_says_so(phone: Phone, session: Session, at: Move) -> None:
    numbers = fill(session)
    place = join(phone, session).headers["Location"]
    changes.cancel(numbers[1], by="staff:1", reason="x", is_staff=True)
    at(timedelta(minutes=15))
    refused = phone.post(f"{place}/accept", once=ONCE)
    assert refused.status_code == 409
    assert "名额已留给下一位" in refused.text


def test_leaving_the_line(phone: Phone, session: Session) -> None:
    fill(session)
    place = join(phone, session).headers["Location"]
    for _press in range(2):
        assert phone.post(f"{place}/leave").status_code == 303
    assert db.session.scalars(sa.select(Wait.status)).one() is WaitStatus.WITHDRAWN
    assert "您已退出候补" in phone.get(place)


def test_an_offer_is_no_hold_of_a_form(phone: Phone, client: FlaskClient) -> None:
    project = make_session(day=in_days(3))
    numbers = fill(project)
    join(phone, project)
    changes.cancel(numbers[0], by="staff:1", reason="x", is_staff=True)
    offer = db.session.scalars(sa.select(Hold.id).where(Hold.wait_id.is_not(None))).one()
    assert phone.client.get(f"/booking/holds/{offer}").status_code == 404
    assert phone.post(f"/booking/holds/{offer}/release").status_code == 404
    assert db.session.scalars(sa.select(Wait.status)).one() is WaitStatus.OFFERED


def test_a_visitor_stands_in_line_with_name_and_phone(visitor: Phone, session: Session) -> None:
    fill(session)
    refused = join(visitor, session)
    assert (refused.status_code, "请填写姓名" in refused.text) == (422, True)
    assert join(visitor, session, name="林小满", phone="13800000001").status_code == 303


@pytest.mark.parametrize(("session_id", "status"), [("", 404), ("x", 404), ("999999", 404), ("9" * 30, 404)])
def test_a_line_of_nothing(phone: Phone, session_id: str, status: int) -> None:
    assert phone.client.get("/booking/waits/new", query_string={"session_id": session_id}).status_code == status
    assert phone.post("/booking/waits", session_id=session_id, patient_id=phone.patient_id).status_code == status


def test_a_session_with_free_times_has_no_line(phone: Phone, session: Session) -> None:
    refused = join(phone, session)
    assert refused.status_code == 409
    assert "现在还有号" in refused.text


def test_a_foreign_place_in_line_is_not_there(phone: Phone, session: Session, sign_in_wechat: SignIn) -> None:
    numbers = fill(session)
    place = join(phone, session).headers["Location"]
    changes.cancel(numbers[0], by="staff:1", reason="x", is_staff=True)
    stranger = make_phone(phone.client.application.test_client(), sign_in_wechat, make_patient())
    assert stranger.client.get(place).status_code == 404
    assert stranger.post(f"{place}/accept", once=ONCE).status_code == 404
    assert stranger.post(f"{place}/leave").status_code == 404
    assert db.session.scalars(sa.select(Wait.status)).one() is WaitStatus.OFFERED
