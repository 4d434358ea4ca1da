"""Staff's pages of operations, leaving and pickups."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories.operations import (
    LETS_GO,
    OPERATES,
    arranged_visit,
    as_staff,
    make_driver,
    make_role_of,
    make_surgeon,
    operated_visit,
)
from tests.factories.patients import make_patient
from tests.factories.staff import make_member
from tests.factories.visits import make_visit
from wxapp.admin.models import AuditRow
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.permissions import Permission
from wxapp.staff.models import Member
from wxapp.visits.models import PickupStatus, Stage, Visit
from wxapp.visits.queries.departures import last_departure
from wxapp.visits.queries.pickups import get_pickup
from wxapp.visits.queries.procedures import get_procedure
from wxapp.visits.services import pickups
from wxapp.visits.services.pickups import Seen, Wish

P = Permission
JSON = {"Accept": "application/json"}


@dataclass
class Seat:
    """A member of staff with some rights, at the pages."""

    client: FlaskClient
    csrf: str
    member: Member

    def get(self, path: str) -> Any:
        return self.client.get(f"/pc/{path}")

    def ask(self, path: str) -> Any:
        return self.client.get(f"/pc/{path}", headers=JSON)

    def post(self, path: str, **fields: Any) -> Any:
        return self.client.post(f"/pc/{path}", data={"csrf_token": self.csrf, **fields})


Sit = Callable[..., Seat]


@pytest.fixture
def sit(client: FlaskClient, sign_in_staff: Callable[[FlaskClient, Any], str]) -> Sit:
    def seat(*rights: Permission, member: Member | None = None) -> Seat:
        member = member or make_member(set(rights))
        return Seat(client, sign_in_staff(client, member), member)

    return seat


def again(visit: Visit) -> Visit:
    db.session.expire_all()
    return db.session.get_one(Visit, visit.id)


def audited(action: str) -> list[AuditRow]:
    return list(db.session.scalars(sa.select(AuditRow).where(AuditRow.action == action)))


# --- operations ------------------------------------------------------------------------------------------------------


def test_the_list_of_operations_shows_who_waits_masked(sit: Sit) -> None:
    visit = make_visit(stage=Stage.COLLECTED, patient=make_patient(name="王小明", phone="13800000077"))
    seat = sit(*OPERATES)
    [row] = seat.ask("procedure/index").json["list"]
    assert (row["visit_no"], row["patient"], row["phone"], row["status"]) == (
        visit.visit_no, "王**", "138****0077", "waiting",
    )  # fmt: skip
    page = seat.get("procedure/index").text
    assert "王**" in page
    assert not any(text in page for text in ("王小明", "13800000077"))


@pytest.mark.parametrize(
    ("query", "found"),
    [("", 2), ("status=waiting", 1), ("status=assigned", 1), ("status=done", 0), ("day=2026-03-05", 1), ("mine=1", 0)],
)
def test_the_list_of_operations_is_filtered(sit: Sit, query: str, found: int) -> None:
    make_visit(stage=Stage.COLLECTED)
    arranged_visit(planned_at=datetime(2026, 3, 5, 9, tzinfo=clock.HOSPITAL_ZONE))
    assert sit(*OPERATES).ask(f"procedure/index?{query}").json["count"] == found


def test_an_operation_is_arranged_begun_and_ended_on_its_page(sit: Sit) -> None:
    surgeon = make_surgeon(name="李医生")
    visit = make_visit(stage=Stage.COLLECTED)
    seat = sit(*OPERATES, *LETS_GO)
    fields = {"physician_id": surgeon.id, "room": "第1手术室", "planned_at": "2026-03-02T14:00", "has_consent": "1"}
    answer = seat.post("procedure/edit", id=visit.id, version=1, **fields)
    assert (answer.status_code, again(visit).stage) == (303, Stage.IN_PROCEDURE)
    assert "第1手术室" in seat.get(f"procedure/edit?id={visit.id}").text
    seat.post("procedure/start", id=visit.id)
    assert "手术结束" in seat.get(f"procedure/edit?id={visit.id}").text
    seat.post("procedure/end", id=visit.id)
    assert get_procedure(visit.id).ended_at is not None
    seat.post("procedure/reopen", id=visit.id, why="点错了")
    assert get_procedure(visit.id).ended_at is None
    assert [len(audited(f"procedure.{what}")) for what in ("edit", "start", "end", "reopen")] == [1, 1, 1, 1]


def test_what_was_typed_comes_back_when_it_is_refused(sit: Sit) -> None:
    visit = make_visit(stage=Stage.COLLECTED)
    answer = sit(*OPERATES).post("procedure/edit", id=visit.id, version=1, is_inpatient="1", room="第2手术室")
    assert answer.status_code == 422
    assert "住院客户请填写床位" in answer.text
    assert "第2手术室" in answer.text


def test_physicians_and_nurses_are_offered_by_their_roles(sit: Sit) -> None:
    doctor, nurse = make_role_of("doctor", P.PROCEDURE_WRITE), make_role_of("nurse", P.PROCEDURE_WRITE)
    visit = make_visit(stage=Stage.COLLECTED)
    page = sit(*OPERATES).get(f"procedure/edit?id={visit.id}").text
    physicians, nurses = page.split('name="nurse_id"')
    assert (doctor.name in physicians, nurse.name in physicians) == (True, False)
    assert (doctor.name in nurses, nurse.name in nurses) == (False, True)


@pytest.mark.parametrize("path", ["procedure/edit", "procedure/edit?id=x", "procedure/edit?id=999999"])
def test_an_unknown_visit_is_not_found(sit: Sit, path: str) -> None:
    assert sit(*OPERATES).get(path).status_code == 404


def test_only_those_who_operate_see_operations(sit: Sit) -> None:
    visit = make_visit(stage=Stage.COLLECTED)
    seat = sit(P.VISIT_READ)
    assert [seat.get(path).status_code for path in ("procedure/index", f"procedure/edit?id={visit.id}")] == [403, 403]
    assert seat.post("procedure/start", id=visit.id).status_code == 403


# --- leaving ---------------------------------------------------------------------------------------------------------


def test_a_patient_is_let_go_with_a_leaflet(sit: Sit) -> None:
    visit = operated_visit()
    seat = sit(*LETS_GO)
    assert [row["visit_no"] for row in seat.ask("leave/index").json["list"]] == [visit.visit_no]
    assert "离店检查" in seat.get(f"leave/confirm?id={visit.id}").text
    answer = seat.post(
        "leave/confirm", id=visit.id, version=again(visit).version, results_handed_over="1", medicine_handed_over="1",
        advice="三天后换药", next_visit_on="2026-03-09",
    )  # fmt: skip
    assert (answer.status_code, again(visit).stage) == (303, Stage.LEFT)
    leaflet = seat.get(f"leave/leaflet?id={visit.id}").text
    assert all(text in leaflet for text in ("三天后换药", "2026-03-09", "离店注意事项"))
    assert any("打印离店注意事项单" in row.detail for row in audited("audit.look"))
    assert seat.ask("leave/index").json["count"] == 0
    assert seat.ask("leave/index?state=left").json["count"] == 1


def test_open_points_are_told_beside_the_form(sit: Sit) -> None:
    visit = operated_visit()
    answer = sit(*LETS_GO).post("leave/confirm", id=visit.id, results_handed_over="1")
    assert answer.status_code == 409
    assert "药品交接还没有完成" in answer.text
    assert again(visit).stage is Stage.IN_PROCEDURE


def test_who_may_is_asked_for_a_reason_that_is_audited(sit: Sit) -> None:
    visit = operated_visit()
    seat = sit(*LETS_GO, P.DEPARTURE_OVERRIDE)
    assert "放行原因" in seat.post("leave/confirm", id=visit.id).text
    seat.post("leave/confirm", id=visit.id, overridden="家属代领")
    assert again(visit).stage is Stage.LEFT
    assert audited("leave.confirm")[-1].detail == "放行：家属代领"


def test_a_departure_is_taken_back_on_its_page(sit: Sit) -> None:
    visit = operated_visit()
    seat = sit(*LETS_GO)
    seat.post("leave/confirm", id=visit.id, results_handed_over="1", medicine_handed_over="1")
    assert "撤销离店" in seat.get(f"leave/confirm?id={visit.id}").text
    assert seat.post("leave/undo", id=visit.id, why="走错了").status_code == 303
    assert again(visit).stage is Stage.IN_PROCEDURE
    assert last_departure(visit.id) is None
    assert "走错了" in seat.get(f"leave/confirm?id={visit.id}").text
    assert seat.get(f"leave/leaflet?id={visit.id}").status_code == 404


def test_only_those_who_let_go_see_departures(sit: Sit) -> None:
    visit = operated_visit()
    seat = sit(P.VISIT_READ)
    paths = ("leave/index", f"leave/confirm?id={visit.id}", f"leave/leaflet?id={visit.id}")
    assert [seat.get(path).status_code for path in paths] == [403, 403, 403]


# --- pickups ---------------------------------------------------------------------------------------------------------


def make_wish(*, hours: int = 2, **over: Any) -> int:
    at = clock.now() + timedelta(hours=hours)
    visit = make_visit(appointed_at=at, **over)
    return pickups.wish_for(visit.id, Wish("城南路18号3栋201室", at, 2), by=as_staff(make_member()))


def key(pickup_id: int) -> str:
    return f"{pickup_id}:{get_pickup(pickup_id).version}"


def test_a_wish_is_entered_for_a_visit(sit: Sit) -> None:
    visit = make_visit()
    seat = sit(P.PICKUP_ASSIGN)
    assert "登记接送" in seat.get(f"driver/wish?id={visit.id}").text
    answer = seat.post("driver/wish", id=visit.id, place="火车站", at="2026-03-03T09:00", people="2")
    assert answer.status_code == 303
    assert "火车站" in seat.get(answer.location.split("/pc/")[1]).text


def test_waiting_wishes_are_listed_masked_and_given_to_a_driver(sit: Sit) -> None:
    driver = make_driver(name="孙师傅")
    one, two = make_wish(patient=make_patient(name="王小明")), make_wish(hours=5)
    seat = sit(P.PICKUP_ASSIGN)
    page = seat.get("driver/waiting").text
    assert "王**" in page
    assert "城南路18号***" in page
    assert not any(text in page for text in ("王小明", "201室"))
    answer = seat.post("driver/assign", pickups=[key(one), key(two)], driver_id=driver.id)
    assert answer.status_code == 303
    assert seat.ask("driver/waiting").json["count"] == 0
    assert {row["driver"] for row in seat.ask("driver/assigned").json["list"]} == {"孙师傅"}


def test_overlapping_trips_are_asked_about_with_the_choice_kept(sit: Sit) -> None:
    driver = make_driver()
    one, two = make_wish(), make_wish()
    seat = sit(P.PICKUP_ASSIGN)
    answer = seat.post("driver/assign", pickups=[key(one), key(two)], driver_id=driver.id)
    assert answer.status_code == 409
    assert "仍然分配" in answer.text
    assert answer.text.count(" checked") == 2
    seat.post("driver/assign", pickups=[key(one), key(two)], driver_id=driver.id, anyway="1")
    assert get_pickup(one).status is PickupStatus.ASSIGNED


@pytest.mark.parametrize("chosen", [[], ["x"], ["1:x"], ["1:2:3"], ["9" * 30]])
def test_a_wrong_choice_is_refused(sit: Sit, chosen: list[str]) -> None:
    answer = sit(P.PICKUP_ASSIGN).post("driver/assign", pickups=chosen, driver_id=make_driver().id)
    assert answer.status_code == 422


def test_a_trip_is_changed_taken_back_cancelled_and_restored_on_its_page(sit: Sit) -> None:
    driver, other = make_driver(name="孙师傅"), make_driver(name="周师傅")
    trip = make_wish()
    pickups.assign([Seen(trip)], driver.id, by=as_staff(driver))
    seat = sit(P.PICKUP_ASSIGN)
    assert "城南路18号3栋201室" in seat.get(f"driver/trips/{trip}").text
    assert seat.post(f"driver/trips/{trip}/assign", pickups=key(trip), driver_id=other.id).status_code == 303
    assert get_pickup(trip).driver_name == "周师傅"
    seat.post(f"driver/trips/{trip}/take-back", version=get_pickup(trip).version)
    assert get_pickup(trip).status is PickupStatus.WAITING
    seat.post(f"driver/trips/{trip}/cancel", version=get_pickup(trip).version, why="自行到院")
    assert "自行到院" in seat.get(f"driver/trips/{trip}").text
    seat.post(f"driver/trips/{trip}/restore", version=get_pickup(trip).version)
    assert get_pickup(trip).status is PickupStatus.WAITING
    assert [len(audited(f"driver.{what}")) for what in ("change", "take_back", "cancel", "restore")] == [1, 1, 1, 1]


def test_a_driver_sees_and_reports_own_trips_only(sit: Sit) -> None:
    driver, other = make_driver(), make_driver()
    mine, others = make_wish(patient=make_patient(phone="13800000077")), make_wish()
    pickups.assign([Seen(mine)], driver.id, by=as_staff(driver))
    pickups.assign([Seen(others)], other.id, by=as_staff(driver))
    seat = sit(member=driver)
    page = seat.get("driver/mine").text
    assert "城南路18号3栋201室" in page
    assert "13800000077" not in page
    assert [trip["id"] for trip in seat.ask("driver/mine").json["trips"]] == [mine]
    assert seat.post(f"driver/mine/{others}/set-off").status_code == 404
    for press, status in (("set-off", "on_the_way"), ("picked-up", "on_board"), ("delivered", "delivered")):
        assert seat.post(f"driver/mine/{mine}/{press}").status_code == 303
        assert get_pickup(mine).status == status
    assert seat.get("driver/waiting").status_code == 403


def test_a_driver_is_told_on_the_page_why_nothing_was_noted(sit: Sit) -> None:
    driver = make_driver()
    trip = make_wish()
    pickups.assign([Seen(trip)], driver.id, by=as_staff(driver))
    answer = sit(member=driver).post(f"driver/mine/{trip}/delivered")
    assert answer.status_code == 409
    assert "接送状态已变化" in answer.text


def test_nobody_else_assigns_drivers(sit: Sit) -> None:
    trip = make_wish()
    seat = sit(P.VISIT_READ)
    assert [seat.get(f"driver/{path}").status_code for path in ("waiting", "assigned", f"trips/{trip}", "mine")] == [
        403, 403, 403, 403,
    ]  # fmt: skip
