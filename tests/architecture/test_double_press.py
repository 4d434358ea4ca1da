"""Whoever presses twice has made one thing and gets the first answer again; programs without a key are served too."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories.patients import make_patient
from tests.factories.staff import make_member
from wxapp.booking.models import Leave, Project
from wxapp.core.db import Model, db
from wxapp.core.permissions import Permission
from wxapp.directory.models import Physician
from wxapp.hospital import models as house
from wxapp.mall.models import Category
from wxapp.messages.models import Broadcast
from wxapp.messages.receivers import Group, register_group
from wxapp.patients import queries as patients
from wxapp.patients.models import Patient
from wxapp.reports.models import Report
from wxapp.staff.models import Member, Role
from wxapp.wallet.models import Card

JSON = {"Accept": "application/json"}
SignIn = Callable[[FlaskClient, Any], str]


@dataclass(frozen=True)
class Press:
    """A form that makes something. ``{n}`` differs from one filling-in to the next."""

    page: str
    path: str
    makes: type[Model]
    fields: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.path


PRESSES = [
    Press("/pc/patients/new", "/pc/patients", Patient, {"name": "王芳", "phone": "13800000001"}),
    Press("/pc/wallet/{patient}", "/pc/wallet/{patient}/card", Card),
    Press("/pc/physicians/new", "/pc/physicians", Physician, {"name": "林秀英", "department": "内科", "title": "医师"}),
    Press("/pc/booking/projects/new", "/pc/booking/projects/new", Project, {"name": "彩超{n}"}),
    Press("/pc/booking/leaves", "/pc/booking/leaves", Leave, {"first_day": "2026-03-0{n}", "last_day": "2026-04-0{n}"}),
    Press(
        "/pc/reports/new",
        "/pc/reports",
        Report,
        {"kind": "routine", "title": "血常规", "record_no": "HOSP1", "patient_name": "王芳", "conclusion": "正常"},
    ),
    Press(
        "/pc/config/project/categories/new", "/pc/config/project/categories/new", house.Category, {"name": "眼部{n}"}
    ),
    Press(
        "/pc/config/bank/new",
        "/pc/config/bank/new",
        house.Method,
        {"name": "分期{n}", "kind": "bank", "periods": "6", "is_active": "1"},
    ),
    Press(
        "/pc/config/computer/new",
        "/pc/config/computer/new",
        house.Workstation,
        {"machine": "MACHINE-{n}", "name": "咨询室"},
    ),
    Press(
        "/pc/config/codes/new",
        "/pc/config/codes/new",
        house.Code,
        {"kind": "channel", "code": "{n}", "label": "来源{n}"},
    ),
    Press("/pc/mall/categories", "/pc/mall/categories", Category, {"name": "体检{n}", "nature": "ordinary"}),
    Press("/pc/staff/new", "/pc/staff/new", Member, {"username": "li.na{n}", "name": "李娜"}),
    Press("/pc/roles/new", "/pc/roles/new", Role, {"label": "前台{n}组", "permissions": "patient:read"}),
    Press(
        "/pc/messages/broadcasts/new",
        "/pc/messages/broadcasts/new",
        Broadcast,
        {"title": "春节安排", "body": "暂停三天", "group_name": "double_press"},
    ),
]


class Desk:
    """A member of staff who may do everything, and one patient."""

    def __init__(self, client: FlaskClient, sign_in: SignIn) -> None:
        self.client = client
        self.csrf = sign_in(client, make_member(set(Permission)))
        self.patient = make_patient()

    def page(self, path: str) -> str:
        answer = self.client.get(path.format(patient=self.patient.id))
        assert answer.status_code == 200
        return answer.text

    def press(self, path: str, fields: dict[str, str], **more: str) -> Any:
        data = {"csrf_token": self.csrf, **fields, **more}
        answer = self.client.post(path.format(patient=self.patient.id), data=data, headers=JSON)
        assert answer.status_code == 200, answer.text
        return answer.json

    def count(self, model: type[Model]) -> int:
        return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


@pytest.fixture
def desk(client: FlaskClient, sign_in_staff: SignIn) -> Desk:
    register_group(Group("double_press", "没有人", lambda: 0, lambda _after, _limit: []))
    return Desk(client, sign_in_staff)


def filled(press: Press, n: int) -> dict[str, str]:
    return {name: text.format(n=n) for name, text in press.fields.items()}


@pytest.mark.parametrize("press", PRESSES, ids=str)
def test_a_form_pressed_twice_makes_one_thing(desk: Desk, press: Press) -> None:
    key = keys_in(desk.page(press.page))[0]
    before = desk.count(press.makes)
    first = desk.press(press.path, filled(press, 1), form_key=key)
    assert desk.press(press.path, filled(press, 1), form_key=key) == first
    assert desk.count(press.makes) == before + 1


@pytest.mark.parametrize("press", PRESSES, ids=str)
def test_a_program_without_a_key_makes_one_each_time(desk: Desk, press: Press) -> None:
    before = desk.count(press.makes)
    for n in (1, 2):
        desk.press(press.path, filled(press, n))
    assert desk.count(press.makes) == before + 2


def keys_in(page: str) -> list[str]:
    found = re.findall(r'name="form_key" value="([^"]+)"', page)
    assert found, "the page gives its form no key"
    return found


def test_the_same_key_with_another_form_is_refused(desk: Desk) -> None:
    fields = {"name": "王芳", "phone": "13800000001"}
    desk.press("/pc/patients", fields, form_key="key-0000000001")
    data = {"csrf_token": desk.csrf, **fields, "name": "王方", "form_key": "key-0000000001"}
    assert desk.client.post("/pc/patients", data=data, headers=JSON).status_code == 422


def test_a_refused_form_may_be_sent_again_corrected_with_its_key(desk: Desk) -> None:
    known = make_patient().id_number or ""
    data = {"csrf_token": desk.csrf, "name": "王芳", "phone": "13800000001", "form_key": "key-0000000001"}
    refused = desk.client.post("/pc/patients", data={**data, "id_number": known}, headers=JSON)
    assert "已建档" in refused.get_json()["errors"]["id_number"]
    assert desk.client.post("/pc/patients", data=data, headers=JSON).status_code == 200


def test_a_user_name_that_is_taken_is_refused_beside_its_field(desk: Desk) -> None:
    make_member(username="li.na")
    data = {"csrf_token": desk.csrf, "username": "li.na", "name": "李娜", "form_key": "key-0000000001"}
    answer = desk.client.post("/pc/staff/new", data=data, headers=JSON)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (409, ["username"])


def test_a_balance_password_read_out_stays_valid_when_pressed_twice(desk: Desk) -> None:
    key = keys_in(desk.page("/pc/patients/{patient}"))[0]
    path = "/pc/patients/{patient}/balance-password"
    first = desk.press(path, {}, form_key=key)["password"]
    kept = patients.get_patient(desk.patient.id).balance_password_hash
    assert desk.press(path, {}, form_key=key)["password"] == first
    db.session.expire_all()
    assert patients.get_patient(desk.patient.id).balance_password_hash == kept
    assert desk.press(path, {})["password"] != first


def test_a_staff_password_that_was_reset_stays_valid_when_pressed_twice(desk: Desk) -> None:
    member = make_member(username="li.na")
    path = f"/pc/staff/{member.id}"
    key = keys_in(desk.page(path))[0]
    first = desk.press(f"{path}/password", {}, form_key=key)["first_password"]
    assert desk.press(f"{path}/password", {}, form_key=key)["first_password"] == first


def test_secrets_are_not_kept_in_clear(desk: Desk) -> None:
    path = "/pc/patients/{patient}/balance-password"
    password = desk.press(path, {}, form_key="key-0000000001")["password"]
    answers = db.session.scalars(sa.text("SELECT answer FROM core_idempotency")).all()
    assert answers
    assert password not in "".join(answers)
