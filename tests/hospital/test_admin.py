"""The pages of 医院配置: each door right, wrong and not allowed."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories.configuration import (
    make_code,
    make_floor,
    make_method,
    make_project,
    make_project_category,
)
from tests.factories.staff import make_role
from tests.hospital.conftest import Desk, Sit, told_of
from wxapp.core.db import db
from wxapp.core.permissions import Permission
from wxapp.hospital import queries, tasks
from wxapp.hospital.models import (
    Category,
    Code,
    CodeKind,
    ExamDepartment,
    Method,
    MethodKind,
    PriceFloor,
    Project,
    ProjectPrice,
)
from wxapp.hospital.rules.flows import ALWAYS_ON, STEPS
from wxapp.hospital.services import install_defaults

PAGES = (
    "flow", "project", "project/new", "project/categories", "project/categories/new", "project/floors",
    "project/import", "project/export", "bank", "bank/new", "physical", "computer", "computer/new", "media", "codes",
    "codes/new",
)  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_the_pages_are_for_those_who_may_configure(sit: Sit, page: str) -> None:
    install_defaults()
    assert sit(*set(Permission) - {Permission.HOSPITAL_WRITE}).get(page).status_code == 403
    assert sit(*Permission).get(page).status_code == 200


def test_export_has_a_right_of_its_own(sit: Sit) -> None:
    assert sit(Permission.HOSPITAL_WRITE).get("project/export").status_code == 403


# --- flow ------------------------------------------------------------------------------------------------------------


def flow_fields(**over: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {"seen": "0", "reviews_each": "1", "review_below": "100"}
    for name in STEPS:
        fields |= {f"{name}_on": "1", f"{name}_warn": "30"}
        fields |= {} if name in ALWAYS_ON else {f"{name}_skip": "1"}
    return fields | over


def test_the_flow_is_changed_in_versions_that_can_be_compared(desk: Desk) -> None:
    assert "系统内置的流程" in desk.get("flow").text
    role = make_role({Permission.TRIAGE}, label="分诊员")
    fields = flow_fields(triage_warn="10", triage_roles=[role.name], reviews_each="", review_below="80")
    assert desk.post("flow", **fields).status_code == 303
    assert "分诊负责角色" in told_of("hospital.flow_save")
    flow = queries.flow_of(queries.newest_flow_id())
    assert (flow.step("triage").warn_minutes, flow.step("triage").roles, flow.review_below_bp) == (
        10,
        (role.name,),
        8000,
    )
    page = desk.get(f"flow/{queries.newest_flow_id()}").text
    assert all(text in page for text in ("30分钟", "10分钟", "分诊员", "低于原价的80%时审核"))


def test_a_flow_page_that_is_stale_or_wrong_is_refused(desk: Desk) -> None:
    desk.post("flow", **flow_fields(triage_on=""))
    stale = desk.post("flow", **flow_fields(blood_on=""))
    assert stale.status_code == 409
    seen = queries.newest_flow_id()
    wrong = desk.post("flow", **flow_fields(seen=seen, triage_roles=["nobody"]))
    assert (wrong.status_code, "有的角色已不存在" in wrong.text) == (422, True)
    assert "不能停用或跳过" in desk.post("flow", **flow_fields(seen=seen, arrival_on="")).text
    assert desk.post("flow", **flow_fields(seen=seen, triage_warn="9999")).status_code == 422
    assert queries.newest_flow_id() == seen
    assert desk.get("flow/99999").status_code == 404


# --- projects --------------------------------------------------------------------------------------------------------


@pytest.fixture
def category(client: object) -> Category:
    return make_project_category(name="注射")


def test_a_category_is_added_changed_and_listed(desk: Desk) -> None:
    assert desk.post("project/categories/new", name="注射", position="1", is_active="1").status_code == 303
    found = db.session.scalars(sa.select(Category)).one()
    assert "注射" in desk.get("project/categories").text
    changed = desk.post(f"project/categories/{found.id}", name="注射类", position="2", is_active="1", version="1")
    assert changed.status_code == 303
    assert told_of("hospital.category_change") == "分类名称：注射 → 注射类；排序：1 → 2"
    again = desk.post(f"project/categories/{found.id}", name="别的", is_active="1", version="1")
    assert again.status_code == 409
    twice = desk.post("project/categories/new", name="注射类", is_active="1")
    assert (twice.status_code, "已被使用" in twice.text) == (409, True)


def test_a_form_pressed_twice_adds_one_project(desk: Desk, category: Category) -> None:
    key = re.search(r'name="form_key" value="([^"]+)"', desk.get("project/new").text)
    assert key
    fields = {"form_key": key[1], "name": "水光", "category_id": category.id, "price": "980", "is_active": "1"}
    first, second = desk.post("project/new", **fields), desk.post("project/new", **fields)
    assert first.headers["Location"] == second.headers["Location"]
    project = db.session.scalars(sa.select(Project)).one()
    assert (project.price_fen, project.name) == (98_000, "水光")


def test_a_project_is_changed_and_found(desk: Desk, category: Category) -> None:
    install_defaults()
    project = make_project(category=category, name="水光", price_fen=98_000)
    page = desk.get(f"project/{project.id}").text
    assert "生效中" not in page  # made without a history
    fields = {"name": "水光针", "category_id": category.id, "share": "2.5", "exam_kinds": ["ct"], "is_active": "1"}
    assert desk.post(f"project/{project.id}", version="1", **fields).status_code == 303
    told = told_of("hospital.project_change")
    assert "项目名称：水光 → 水光针" in told
    assert "提成比例：0 → 2.5" in told
    assert desk.post(f"project/{project.id}", version="1", **fields).status_code == 409
    wrong = desk.post(f"project/{project.id}", version="2", **fields | {"name": "水,光"})
    assert (wrong.status_code, "不能含有逗号" in wrong.text) == (422, True)
    bad_exam = desk.post(f"project/{project.id}", version="2", **fields | {"exam_kinds": ["mri"]})
    assert bad_exam.status_code == 422
    assert [row["name"] for row in desk.ask("project?q=光针").json["list"]] == ["水光针"]
    assert desk.ask(f"project?category={category.id}&state=off").json["list"] == []
    assert desk.get("project/99999").status_code == 404


def test_a_project_of_a_category_that_is_off_can_be_looked_at(desk: Desk) -> None:
    off = make_project_category(name="旧分类", is_active=False)
    project = make_project(category=off, is_active=False)
    assert "旧分类（已停用）" in desk.get(f"project/{project.id}").text


def test_a_price_holds_now_or_later_and_can_be_taken_back(sit: Sit, at: Any) -> None:
    project = make_project(price_fen=10_000)
    at("2026-03-03 09:00")
    desk = sit(Permission.HOSPITAL_WRITE)
    now = desk.post(f"project/{project.id}/price", version="1", price="120")
    assert now.status_code == 303
    later = desk.post(f"project/{project.id}/price", version="2", price="150", valid_from="2026-03-05")
    assert later.status_code == 303
    assert told_of("hospital.price_set") == "120.00 → 150.00元，2026-03-05生效"
    page = desk.get(f"project/{project.id}").text
    assert all(text in page for text in ("待生效", "生效中", "150.00"))
    price = db.session.scalars(sa.select(ProjectPrice).order_by(ProjectPrice.id.desc())).first()
    assert price
    assert desk.post(f"project/prices/{price.id}/withdraw").status_code == 303
    assert desk.post(f"project/prices/{price.id}/withdraw").status_code == 404
    assert "已撤回" in desk.get(f"project/{project.id}").text
    past = desk.post(f"project/{project.id}/price", version="3", price="150", valid_from="2026-03-03")
    assert (past.status_code, "生效日期应在今天之后" in past.text) == (422, True)


def test_the_job_puts_prices_in_force_at_midnight(sit: Sit, at: Any) -> None:
    project = make_project(price_fen=10_000)
    at("2026-03-03 09:00")
    desk = sit(Permission.HOSPITAL_WRITE)
    desk.post(f"project/{project.id}/price", version="1", price="150", valid_from="2026-03-04")
    at("2026-03-03 23:59:59")
    assert tasks.put_prices_in_force() == 0
    at("2026-03-04 00:00")
    assert tasks.put_prices_in_force() == 1
    assert tasks.put_prices_in_force() == 0
    db.session.expire_all()
    assert db.session.get_one(Project, project.id).price_fen == 15_000


def test_floors_are_added_changed_and_taken_away(desk: Desk, category: Category) -> None:
    role = make_role({Permission.CONSULT}, label="咨询")
    added = desk.post("project/floors", role=role.name, category_id=category.id, floor="82.5")
    assert added.status_code == 303
    floor = db.session.scalars(sa.select(PriceFloor)).one()
    assert floor.floor_bp == 8250
    twice = desk.post("project/floors", role=role.name, category_id=category.id, floor="80")
    assert (twice.status_code, "已有底价" in twice.text) == (409, True)
    assert desk.post("project/floors", role="nobody", category_id="0", floor="80").status_code == 422
    assert desk.post(f"project/floors/{floor.id}", version="1", new_floor="75").status_code == 303
    assert told_of("hospital.floor_change") == f"{role.name}，82.5% → 75%"
    assert desk.post(f"project/floors/{floor.id}", version="1", new_floor="70").status_code == 409
    wrong = desk.post(f"project/floors/{floor.id}", version="2", new_floor="101")
    assert (wrong.status_code, "应在0至100之间" in wrong.text) == (422, True)
    assert re.search(r'name="new_floor" value="101"[^>]*aria-invalid="true"', wrong.text)  # in its line, not below
    assert re.search(r'name="floor"[^>]*value=""', wrong.text)
    assert desk.post(f"project/floors/{floor.id}/remove", version="2").status_code == 303
    assert desk.ask("project/floors").json["floors"] == []


def test_a_floor_that_somebody_else_changed_is_kept(desk: Desk) -> None:
    floor = make_floor("consultant", 8000)
    assert desk.post(f"project/floors/{floor.id}/remove", version="9").status_code == 409
    assert len(queries.floors()) == 1


# --- import and export -----------------------------------------------------------------------------------------------


def upload(desk: Desk, text: str, **fields: str) -> Any:
    return desk.post("project/import", file=(io.BytesIO(text.encode("utf-8-sig")), "projects.csv"), **fields)


def test_a_file_is_checked_first_and_imported_then(desk: Desk, category: Category) -> None:
    text = "名称,分类,价格\n水光,注射,980\n坏的,别的,1\n"
    trial = upload(desk, text, is_trial="1")
    assert (trial.status_code, "没有保存" in trial.text) == (200, True)
    assert db.session.scalars(sa.select(Project)).all() == []
    done = upload(desk, text)
    assert all(words in done.text for words in ("新增 1 行", "未导入 1 行", "没有启用的分类"))
    assert told_of("hospital.project_import_file") == "新增1行，未导入1行"
    raw = desk.get("project/export")
    assert raw.headers["Content-Disposition"].startswith("attachment; filename=projects-")
    assert "水光" in raw.data.decode("utf-8-sig")


@pytest.mark.parametrize("text", ["", "名称\n", "名称,分类,价格\n"])
def test_what_is_no_such_file_is_refused(desk: Desk, text: str) -> None:
    assert upload(desk, text).status_code == 422


def test_a_file_has_to_be_chosen(desk: Desk) -> None:
    assert "请选择CSV文件" in desk.post("project/import").text


# --- methods, departments, lists -------------------------------------------------------------------------------------


def test_the_empty_form_may_be_sent_with_the_limits_it_shows(desk: Desk) -> None:
    page = desk.get("bank/new").text
    shown = {name: re.findall(rf'name="{name}"[^>]*value="([^"]*)"', page)[0] for name in ("least", "most")}
    assert shown == {"least": "0.01", "most": "1000000"}
    assert desk.post("bank/new", name="抖音支付", kind="transfer", is_active="1", **shown).status_code == 303


def test_limits_are_told_as_they_are_typed(desk: Desk) -> None:
    dear = desk.post("bank/new", name="抖音支付", kind="transfer", most="1000000.01").text
    assert "金额应在0至1000000元之间" in dear
    assert "百分数应在0至100之间" in desk.post("project/floors", role="前台", floor="120").text


def test_a_lender_is_added_and_changed(desk: Desk) -> None:
    fields = {
        "name": "分期甲",
        "kind": "bank",
        "periods": "6、12 24",
        "least": "1000",
        "most": "50000",
        "is_active": "1",
    }
    assert desk.post("bank/new", **fields, fee_by="patient").status_code == 303
    method = db.session.scalars(sa.select(Method)).one()
    assert (method.offered_periods, method.least_fen, method.most_fen) == ((6, 12, 24), 100_000, 5_000_000)
    assert desk.post(f"bank/{method.id}", **fields | {"periods": "6 12"}, version="1").status_code == 303
    assert told_of("hospital.method_change") == "可选期数：6 12 24 → 6 12；手续费承担方：客户承担 → （空）"
    assert desk.post(f"bank/{method.id}", **fields, version="1").status_code == 409
    wrong = desk.post(f"bank/{method.id}", **fields | {"kind": "cash"}, version="2")
    assert (wrong.status_code, "类型不能修改" in wrong.text) == (409, True)
    without = desk.post("bank/new", **fields | {"name": "分期乙", "periods": ""})
    assert (without.status_code, "请填写可选期数" in without.text) == (422, True)
    assert desk.post("bank/new", **fields | {"name": "分期乙", "periods": "六"}).status_code == 422


def test_methods_are_listed_by_kind(desk: Desk) -> None:
    make_method("现金", MethodKind.CASH)
    make_method("分期甲", MethodKind.BANK, is_active=False)
    assert [row["name"] for row in desk.ask("bank?kind=bank").json["list"]] == ["分期甲"]
    assert [row["name"] for row in desk.ask("bank?state=on").json["list"]] == ["现金"]


def test_a_department_is_changed(desk: Desk) -> None:
    install_defaults()
    role = make_role({Permission.DIAGNOSTICS_WRITE})
    [found] = db.session.scalars(sa.select(ExamDepartment).where(ExamDepartment.kind == "ct"))
    fields = {"label": "B超室", "roles": [role.name], "pictures_needed": "2", "is_active": "1"}
    folder = {"import_folder": "devices/ct", "import_pattern": "{number}_*.jpg"}
    assert desk.post(f"physical/{found.id}", **fields, **folder, version="1").status_code == 303
    db.session.refresh(found)
    assert (found.label, found.roles, found.import_pattern) == ("B超室", role.name, "{number}_*.jpg")
    assert "B超室" in desk.get("physical").text
    assert desk.post(f"physical/{found.id}", **fields, import_folder="../x", version="2").status_code == 422
    assert desk.post(f"physical/{found.id}", **fields | {"roles": ["nobody"]}, version="2").status_code == 422


def test_a_word_of_a_list_is_added_and_changed(desk: Desk) -> None:
    fields = {"kind": "patient_tag", "code": "3", "label": "老客户", "is_active": "1"}
    assert desk.post("codes/new", **fields).status_code == 303
    code = db.session.scalars(sa.select(Code)).one()
    assert desk.post("codes/new", **fields | {"label": "新客户"}).status_code == 409
    assert desk.post(f"codes/{code.id}", label="贵宾", version="1").status_code == 303
    assert told_of("hospital.code_change") == "名称：老客户 → 贵宾；启用：是 → 否"
    make_code(CodeKind.CHANNEL, 1)
    assert [row["label"] for row in desk.ask("codes?kind=patient_tag").json["list"]] == ["贵宾"]
