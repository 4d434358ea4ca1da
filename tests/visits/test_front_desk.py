"""The front desk's pages and interfaces: adding, the list, arrival, one visit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories import booking as bookings
from tests.factories.configuration import make_method, make_project_category
from tests.factories.intake import make_intake, take_in
from tests.factories.patients import make_patient
from tests.factories.staff import make_member
from tests.factories.visits import make_visit
from wxapp.admin.models import AuditRow
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.permissions import Permission
from wxapp.hospital.models import MethodKind
from wxapp.patients.models import Patient
from wxapp.staff.models import Member
from wxapp.till.models import Deposit, Entry
from wxapp.visits.models import Pickup, Stage, Visit

JSON = {"Accept": "application/json"}
HTML = {"Accept": "text/html"}
DESK = [Permission.VISIT_READ, Permission.VISIT_INTAKE, Permission.PATIENT_REVEAL, Permission.PATIENT_READ]
SignIn = Callable[[FlaskClient, Any], str]


@dataclass
class Desk:
    """Somebody at the front desk, with a browser."""

    client: FlaskClient
    csrf: str
    member: Member

    def post(self, path: str, headers: dict[str, str] = JSON, **fields: Any) -> Any:
        return self.client.post(path, data={"csrf_token": self.csrf, **fields}, headers=headers)

    def get(self, path: str, headers: dict[str, str] = JSON) -> Any:
        return self.client.get(path, headers=headers)


@pytest.fixture
def desk(client: FlaskClient, sign_in_staff: SignIn) -> Desk:
    member = make_member(DESK, name="前台甲")
    return Desk(client, sign_in_staff(client, member), member)


def _asked(**over: Any) -> dict[str, Any]:
    """Return the parameters of the contract, all right."""
    colleague = make_member(name="开发甲").id
    return {
        "phone": "13800000001",
        "username": "赵小兰",
        "user_source": "0",
        "birthday": "2000-01-02",
        "age": "26",
        "sex": "1",
        "main_reg_user_id": str(colleague),
        "province": "甲省",
        "source": "熟人介绍",
        "reg_user_wx": "demo_account_01",
        "earnest_money": "0.00",
        "user_type": "0",
        "project_id[]": [str(make_project_category().id)],
        "accompany_id[]": [str(colleague)],
        **over,
    }


def _visits() -> list[Visit]:
    return list(db.session.scalars(sa.select(Visit).order_by(Visit.id)))


# --- adding ----------------------------------------------------------------------------------------------------------


def test_a_program_adds_a_patient(desk: Desk) -> None:
    told = desk.post("/pc/user/add", **_asked()).get_json()

    assert (told["code"], told["msg"], told["user_number"]) == (1, "操作成功", "HOSP26030201")
    [visit] = _visits()
    assert (visit.is_first, visit.channel, visit.social_account) == (True, "熟人介绍", "demo_account_01")
    assert db.session.get_one(Patient, visit.patient_id).birthday == date(2000, 1, 2)


@pytest.mark.parametrize("missing", sorted(_name for _name in (
    "phone", "username", "user_source", "birthday", "age", "sex", "main_reg_user_id", "province", "source",
    "reg_user_wx", "earnest_money", "user_type", "project_id[]", "accompany_id[]",
)))  # fmt: skip
def test_each_parameter_of_the_contract_is_needed(desk: Desk, missing: str) -> None:
    asked = _asked()
    del asked[missing]

    answer = desk.post("/pc/user/add", **asked)

    assert (answer.status_code, answer.get_json()["code"]) == (200, 0)
    assert answer.get_json()["msg"].startswith("操作失败：请")
    assert _visits() == []


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("phone", "12345", "客户电话格式不正确"),
        ("birthday", "20000102", "应为日期，如2000-01-31"),
        ("birthday", "2026-03-03", "生日不正确"),
        ("age", "40", "年龄与生日不符，按生日应为26岁"),
        ("sex", "3", "性别不能大于2"),
        ("earnest_money", "很多", "“很多”不是正确的金额，例如 128 或 128.50"),
        ("earnest_money", "-1", "“-1”不是正确的金额，例如 128 或 128.50"),
        ("main_reg_user_id", "999999", "没有编号为999999的在职员工"),
        ("project_id[]", "999999", "没有编号为999999的项目分类，或已停用"),
        ("accompany_id[]", "999999", "没有编号为999999的在职员工"),
        ("source", "甲,乙", "不能含有英文逗号"),
        ("app_time", "2020-01-01 10:00:00", "预约时间应在今天之后的一年内"),
    ],
)
def test_what_is_wrong_is_told(desk: Desk, name: str, value: str, told: str) -> None:
    answer = desk.post("/pc/user/add", **_asked(**{name: value})).get_json()
    assert (answer["code"], answer["msg"]) == (0, f"操作失败：{told}")
    assert _visits() == []


def test_the_age_may_be_counted_as_people_do(desk: Desk) -> None:
    assert desk.post("/pc/user/add", **_asked(age="27")).get_json()["code"] == 1


def test_a_form_pressed_twice_adds_once(desk: Desk) -> None:
    asked = _asked(form_key="aaaaaaaaaaaa")
    first, second = (desk.post("/pc/user/add", **asked).get_json() for _ in range(2))
    assert first["id"] == second["id"]
    assert len(_visits()) == 1


def test_a_page_leads_on_to_the_visit(desk: Desk) -> None:
    answer = desk.post("/pc/user/add", headers=HTML, **_asked())
    assert (answer.status_code, answer.location) == (303, f"/pc/visits/{_visits()[0].id}")


def test_a_page_offers_whom_the_phone_belongs_to(desk: Desk) -> None:
    known = make_patient(name="钱小梅", phone="13800000001")

    shown = desk.post("/pc/user/add", headers=HTML, **_asked())

    assert shown.status_code == 409
    assert f'name="patient_id" value="{known.id}"' in shown.text
    assert "钱**" in shown.text
    assert "钱小梅" not in shown.text
    chosen = desk.post("/pc/user/add", headers=HTML, **_asked(patient_id=str(known.id)))
    assert chosen.status_code == 303
    assert [(visit.patient_id, visit.is_first) for visit in _visits()] == [(known.id, False)]


def test_the_page_asks_for_a_phone_while_it_is_typed(desk: Desk) -> None:
    visit = make_visit(patient=make_patient(name="钱小梅", phone="13800000001"))
    told = desk.post("/pc/user/known", phone="138 0000 0001").get_json()
    assert [(one["name"], one["open_visit_no"]) for one in told["list"]] == [("钱**", visit.visit_no)]
    assert desk.post("/pc/user/known", phone="13800000002").get_json()["list"] == []


def test_a_return_visit_begins_with_what_was_known(desk: Desk) -> None:
    take_in(make_intake(name="赵小兰", phone="13800000001", channel="路过", city="乙市"))
    patient_id = _visits()[0].patient_id

    shown = desk.get(f"/pc/user/add?patient_id={patient_id}", headers=HTML).text

    assert 'value="路过"' in shown
    assert 'value="乙市"' in shown
    assert 'value="2000-01-02"' in shown
    assert "138****0001" in shown


def test_a_booking_fills_the_form_in_once(desk: Desk) -> None:
    number = bookings.make_booking(bookings.slots_of(bookings.make_session())[0])
    assert f'name="booking_no" value="{number}"' in desk.get(f"/pc/user/add?booking_no={number}", headers=HTML).text

    assert desk.post("/pc/user/add", **_asked(booking_no=number)).get_json()["code"] == 1
    again = desk.post("/pc/user/add", **_asked(booking_no=number)).get_json()

    assert (again["code"], again["error"]) == (0, "booking_used")
    assert "请勿重复登记" in desk.get(f"/pc/user/add?booking_no={number}", headers=HTML).text


def test_deposit_pickup_and_arrival_at_once(desk: Desk) -> None:
    make_method("现金", MethodKind.CASH)
    extra = {"earnest_money": "200", "pickup_place": "南门", "pickup_time": "2026-03-02 14:00:00"}

    desk.post("/pc/user/add", **_asked(**extra))
    desk.post("/pc/user/add", **_asked(is_here="1"))

    assert db.session.scalars(sa.select(Deposit.amount_fen)).all() == [20_000]
    assert db.session.scalars(sa.select(Pickup.place)).all() == ["南门"]
    assert [visit.stage for visit in _visits()] == [Stage.BOOKED, Stage.ARRIVED]


def test_our_page_says_how_a_deposit_was_paid(desk: Desk) -> None:
    make_method("现金", MethodKind.CASH)
    make_method("刷卡", MethodKind.CARD)

    unsaid = desk.post("/pc/user/add", headers=HTML, **_asked(earnest_money="200", deposit_method=""))
    assert unsaid.status_code == 422
    assert "请选择定金的收款方式" in unsaid.text
    assert _visits() == []

    desk.post("/pc/user/add", headers=HTML, **_asked(earnest_money="200", deposit_method="刷卡"))
    assert db.session.scalars(sa.select(Entry.method_name)).all() == ["刷卡"]


def test_all_that_is_missing_is_told_at_once(desk: Desk) -> None:
    shown = desk.post("/pc/user/add", headers=HTML, phone="", name="").text
    for sentence in ("请填写客户电话", "请填写客户姓名", "请填写生日"):
        assert sentence in shown


def test_half_a_wish_to_be_fetched_is_asked_about(desk: Desk) -> None:
    answer = desk.post("/pc/user/add", **_asked(pickup_place="南门")).get_json()
    assert answer["msg"] == "操作失败：请填写接送时间"


# --- the list --------------------------------------------------------------------------------------------------------


def _listed(desk: Desk, query: str = "") -> list[str]:
    told = desk.get(f"/pc/user/index{query}").get_json()
    assert (told["code"], told["msg"], told["count"]) == (1, "ok", len(told["list"]))
    return [row["user_number"] for row in told["list"]]


def test_the_list_is_of_today_unless_it_is_asked_for_more(desk: Desk) -> None:
    today = make_visit(visit_no="HOSP26030201")
    make_visit(visit_no="HOSP26030101", day=clock.today() - timedelta(days=1))
    make_visit(visit_no="HOSP26030102", day=clock.today() - timedelta(days=1), stage=Stage.EXAMINING)
    make_visit(
        visit_no="HOSP26030103", day=clock.today() - timedelta(days=1), stage=Stage.REFUSED, stage_before="booked"
    )

    assert _listed(desk) == [today.visit_no]
    assert _listed(desk, "?status=1") == ["HOSP26030201", "HOSP26030101"]
    assert _listed(desk, "?status=2") == ["HOSP26030102"]
    assert len(_listed(desk, "?status=3")) == 4
    assert len(desk.get("/pc/user/index?status=3&page=2&limit=3").get_json()["list"]) == 1


def test_lists_mask_and_people_stand_in_texts(desk: Desk) -> None:
    take_in(make_intake(name="赵小兰", phone="13800001234"))
    [row] = desk.get("/pc/user/index").get_json()["list"]
    assert (row["user_name"], row["user_phone"]) == ("赵**", "138****1234")
    assert isinstance(row["accompany_name"], str)
    assert row["accompany_name"]


@pytest.mark.parametrize("q", ["赵小兰", "13800001234", "HOSP26030201", "hosp26030299"])
def test_the_search_looks_on_all_days(desk: Desk, q: str) -> None:
    patient = make_patient(name="赵小兰", phone="13800001234")
    assert patient.record_no == "HOSP26030201"
    visit = make_visit(patient=patient, visit_no="HOSP26030299", day=clock.today() - timedelta(days=9))
    make_visit(patient=make_patient(name="钱小梅"), day=clock.today())

    found = desk.client.post("/pc/search", data={"csrf_token": desk.csrf, "q": q}, headers=HTML).text

    assert f"/pc/visits/{visit.id}" in found
    assert "赵小兰" not in found.replace('value="赵小兰"', "")


# --- arrival ---------------------------------------------------------------------------------------------------------


def test_looking_at_the_confirmation_changes_nothing(desk: Desk) -> None:
    visit = make_visit()
    for headers in (JSON, HTML):
        assert desk.get(f"/pc/user/is_do?id={visit.id}", headers=headers).status_code == 200
    db.session.refresh(visit)
    assert visit.stage is Stage.BOOKED


def test_arrival_is_confirmed_and_again_without_effect(desk: Desk) -> None:
    visit = make_visit()
    first, second = (desk.post("/pc/user/is_do", id=visit.id).get_json() for _ in range(2))
    assert [first, second] == [{"code": 1, "msg": "操作成功"}] * 2
    db.session.refresh(visit)
    assert (visit.stage, visit.version) == (Stage.ARRIVED, 2)


def test_the_arrival_of_nobody_is_refused(desk: Desk) -> None:
    answer = desk.post("/pc/user/is_do", id="999999")
    assert (answer.status_code, answer.get_json()["code"]) == (200, 0)


# --- one visit -------------------------------------------------------------------------------------------------------


def test_details_are_whole_for_those_who_may_reveal_and_logged(desk: Desk) -> None:
    visit = make_visit(patient=make_patient(name="赵小兰", phone="13800001234"))

    info = desk.get(f"/pc/user/details?id={visit.id}").get_json()["info"]

    assert (info["phone"], info["id"], info["user_number"]) == ("13800001234", str(visit.id), visit.visit_no)
    looks = db.session.scalars(sa.select(AuditRow.detail).where(AuditRow.subject == f"visit:{visit.id}")).all()
    assert looks == ["到院单详情、手机号、住址"]


def test_the_page_masks_until_the_button_is_pressed(desk: Desk) -> None:
    visit = make_visit(patient=make_patient(name="赵小兰", phone="13800001234"))
    shown = desk.get(f"/pc/visits/{visit.id}", headers=HTML).text
    whole = desk.post(f"/pc/visits/{visit.id}/reveal", headers=HTML).text
    assert "13800001234" not in shown
    assert "138****1234" in shown
    assert "13800001234" in whole


def test_the_next_step_is_one_button_for_who_may_do_it(desk: Desk, client: FlaskClient, sign_in_staff: SignIn) -> None:
    visit = make_visit()
    assert f'/pc/user/is_do?id={visit.id}"' in desk.get(f"/pc/visits/{visit.id}", headers=HTML).text

    sign_in_staff(client, make_member([Permission.VISIT_READ, Permission.TRIAGE]))
    other = client.get(f"/pc/visits/{visit.id}", headers=HTML).text

    assert "/pc/user/is_do" not in other
    assert "等待客户到店" in other


def test_who_has_no_part_in_a_visit_does_not_see_it(client: FlaskClient, sign_in_staff: SignIn) -> None:
    sign_in_staff(client, make_member([Permission.VISIT_READ]))
    assert client.get(f"/pc/visits/{make_visit().id}", headers=HTML).status_code == 404


def test_refusing_and_restoring_by_the_page(client: FlaskClient, sign_in_staff: SignIn) -> None:
    member = make_member([Permission.VISIT_READ, Permission.VISIT_REFUSE])
    lead = Desk(client, sign_in_staff(client, member), member)
    visit = make_visit(stage=Stage.APPROVED)

    refused = lead.post(f"/pc/visits/{visit.id}/refuse", headers=HTML, remark="不适合手术", version=1)
    assert refused.status_code == 303
    assert "不适合手术" in lead.get(f"/pc/visits/{visit.id}", headers=HTML).text
    old = lead.post(f"/pc/visits/{visit.id}/restore", headers=HTML, remark="复查后可以", version=1)
    assert old.status_code == 409
    lead.post(f"/pc/visits/{visit.id}/restore", headers=HTML, remark="复查后可以", version=2)

    db.session.refresh(visit)
    assert visit.stage is Stage.APPROVED
    assert "复查后可以" in lead.get(f"/pc/visits/{visit.id}/history", headers=HTML).text
    looks = db.session.scalars(sa.select(AuditRow.detail).where(AuditRow.subject == f"visit:{visit.id}"))
    assert "到院单变更记录" in looks.all()
