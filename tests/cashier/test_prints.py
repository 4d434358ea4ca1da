"""The sheet of a visit's projects: right to the fen, for the consultant of the visit, counted and logged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.admin.test_sheets import read
from tests.factories.configuration import make_project
from tests.factories.patients import make_patient
from tests.factories.staff import make_member
from tests.factories.visits import make_visit
from wxapp.admin.models import AuditRow
from wxapp.core.db import db
from wxapp.core.permissions import Permission
from wxapp.staff.models import Member
from wxapp.visits.models import Stage, Visit

HTML = {"Accept": "text/html"}
RIGHTS = {Permission.PROJECT_SHEET_PRINT, Permission.CONSULT}
Sign = Callable[[FlaskClient, Any], str]


@pytest.fixture
def consultant(client: FlaskClient) -> Member:
    return make_member(RIGHTS, name="周敏")


@pytest.fixture
def visit(client: FlaskClient, consultant: Member) -> Visit:
    projects = [make_project(name="双眼皮", price_fen=128_050), make_project(name="面部护理", price_fen=9_995)]
    return make_visit(
        patient=make_patient(name="王芳", phone="13800001234"),
        stage=Stage.APPROVED,
        consultant_id=consultant.id,
        projects=projects,
        final_fen=130_000,
        quote_remark="分两次",
    )


def looks() -> list[str]:
    return list(db.session.scalars(sa.select(AuditRow.subject).where(AuditRow.action == "audit.look")))


def test_programs_get_what_the_contract_names(
    client: FlaskClient, sign_in_staff: Sign, consultant: Member, visit: Visit
) -> None:
    sign_in_staff(client, consultant)
    for path in ("/pc/collect/all_details", "/pc/collect/all_details.html", "/pc/Collect/ALL_details"):
        answer = client.get(f"{path}?id={visit.id}", follow_redirects=True).json
        assert (answer["code"], answer["msg"]) == (1, "ok")
        infos = answer["infos"]
        assert infos["projects"] == [
            {"pname": "双眼皮", "price": "1280.50", "num": "1"},
            {"pname": "面部护理", "price": "99.95", "num": "1"},
        ]
        named = ("all_price", "pay_price", "edit_remark", "consultation_user_name", "user_name", "collect_record")
        assert [infos[name] for name in named] == ["1380.45", "1300.00", "分两次", "周敏", "王芳", []]
        assert {"age", "create_time"} <= infos.keys()
    assert "13800001234" not in str(infos)
    assert looks()[0] == f"visit:{visit.id}"


def test_the_page_shows_the_sheet_and_counts_nothing(
    client: FlaskClient, sign_in_staff: Sign, consultant: Member, visit: Visit
) -> None:
    sign_in_staff(client, consultant)
    for _ in range(2):
        page = client.get(f"/pc/collect/all_details?id={visit.id}", headers=HTML).get_data(as_text=True)
    assert all(word in page for word in ("王芳", "双眼皮", "1280.50", "1380.45", "1300.00", "备注：分两次", "尚未打印"))
    assert "13800001234" not in page


def test_each_print_is_counted_logged_and_told(
    client: FlaskClient, sign_in_staff: Sign, consultant: Member, visit: Visit
) -> None:
    csrf = sign_in_staff(client, consultant)
    asked = {"csrf_token": csrf, "id": visit.id}
    first = client.post("/pc/collect/print_sheet", data=asked, headers=HTML).get_data(as_text=True)
    assert "1300.00" in first
    assert "次打印" not in first
    pdf = client.post("/pc/collect/print_sheet", data={**asked, "paper": "a5", "shape": "pdf"}, headers=HTML)
    text, _ = read(pdf.get_data())
    for told in (
        "第2次打印",
        "示例医院",
        "王芳",
        "双眼皮1280.5011280.50",
        "总价1380.45",
        "最终价1300.00",
        "咨询师：周敏",
    ):
        assert told in text
    page = client.get(f"/pc/collect/all_details?id={visit.id}", headers=HTML).get_data(as_text=True)
    assert "已打印 2 次" in page
    rows = list(db.session.scalars(sa.select(AuditRow).where(AuditRow.action == "collect.print_sheet")))
    assert [row.subject for row in rows] == [f"visit:{visit.id}"] * 2
    assert rows[1].detail == f"{visit.visit_no}第2次，A5"


def test_a_quote_that_is_not_reviewed_yet_is_called_so(client: FlaskClient, sign_in_staff: Sign) -> None:
    consultant = make_member(RIGHTS)
    sign_in_staff(client, consultant)
    visit = make_visit(stage=Stage.IN_REVIEW, consultant_id=consultant.id, projects=[make_project(price_fen=50_000)])
    page = client.get(f"/pc/collect/all_details?id={visit.id}", headers=HTML).get_data(as_text=True)
    assert "报价" in page
    assert "最终价" not in page


def test_a_consultant_sees_and_prints_own_visits_only(
    client: FlaskClient, sign_in_staff: Sign, consultant: Member, visit: Visit
) -> None:
    csrf = sign_in_staff(client, make_member(RIGHTS))
    assert client.get(f"/pc/collect/all_details?id={visit.id}", headers=HTML).status_code == 404
    refused = client.post("/pc/collect/print_sheet", data={"csrf_token": csrf, "id": visit.id}, headers=HTML)
    assert refused.status_code == 404
    assert client.get("/pc/collect/print_list").json["count"] == 0
    assert looks() == []
    sign_in_staff(client, consultant)
    assert client.get("/pc/collect/print_list").json["count"] == 1


def test_the_list_has_what_is_quoted_masked(
    client: FlaskClient, sign_in_staff: Sign, consultant: Member, visit: Visit
) -> None:
    make_visit(stage=Stage.TRIAGED, consultant_id=consultant.id)
    sign_in_staff(client, consultant)
    page = client.get("/pc/collect/print_list", headers=HTML).get_data(as_text=True)
    assert visit.visit_no in page
    assert "王芳" not in page
    assert client.get("/pc/collect/print_list").json["count"] == 1


@pytest.mark.parametrize("path", ["/pc/collect/all_details", "/pc/collect/print_list"])
def test_it_takes_the_right_to_print(client: FlaskClient, sign_in_staff: Sign, visit: Visit, path: str) -> None:
    sign_in_staff(client, make_member(set(Permission) - {Permission.PROJECT_SHEET_PRINT}))
    assert client.get(f"{path}?id={visit.id}").status_code == 403
    sign_in_staff(client, make_member({Permission.PROJECT_SHEET_PRINT, Permission.PRICE_REVIEW}))
    assert client.get(f"{path}?id={visit.id}").status_code == 200
    for wrong in ("", "x", "999999", "9" * 30):
        assert client.get(f"/pc/collect/all_details?id={wrong}", headers=HTML).status_code == 404


def test_the_page_of_a_visit_leads_to_what_can_be_printed_and_to_retail(
    client: FlaskClient, sign_in_staff: Sign, consultant: Member, visit: Visit
) -> None:
    rights = {Permission.VISIT_READ, Permission.PROJECT_SHEET_PRINT, Permission.RETAIL_SELL, Permission.TRIAGE}
    sign_in_staff(client, make_member(rights))
    page = client.get(f"/pc/visits/{visit.id}?part=money", headers=HTML).get_data(as_text=True)
    assert f"/pc/collect/all_details?id={visit.id}" in page
    assert f"/pc/retail/index?id={visit.patient_id}" in page
    sign_in_staff(client, make_member({Permission.VISIT_READ, Permission.TRIAGE}))
    page = client.get(f"/pc/visits/{visit.id}?part=money", headers=HTML).get_data(as_text=True)
    assert "all_details" not in page
    assert "/pc/retail/" not in page
