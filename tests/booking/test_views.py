"""Patients' pages of booking: each door once, right, wrong and not allowed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.booking.conftest import Phone, SignIn, count_bookings, make_phone, taken_of
from tests.factories.booking import make_booking, make_physician, make_project, make_session, slots_of
from tests.factories.mall import make_goods, make_order
from tests.factories.patients import make_patient
from wxapp.booking.models import Booking, Hold, Session, Slot
from wxapp.booking.services import bookings, changes, holds
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.mall import queries as mall
from wxapp.payments import services as payments
from wxapp.payments.models import Method

Move = Callable[[str | timedelta], None]
ONCE = "once-0000000001"


@pytest.fixture
def session(client: FlaskClient) -> Session:
    """Four times of a physician in three days, one seat each."""
    return make_session(physician_id=make_physician().id, day=in_days(3))


def in_days(count: int) -> date:
    return clock.today() + timedelta(days=count)


def choose(phone: Phone, slot: Slot, physician_id: int) -> Any:
    return phone.post(f"/booking/physicians/{physician_id}", slot_id=slot.id)


def keep(phone: Phone, session: Session, at: int = 0) -> str:
    """Choose a time and return the address of its form."""
    answer = choose(phone, slots_of(session)[at], session.physician_id or 0)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def own(phone: Phone, slot: Slot, **over: Any) -> str:
    return make_booking(slot, wechat_user_id=phone.user_id, patient_id=phone.patient_id or None, **over)


def only_booking() -> Booking:
    db.session.expire_all()
    return db.session.scalars(sa.select(Booking)).one()


# --- choosing --------------------------------------------------------------------------------------------------------


def test_the_tab_lists_physicians_with_their_next_free_day(phone: Phone, session: Session) -> None:
    make_physician(name="周不坐诊")
    page = phone.get("/booking")
    assert "林秀英" in page
    assert "最近可约 3月5日 周四" in page
    assert "近期无号" in page
    assert 'href="/bookings"' in page


def test_projects_have_their_own_list(phone: Phone) -> None:
    make_session(project_id=make_project(name="腹部彩超", summary="请空腹").id)
    make_project(name="停用项目", is_shown=False)
    page = phone.get("/booking?way=project")
    assert "腹部彩超" in page
    assert "最近可约 3月3日 周二" in page
    assert "停用项目" not in page


def test_a_physicians_page_shows_days_and_free_times_and_nobodys_name(phone: Phone, session: Session) -> None:
    make_booking(slots_of(session)[0])
    page = phone.get(f"/booking/physicians/{session.physician_id}")
    for text in ("排班情况", "医生简介", "3/5", "余3", "约满", "09:00", "10:30", "门诊楼3层306室", "30.00"):
        assert text in page
    assert "林小满" not in page
    assert "林*" not in page
    assert len(re.findall(r"<button class=\"time\"[^>]* disabled", page)) == 1


def test_days_that_are_not_released_and_days_without_times_say_so(phone: Phone, session: Session) -> None:
    make_session(physician_id=session.physician_id, day=in_days(9), released_at=clock.now() + timedelta(days=1))
    path = f"/booking/physicians/{session.physician_id}"
    assert "2026-03-03 10:00 放号" in phone.get(f"{path}?day={in_days(9)}")
    assert "没有号源" in phone.get(f"{path}?day={in_days(4)}")


@pytest.mark.parametrize("day", ["2026-02-30", "x", "2026-03-01", "2026-05-01", "20260305", "2026-W10-4", "٢٠٢٦-٠٣-٠٥"])
def test_a_day_that_was_never_a_link_is_not_found(phone: Phone, session: Session, day: str) -> None:
    path = f"/booking/physicians/{session.physician_id}"
    assert phone.client.get(path, query_string={"day": day}).status_code == 404


def test_physicians_and_projects_that_are_not_there(phone: Phone) -> None:
    hidden, project = make_physician(is_shown=False), make_project(is_shown=False)
    for path in (f"physicians/{hidden.id}", "physicians/999999", f"projects/{project.id}", "projects/999999"):
        assert phone.client.get(f"/booking/{path}").status_code == 404
        assert phone.post(f"/booking/{path}", slot_id=1).status_code == 404


# --- a time, a form, a booking ---------------------------------------------------------------------------------------


def test_from_a_time_to_a_booking(phone: Phone, session: Session) -> None:
    form = keep(phone, session)
    page = phone.get(form)
    for text in ("林*", "138****0001", "3月5日 周四 09:00–09:30", 'data-seconds="300"', "确认预约"):
        assert text in page
    answer = phone.post(form, once=ONCE, patient_id=phone.patient_id, remark="复诊")
    booking = only_booking()
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/bookings/{booking.no}/done")
    assert (booking.patient_id, booking.contact_name, booking.remark) == (phone.patient_id, "林小满", "复诊")
    page = phone.get(f"/bookings/{booking.no}/done")
    assert "预约成功" in page
    assert "还没有绑定就诊人" not in page


def test_confirmed_twice_is_booked_once(phone: Phone, session: Session) -> None:
    form = keep(phone, session)
    answers = [phone.post(form, once=ONCE, patient_id=phone.patient_id) for _press in range(2)]
    assert {answer.headers["Location"] for answer in answers} == {f"/bookings/{only_booking().no}/done"}
    assert "已经预约成功" in phone.get(form)


def test_a_visitor_without_patient_fills_it_in_and_is_led_to_the_binding(visitor: Phone, session: Session) -> None:
    form = keep(visitor, session)
    assert 'name="phone"' in visitor.get(form)
    answer = visitor.post(form, once=ONCE, patient_id=0, name="林小满", phone="138 0000 0001")
    booking = only_booking()
    assert (booking.patient_id, booking.wechat_user_id, booking.contact_phone) == (None, visitor.user_id, "13800000001")
    page = visitor.get(answer.headers["Location"])
    assert "还没有绑定就诊人" in page
    assert "/me/bind" in page
    assert "尚未归入就诊人" in visitor.get(f"/bookings/{booking.no}")
    assert "预约成功" in visitor.get("/me/messages")


@pytest.mark.parametrize(
    ("over", "status", "text"),
    [
        ({"name": None}, 422, "请填写姓名"),
        ({"phone": None}, 422, "请填写手机号"),
        ({"phone": "12345"}, 422, "手机号格式不正确"),
        ({"name": "林<b>"}, 422, "姓名中含有不能使用的字符"),
        ({"id_number": "990101199005211281"}, 422, "校验位不正确"),
        ({"id_number": "123"}, 422, "身份证号应为18位"),
        ({"remark": "长" * 101}, 422, "备注不能超过100个字"),
        ({"order_no": "N2026030210001"}, 422, "请检查标出的内容"),
        ({"once": None}, 422, "请检查标出的内容"),
        ({"once": "short"}, 422, "请检查标出的内容"),
        ({"patient_id": 1}, 409, "当前就诊人已切换"),
        ({"patient_id": "x"}, 422, "请检查标出的内容"),
        ({"status": "done"}, 422, "请检查标出的内容"),
        ({"source": "phone"}, 422, "请检查标出的内容"),
    ],
)  # fmt: skip
def test_a_wrong_form_comes_back_with_what_was_typed(
    visitor: Phone, session: Session, over: dict[str, Any], status: int, text: str
) -> None:
    form = keep(visitor, session)
    fields = {"once": ONCE, "patient_id": 0, "name": "林小满", "phone": "13800000001", "remark": "需要轮椅", **over}
    refused = visitor.post(form, **{name: value for name, value in fields.items() if value is not None})
    assert (refused.status_code, count_bookings()) == (status, 0)
    assert text in refused.text
    if "remark" not in over:
        assert 'value="需要轮椅"' in refused.text


def test_a_hold_that_ran_out_says_so_and_leads_back(phone: Phone, session: Session, at: Move) -> None:
    form = keep(phone, session)
    at(timedelta(minutes=5))
    refused = phone.post(form, once=ONCE, patient_id=phone.patient_id)
    assert (refused.status_code, count_bookings()) == (409, 0)
    assert "为您保留的时间已过期" in refused.text
    assert f"/booking/physicians/{session.physician_id}?day=2026-03-05" in refused.text
    assert "重新选择时间" in phone.get(form)


def test_a_time_that_others_have_taken_is_refused_on_the_page_of_times(phone: Phone, session: Session) -> None:
    slot = slots_of(session)[0]
    make_booking(slot)
    refused = choose(phone, slot, session.physician_id or 0)
    assert refused.status_code == 409
    assert "该时间已约满" in refused.text
    assert "排班情况" in refused.text


def test_times_of_others_in_the_past_or_closed_are_refused(phone: Phone, session: Session) -> None:
    elsewhere = slots_of(make_session(physician_id=make_physician().id))[0]
    assert choose(phone, elsewhere, session.physician_id or 0).status_code == 404
    past = slots_of(make_session(physician_id=session.physician_id, day=in_days(0), starts="08:00", ends="09:00"))[0]
    assert choose(phone, past, session.physician_id or 0).status_code == 409
    changes.suspend(session.id, by="staff:1", reason="停电")
    assert choose(phone, slots_of(session)[0], session.physician_id or 0).status_code == 409
    assert db.session.scalar(sa.select(sa.func.count(Hold.id))) == 0


def test_who_chooses_without_end_has_to_wait(phone: Phone, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holds, "PER_USER", replace(holds.PER_USER, count=1))
    monkeypatch.setattr(bookings, "PER_USER", replace(bookings.PER_USER, count=0))
    keep(phone, session)
    refused = choose(phone, slots_of(session)[1], session.physician_id or 0)
    assert (refused.status_code, "选号过于频繁" in refused.text) == (429, True)
    day = make_session(day=in_days(3), starts="09:00", ends="10:00")
    assert submit(phone, day).status_code == 429
    assert count_bookings() == 0


@pytest.mark.parametrize("slot_id", ["", "x", "-1", "9" * 30, "0", "1.5"])
def test_what_is_no_time(phone: Phone, session: Session, slot_id: str) -> None:
    refused = phone.post(f"/booking/physicians/{session.physician_id}", slot_id=slot_id)
    assert refused.status_code in {404, 422}


def test_a_foreign_hold_is_not_there(phone: Phone, session: Session, sign_in_wechat: SignIn) -> None:
    form = keep(phone, session)
    stranger = make_phone(phone.client.application.test_client(), sign_in_wechat, make_patient())
    assert stranger.client.get(form).status_code == 404
    assert stranger.post(form, once=ONCE, patient_id=stranger.patient_id).status_code == 404
    assert stranger.post(f"{form}/release").status_code == 404
    assert (count_bookings(), taken_of(slots_of(session)[0])) == (0, 1)


def test_a_time_is_given_up(phone: Phone, session: Session) -> None:
    form = keep(phone, session)
    for _press in range(2):
        answer = phone.post(f"{form}/release")
        assert answer.headers["Location"] == f"/booking/physicians/{session.physician_id}?day=2026-03-05"
    assert taken_of(slots_of(session)[0]) == 0


def test_who_is_not_signed_in_is_shown_the_way_into_wechat(client: FlaskClient, session: Session) -> None:
    for path in ("/booking", f"/booking/physicians/{session.physician_id}", "/bookings"):
        assert "请在微信中打开" in client.get(path).text
    assert client.post(f"/booking/physicians/{session.physician_id}", data={"slot_id": 1}).status_code == 419


def test_online_booking_that_is_switched_off_says_so(phone: Phone, session: Session) -> None:
    from wxapp.booking.settings import ONLINE
    from wxapp.core import settings

    settings.write(ONLINE, False, by="system:tests")
    settings.forget()
    page = phone.get(f"/booking/physicians/{session.physician_id}")
    assert "在线预约暂停服务" in page
    assert choose(phone, slots_of(session)[0], session.physician_id or 0).status_code == 409


# --- a project -------------------------------------------------------------------------------------------------------


@pytest.fixture
def project_day(client: FlaskClient) -> Session:
    """A morning of a project with two times and one seat each."""
    return make_session(day=in_days(3), starts="09:00", ends="10:00")


def submit(phone: Phone, session: Session, **over: Any) -> Any:
    fields = {"once": ONCE, "patient_id": phone.patient_id, "day": session.day, "period": "morning", **over}
    return phone.post(f"/booking/projects/{session.project_id}", **fields)


def test_a_project_is_booked_by_day_and_period(phone: Phone, project_day: Session) -> None:
    page = phone.get(f"/booking/projects/{project_day.project_id}")
    for text in ("3月5日 周四 到院时段", "上午", "余2", "林*"):
        assert text in page
    answer = submit(phone, project_day, remark="需要轮椅")
    assert answer.headers["Location"] == f"/bookings/{only_booking().no}/done"
    assert submit(phone, project_day, remark="需要轮椅").headers["Location"] == answer.headers["Location"]
    assert only_booking().slot_id == slots_of(project_day)[0].id


def test_the_next_time_of_the_period_is_taken_when_the_first_is_gone(phone: Phone, project_day: Session) -> None:
    make_booking(slots_of(project_day)[0])
    submit(phone, project_day)
    booking = db.session.scalars(sa.select(Booking).where(Booking.patient_id == phone.patient_id)).one()
    assert booking.slot_id == slots_of(project_day)[1].id


@pytest.mark.parametrize(
    ("over", "status", "text"),
    [
        ({"period": "afternoon"}, 409, "该时段已约满"),
        ({"period": "night"}, 422, "请检查标出的内容"),
        ({"day": "2026-02-30"}, 422, "请检查标出的内容"),
        ({"day": "2026-03-01"}, 409, "该时段已约满"),
        ({"day": "2036-03-05"}, 409, "该时段已约满"),
        ({"patient_id": 0}, 409, "当前就诊人已切换"),
        ({"slot_id": 1}, 422, "请检查标出的内容"),
    ],
)  # fmt: skip
def test_a_wrong_wish_changes_nothing(
    phone: Phone, project_day: Session, over: dict[str, Any], status: int, text: str
) -> None:
    refused = submit(phone, project_day, **over)
    assert (refused.status_code, count_bookings()) == (status, 0)
    assert text in refused.text


def test_a_check_up_bought_before_is_offered_and_checked(phone: Phone, project_day: Session) -> None:
    goods = make_goods(name="入职体检套餐")
    order_no = make_order(goods, wechat_user_id=phone.user_id, patient_id=phone.patient_id)
    assert "入职体检套餐" not in phone.get("/booking?way=project")
    assert submit(phone, project_day, order_no=order_no).status_code == 422
    order = mall.get_order(order_no)
    payments.collect(order.payment_no, [(Method.CASH, order.total_fen)], by="staff:1")
    assert f"order_no={order_no}" in phone.get("/booking?way=project")
    page = phone.get(f"/booking/projects/{project_day.project_id}?order_no={order_no}")
    assert f'<option value="{order_no}" selected>入职体检套餐' in page
    foreign = make_order(goods, wechat_user_id=1, patient_id=make_patient().id)
    assert submit(phone, project_day, order_no=foreign).status_code == 422
    assert submit(phone, project_day, order_no=order_no).status_code == 303
    assert only_booking().order_no == order_no
    assert "入职体检套餐" not in phone.get("/booking?way=project")
