"""Visits as programs know them: every key of the contract, in as many questions for one as for many."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask

from tests.factories.configuration import make_project, make_project_category
from tests.factories.patients import make_patient
from tests.factories.staff import make_member
from tests.factories.visits import make_visit
from wxapp.core.db import db, transaction
from wxapp.patients.models import Sex
from wxapp.visits.models import Interest, Part, Stage, Visit
from wxapp.visits.services.people import set_people
from wxapp.visits.wire import wire_visit, wire_visits

KEYS_OF = ["user.index", "user.details", "consultation.particulars", "examine.details", "collect.details"]


@lru_cache
def contract() -> dict[str, dict[str, Any]]:
    text = (Path(__file__).parents[2] / "contract" / "admin.yaml").read_text(encoding="utf-8")
    return {one["id"]: one for one in yaml.safe_load(text)["interfaces"]}


def _escorts(visit: Visit, *names: str) -> list[int]:
    ids = [make_member(name=name, phone=f"1380000000{at}").id for at, name in enumerate(names)]
    with transaction():
        set_people(visit.id, Part.ESCORT, list(reversed(ids)))
    return list(reversed(ids))


@pytest.mark.parametrize("interface", KEYS_OF)
def test_a_visit_has_every_key_of_the_contract(app: Flask, interface: str) -> None:
    visit = make_visit(stage=Stage.IN_PROCEDURE)

    wired = wire_visit(visit, whole=True)

    wanted = {name.split("[]")[0].split(".")[0] for name in contract()[interface]["returns"]["fields"]}
    assert wanted <= wired.keys()


def test_lists_mask_the_patient_and_details_show_the_name(app: Flask) -> None:
    visit = make_visit(patient=make_patient(name="赵小兰", phone="13800001234"))

    row, details, whole = (
        wire_visits([visit], whole=False)[0],
        wire_visit(visit, whole=False),
        wire_visit(visit, whole=True),
    )

    assert (row["user_name"], row["user_phone"]) == ("赵**", "138****1234")
    assert (details["user_name"], details["user_phone"]) == ("赵小兰", "138****1234")
    assert (whole["user_name"], whole["phone"]) == ("赵小兰", "13800001234")


def test_escorts_stand_in_the_order_of_entry(app: Flask) -> None:
    visit = make_visit()
    ids = _escorts(visit, "甲员工", "乙员工")

    wired = wire_visit(visit, whole=True)

    assert wired["accompany_id"] == f"{ids[0]},{ids[1]}"
    assert wired["accompany_name"] == ["乙员工", "甲员工"]
    assert wired["accompany_phone"] == ["13800000001", "13800000000"]
    assert wired["accompany_name_phone"] == "乙员工--13800000001,甲员工--13800000000"


def test_codes_prices_and_projects_are_texts(app: Flask) -> None:
    projects = [make_project(name="项目甲", price_fen=80_000), make_project(name="项目乙", price_fen=120_050)]
    visit = make_visit(stage=Stage.APPROVED, projects=projects)

    wired = wire_visit(visit, whole=True)

    assert (wired["type"], wired["status"], wired["is_pay"]) == ("1", "2", "0")
    assert (wired["all_price"], wired["pay_price"], wired["old_pay_price"]) == ("2000.50", "2000.50", "0.00")
    assert wired["projects"] == wired["pname"] == "项目甲(1),项目乙(1)"
    assert wired["step_id"] == "6"
    assert [line["bus_id"] for line in wired["bus_project"]] == [str(visit.id)] * 2


def test_age_follows_the_birthday(app: Flask) -> None:
    patient = make_patient(id_number="", birthday=date(2000, 3, 3), sex=Sex.FEMALE)

    wired = wire_visit(make_visit(patient=patient), whole=True)

    assert (wired["age"], wired["birthday"], wired["sex"]) == ("25", "2000-03-03", "2")


def test_many_visits_take_as_many_questions_as_one(app: Flask, queries: list[str]) -> None:
    category = make_project_category()
    many = [make_visit(stage=Stage.IN_PROCEDURE) for _ in range(5)]
    for visit in many:
        _escorts(visit, "甲员工")
        with transaction():
            db.session.add(Interest(visit_id=visit.id, category_id=category.id))

    for visit in many:
        db.session.refresh(visit)

    queries.clear()
    wire_visits(many[:1], whole=False)
    of_one = len(queries)
    wire_visits(many, whole=False)

    assert len(queries) - of_one == of_one <= 8
