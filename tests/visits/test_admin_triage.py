"""Staff's pages of triage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories.quoting import make_consultant, make_triaged
from tests.factories.staff import make_member
from tests.factories.visits import make_visit
from wxapp.core.db import db
from wxapp.core.permissions import Permission
from wxapp.visits.models import Stage, Visit

HTML = {"Accept": "text/html"}
RIGHTS = (Permission.TRIAGE, Permission.VISIT_READ)


@pytest.fixture
def csrf(client: FlaskClient, sign_in_staff: Callable[..., str]) -> str:
    return sign_in_staff(client, make_member(RIGHTS))


def stage_of(visit: Visit) -> tuple[Stage, int | None]:
    db.session.refresh(visit)
    return visit.stage, visit.consultant_id


def post(client: FlaskClient, csrf: str, path: str, **fields: Any) -> Any:
    return client.post(path, data={"csrf_token": csrf, **fields})


def test_looking_at_the_form_changes_nothing(client: FlaskClient, csrf: str) -> None:
    visit, consultant = make_visit(stage=Stage.ARRIVED), make_consultant(name="何咨询")
    address = f"/pc/triage/fenzhen?id={visit.id}&consultation_user_id={consultant.id}"
    shown = client.get(address, headers=HTML)
    assert shown.status_code == 200
    assert "何咨询" in shown.text
    assert "空闲" in shown.text
    told = client.get(address.replace("fenzhen?", "FenZhen.html?")).json
    assert told["info"]["user_number"] == visit.visit_no
    assert stage_of(visit) == (Stage.ARRIVED, None)


def test_a_visit_is_triaged(client: FlaskClient, csrf: str) -> None:
    visit, consultant = make_visit(stage=Stage.ARRIVED), make_consultant()
    answer = post(client, csrf, "/pc/triage/fenzhen", id=visit.id, consultation_user_id=consultant.id)
    assert answer.json == {"code": 1, "msg": "操作成功"}
    assert stage_of(visit) == (Stage.TRIAGED, consultant.id)
    again = post(client, csrf, "/pc/triage/fenzhen", id=visit.id, consultation_user_id=consultant.id)
    assert (again.status_code, again.json["code"]) == (200, 0)
    assert "状态已变化" in again.json["msg"]


def test_a_patient_with_one_open_visit_names_it(client: FlaskClient, csrf: str) -> None:
    other = make_visit(stage=Stage.LEFT)
    visit = make_visit(stage=Stage.ARRIVED, id=other.id + 5000)
    consultant = make_consultant()
    answer = post(client, csrf, "/pc/triage/fenzhen", id=visit.patient_id, consultation_user_id=consultant.id)
    named = db.session.get(Visit, visit.patient_id)
    assert answer.json["code"] == (1 if named is None else 0)


def test_another_consultant_is_given_and_noted(client: FlaskClient, csrf: str) -> None:
    visit, second = make_triaged(), make_consultant()
    page = client.get(f"/pc/triage/edit?id={visit.id}", headers=HTML)
    assert "现咨询师" in page.text
    answer = post(client, csrf, "/pc/triage/edit", id=visit.id, consultation_user_id=second.id, version=visit.version)
    assert answer.json["code"] == 1
    assert stage_of(visit) == (Stage.TRIAGED, second.id)
    stale = post(client, csrf, "/pc/triage/edit", id=visit.id, consultation_user_id=second.id, version=1)
    assert "已被他人修改" in stale.json["msg"]


@pytest.mark.parametrize("path", ["/pc/triage/fenzhen", "/pc/triage/edit"])
@pytest.mark.parametrize(
    "fields", [{}, {"id": "x"}, {"id": 0, "consultation_user_id": 1}, {"id": 10**9, "consultation_user_id": 1}]
)
def test_rubbish_is_refused(client: FlaskClient, csrf: str, path: str, fields: dict[str, Any]) -> None:
    answer = post(client, csrf, path, **fields)
    assert (answer.status_code, answer.json["code"]) == (200, 0)


def test_the_form_comes_back_with_why(client: FlaskClient, csrf: str) -> None:
    visit = make_visit(stage=Stage.ARRIVED)
    fields = {"csrf_token": csrf, "id": visit.id, "consultation_user_id": make_member().id}
    answer = client.post("/pc/triage/fenzhen", data=fields, headers=HTML)
    assert answer.status_code == 422
    assert "请选择在职的咨询师" in answer.text


def test_the_list_shows_who_waits_and_who_is_free(client: FlaskClient, csrf: str) -> None:
    busy = make_consultant(name="忙咨询")
    given = make_triaged(consultant_id=busy.id)
    waiting = make_visit(stage=Stage.EXAMINING)
    page = client.get("/pc/triage/index", headers=HTML)
    assert page.status_code == 200
    assert waiting.visit_no in page.text
    assert given.visit_no not in page.text
    assert "接待中1" in page.text
    assert given.visit_no in client.get("/pc/triage/index?status=2", headers=HTML).text
    (row,) = client.get("/pc/triage/index", headers={"Accept": "application/json"}).json["list"]
    assert row["user_number"] == waiting.visit_no


@pytest.mark.parametrize("path", ["/pc/triage/index", "/pc/triage/fenzhen?id=1", "/pc/triage/edit?id=1"])
def test_only_triage_comes_here(client: FlaskClient, sign_in_staff: Callable[..., str], path: str) -> None:
    sign_in_staff(client, make_member([Permission.VISIT_READ, Permission.CONSULT]))
    assert client.get(path).status_code == 403
