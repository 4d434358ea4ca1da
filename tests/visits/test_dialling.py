"""Calling a patient without seeing the number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories.configuration import make_workstation
from tests.factories.patients import make_patient
from tests.factories.staff import make_member
from tests.factories.visits import make_visit
from wxapp.admin.models import AuditRow
from wxapp.core.db import db
from wxapp.core.permissions import Permission
from wxapp.staff.models import Member
from wxapp.visits.errors import DialCodeGone
from wxapp.visits.services.dialling import new_dial_code, trade_dial_code

JSON = {"Accept": "application/json"}
CALLS = {Permission.PATIENT_DIAL, Permission.VISIT_READ, Permission.VISIT_COLLECT}
SignIn = Callable[[FlaskClient, Member], str]


@pytest.fixture
def caller(client: FlaskClient, sign_in_staff: SignIn) -> Callable[..., Any]:
    """Return how somebody who may call posts as his programs do."""
    csrf = sign_in_staff(client, make_member(CALLS))
    return lambda path, **fields: client.post(path, data={"csrf_token": csrf, **fields}, headers=JSON).json


def test_a_code_holds_nothing_readable_and_is_traded_once(caller: Callable[..., Any]) -> None:
    visit = make_visit(patient=make_patient(name="林小满", phone="13800000077"))
    code = caller(f"/pc/visits/{visit.id}/telcode")["telcode"]
    assert "13800000077" not in code
    told = caller("/pc/call/number", telcode=code)
    assert (told["code"], told["user_phone"], told["user_name"]) == (1, "13800000077", "林小满")
    again = caller("/pc/call/number", telcode=code)
    assert (again["code"], "user_phone" in again) == (0, False)
    assert "13800000077" not in str([row.detail for row in db.session.query(AuditRow)])


def test_a_code_is_good_for_five_minutes(app: Any, at: Callable[..., Any]) -> None:
    code = new_dial_code(make_patient().id, staff_id=5)
    at(timedelta(seconds=301))
    with pytest.raises(DialCodeGone):
        trade_dial_code(code, staff_id=5)


def test_somebody_elses_code_stays_his(app: Any) -> None:
    patient = make_patient()
    code = new_dial_code(patient.id, staff_id=5)
    with pytest.raises(DialCodeGone):
        trade_dial_code(code, staff_id=6)
    assert trade_dial_code(code, staff_id=5).id == patient.id


@pytest.mark.parametrize(("place_of", "is_told"), [(None, True), ("owner", True), ("other", False)])
def test_the_machine_at_which_somebody_sits_trades_his_code(
    client: FlaskClient, place_of: str | None, is_told: bool
) -> None:
    owner, other = make_member(CALLS), make_member(CALLS)
    seat = {None: None, "owner": owner.id, "other": other.id}[place_of]
    make_workstation(token="token-of-the-dialling-client", staff_id=seat)
    code = new_dial_code(make_patient().id, staff_id=owner.id)
    headers = {**JSON, "Authorization": "Bearer token-of-the-dialling-client"}
    answer = client.post("/pf/call/number", data={"telcode": code}, headers=headers).json
    assert ("user_phone" in answer) is is_told


def test_who_may_not_call_gets_no_code(client: FlaskClient, sign_in_staff: SignIn) -> None:
    csrf = sign_in_staff(client, make_member(CALLS - {Permission.PATIENT_DIAL}))
    visit = make_visit()
    answer = client.post(f"/pc/visits/{visit.id}/telcode", data={"csrf_token": csrf}, headers=JSON)
    assert answer.status_code == 403


def test_a_visit_out_of_ones_scope_gives_no_code(client: FlaskClient, sign_in_staff: SignIn) -> None:
    csrf = sign_in_staff(client, make_member({Permission.PATIENT_DIAL, Permission.VISIT_READ}))
    visit = make_visit()
    answer = client.post(f"/pc/visits/{visit.id}/telcode", data={"csrf_token": csrf}, headers=JSON)
    assert answer.status_code == 404
