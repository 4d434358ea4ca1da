"""Methods, departments, floors, lists, flow and workstations: every rule and refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from tests.factories.configuration import make_code, make_floor, make_method, make_project_category, make_workstation
from tests.factories.visits import make_visit
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.errors import Invalid, NotFound, Stale
from wxapp.hospital import queries
from wxapp.hospital.errors import CodeTaken, InUse, NameTaken
from wxapp.hospital.models import CodeKind, ExamDepartment, Flow, Method, MethodKind, PriceFloor, Workstation
from wxapp.hospital.rules.flows import BUILT_IN, EACH_IS_REVIEWED, FlowRules
from wxapp.hospital.services import (
    CodeText,
    DepartmentText,
    MethodText,
    WorkstationText,
    add_code,
    add_floor,
    add_method,
    add_workstation,
    admit_device,
    change_code,
    change_department,
    change_floor,
    change_method,
    change_workstation,
    install_defaults,
    remove_floor,
    renew_token,
    revoke_token,
    save_flow,
)
from wxapp.hospital.services.floors import FloorTaken
from wxapp.hospital.services.workstations import MachineTaken

pytestmark = pytest.mark.usefixtures("app")
BY = "staff:1"
At = Callable[[str], None]

# --- methods ---------------------------------------------------------------------------------------------------------


def test_a_lender_offers_periods_in_order_and_once() -> None:
    made = add_method(MethodText("分期甲", MethodKind.BANK, (24, 6, 12, 6)), by=BY)
    assert db.session.get_one(Method, made).offered_periods == (6, 12, 24)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (MethodText("分期甲", MethodKind.BANK), "periods"),
        (MethodText("现金", MethodKind.CASH, (6,)), "periods"),
        (MethodText("分期甲", MethodKind.BANK, (0,)), "periods"),
        (MethodText("分期甲", MethodKind.BANK, (121,)), "periods"),
        (MethodText("现金", MethodKind.CASH, least_fen=2, most_fen=1), "most"),
        (MethodText("现金", MethodKind.CASH, fee_by="nobody"), "fee_by"),
        (MethodText("现,金", MethodKind.CASH), "name"),
    ],
)
def test_a_method_that_makes_no_sense_is_refused(text: MethodText, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        add_method(text, by=BY)
    assert list(refusal.value.errors) == [field]


def test_a_name_belongs_to_one_method_or_lender() -> None:
    add_method(MethodText("现金", MethodKind.CASH), by=BY)
    with pytest.raises(NameTaken):
        add_method(MethodText("现金", MethodKind.BANK, (6,)), by=BY)
    other = make_method("刷卡", MethodKind.CARD)
    with pytest.raises(NameTaken):
        change_method(other.id, MethodText("现金", MethodKind.CARD), seen_version=1, by=BY)


def test_a_method_keeps_its_kind_and_who_came_second_is_told() -> None:
    method = make_method("现金", MethodKind.CASH)
    with pytest.raises(InUse):
        change_method(method.id, MethodText("现金", MethodKind.CARD), seen_version=1, by=BY)
    change_method(method.id, MethodText("现金收款", MethodKind.CASH, is_active=False), seen_version=1, by=BY)
    with pytest.raises(Stale):
        change_method(method.id, MethodText("纸币", MethodKind.CASH), seen_version=1, by=BY)
    assert queries.methods() == []
    assert queries.methods_by_name(["现金收款"]) == {}
    with pytest.raises(NotFound):
        change_method(99_999, MethodText("纸币", MethodKind.CASH), seen_version=1, by=BY)


# --- departments -----------------------------------------------------------------------------------------------------


@pytest.fixture
def department() -> ExamDepartment:
    install_defaults()
    return db.session.scalars(sa.select(ExamDepartment).where(ExamDepartment.kind == "ct")).one()


def test_a_department_says_where_its_device_leaves_pictures(department: ExamDepartment) -> None:
    text = DepartmentText("B超室", ("lab",), 2, import_folder="devices/ct", import_pattern="{number}_*.jpg")
    change_department(department.id, text, seen_version=1, by=BY)
    db.session.refresh(department)
    assert (department.label, department.roles, department.import_folder) == ("B超室", "lab", "devices/ct")
    with pytest.raises(Stale):
        change_department(department.id, text, seen_version=1, by=BY)


@pytest.mark.parametrize(
    "folder",
    ["../secrets", "/etc", "devices//ct", "devices/../..", "a b", "devices/", "设备", "ct", "posters", "devices"],
)
def test_a_folder_leads_nowhere_else_and_is_none_in_which_files_are_kept(
    department: ExamDepartment, folder: str
) -> None:
    text = DepartmentText("B超", import_folder=folder, import_pattern="{number}.jpg")
    with pytest.raises(Invalid, match="文件夹"):
        change_department(department.id, text, seen_version=1, by=BY)


@pytest.mark.parametrize("pattern", ["", "*.jpg", "{number}{number}.jpg", "****{number}", "a/{number}"])
def test_a_rule_for_names_has_the_number_once(department: ExamDepartment, pattern: str) -> None:
    text = DepartmentText("B超", import_folder="devices/ct", import_pattern=pattern)
    with pytest.raises(Invalid):
        change_department(department.id, text, seen_version=1, by=BY)


# --- floors ----------------------------------------------------------------------------------------------------------


def test_a_role_has_one_floor_in_a_category() -> None:
    category = make_project_category()
    add_floor("consultant", 0, 9000, by=BY)
    made = add_floor("consultant", category.id, 8000, by=BY)
    with pytest.raises(FloorTaken):
        add_floor("consultant", category.id, 7000, by=BY)
    change_floor(made, 7500, seen_version=1, by=BY)
    with pytest.raises(Stale):
        change_floor(made, 1, seen_version=1, by=BY)
    assert {(one.category_id, one.floor_bp) for one in queries.floors()} == {(0, 9000), (category.id, 7500)}


def test_a_floor_lies_between_nothing_and_the_list_price_of_a_known_category() -> None:
    for floor_bp in (-1, 10_001):
        with pytest.raises(Invalid):
            add_floor("consultant", 0, floor_bp, by=BY)
    with pytest.raises(Invalid):
        add_floor("consultant", 99_999, 8000, by=BY)


def test_a_floor_is_taken_away_only_as_it_was_seen() -> None:
    floor_id = make_floor("consultant", 8000).id
    change_floor(floor_id, 7000, seen_version=1, by=BY)
    with pytest.raises(Stale):
        remove_floor(floor_id, seen_version=1)
    remove_floor(floor_id, seen_version=2)
    with pytest.raises(NotFound):
        remove_floor(floor_id, seen_version=2)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(PriceFloor)) == 0


# --- lists -----------------------------------------------------------------------------------------------------------


def test_a_number_never_stands_for_another_word() -> None:
    old = make_code(CodeKind.PATIENT_TAG, 3, "老客户")
    change_code(old.id, CodeText("老客户", is_active=False), seen_version=1, by=BY)
    with pytest.raises(CodeTaken):
        add_code(CodeKind.PATIENT_TAG, 3, CodeText("新客户"), by=BY)
    with pytest.raises(NameTaken):
        add_code(CodeKind.PATIENT_TAG, 4, CodeText("老客户"), by=BY)
    add_code(CodeKind.REFERRAL_SOURCE, 3, CodeText("老客户"), by=BY)
    other = make_code(CodeKind.PATIENT_TAG, 5, "重点")
    with pytest.raises(NameTaken):
        change_code(other.id, CodeText("老客户"), seen_version=1, by=BY)
    with pytest.raises(Stale):
        change_code(old.id, CodeText("别的"), seen_version=1, by=BY)
    with pytest.raises(Invalid, match="逗号"):
        add_code(CodeKind.CHANNEL, 9, CodeText("网络，搜索"), by=BY)


# --- flow ------------------------------------------------------------------------------------------------------------


def step_set(flow: FlowRules, name: str, **over: object) -> FlowRules:
    steps = tuple(replace(step, **over) if step.name == name else step for step in flow.steps)  # type: ignore[arg-type]
    return replace(flow, steps=steps)


def test_each_change_of_the_flow_is_a_version_and_running_visits_keep_theirs() -> None:
    without_triage = step_set(BUILT_IN, "triage", is_on=False)
    first = save_flow(without_triage, seen=0, by=BY)
    visit = make_visit(flow_id=first)
    second = save_flow(replace(without_triage, review_below_bp=8000), seen=first, by="staff:2")
    assert queries.newest_flow_id() == second
    assert queries.flow_of(visit.flow_id) == without_triage
    made = db.session.execute(sa.select(Flow.follows, Flow.made_by).order_by(Flow.id)).all()
    assert [tuple(row) for row in made] == [(0, BY), (first, "staff:2")]


def test_of_two_who_change_the_same_version_one_is_told() -> None:
    save_flow(step_set(BUILT_IN, "triage", is_on=False), seen=0, by=BY)
    with pytest.raises(Stale):
        save_flow(step_set(BUILT_IN, "blood", is_on=False), seen=0, by="staff:2")


@pytest.mark.parametrize(
    ("flow", "why"),
    [
        (step_set(BUILT_IN, "arrival", is_on=False), "到院登记不能停用"),
        (step_set(BUILT_IN, "collection", may_be_skipped=True), "收银不能停用或跳过"),
        (step_set(BUILT_IN, "triage", warn_minutes=1441), "超时提醒"),
        (replace(BUILT_IN, review_below_bp=EACH_IS_REVIEWED + 1), "审核线"),
        (BUILT_IN, "没有变化"),
    ],
)
def test_a_flow_without_which_no_visit_works_is_refused(flow: FlowRules, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        save_flow(flow, seen=0, by=BY)
    assert queries.newest_flow_id() is None


# --- workstations ----------------------------------------------------------------------------------------------------

DESK = WorkstationText("MACHINE-01", "咨询室一", room="301")


def test_a_workstation_gets_a_token_that_is_kept_as_a_hash() -> None:
    made = add_workstation(DESK, by=BY)
    row = db.session.get_one(Workstation, made.workstation_id)
    assert made.token not in str(vars(row))
    device = admit_device(made.token)
    assert device is not None
    assert (device.id, device.name) == (row.id, "咨询室一")
    with pytest.raises(MachineTaken):
        add_workstation(DESK, by=BY)


def test_a_new_token_replaces_the_old_one_and_a_revoked_one_lets_nobody_in() -> None:
    first = add_workstation(DESK, by=BY)
    second = renew_token(first.workstation_id, seen_version=1, by=BY)
    assert admit_device(first.token) is None
    assert admit_device(second.token) is not None
    with pytest.raises(Stale):
        renew_token(first.workstation_id, seen_version=1, by=BY)
    revoke_token(first.workstation_id, seen_version=2, by=BY)
    assert admit_device(second.token) is None
    assert admit_device("") is None


def test_a_workstation_that_is_switched_off_lets_nobody_in() -> None:
    made = add_workstation(DESK, by=BY)
    change_workstation(made.workstation_id, replace(DESK, machine="OTHER", is_active=False), seen_version=1, by=BY)
    assert admit_device(made.token) is None
    assert db.session.get_one(Workstation, made.workstation_id).machine == "MACHINE-01"
    with pytest.raises(NotFound):
        queries.get_workstation("MACHINE-01")


def test_the_last_call_is_noted_to_the_minute(at: At) -> None:
    made = make_workstation(token="wxd_known")
    at("2026-03-02 18:30")
    admit_device("wxd_known")
    first = clock.now()
    at("2026-03-02 18:30:40")
    admit_device("wxd_known")
    db.session.refresh(made)
    assert made.seen_at == first
    at("2026-03-02 18:31:40")
    admit_device("wxd_known")
    db.session.refresh(made)
    assert made.seen_at == clock.now()
