"""Patients see their own visits, take them away, and have their address forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories.configuration import make_method, make_project
from tests.factories.intake import make_intake, take_in
from tests.factories.operations import as_staff
from tests.factories.patients import make_patient, make_wechat_user
from tests.factories.staff import make_member
from tests.factories.visits import make_visit
from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.hospital.models import MethodKind
from wxapp.patients import export, services
from wxapp.patients.models import Look, Patient
from wxapp.visits.models import Pickup, Profile, Stage, Visit
from wxapp.visits.services.intake import DepositTaken
from wxapp.visits.services.pickups import Wish, wish_for
from wxapp.visits.services.profiles import FORGOTTEN

At = Callable[[timedelta], None]
SignIn = Callable[[FlaskClient, Any], str]
PHONE = {"User-Agent": "MicroMessenger"}


@pytest.fixture
def own(client: FlaskClient, sign_in_wechat: SignIn) -> Patient:
    """A patient whose WeChat user is signed in at ``client``."""
    patient = make_patient(name="赵小兰", phone="13800001234")
    sign_in_wechat(client, make_wechat_user(patient=patient))
    return patient


def _page(client: FlaskClient, path: str) -> str:
    answer = client.get(path, headers=PHONE)
    assert answer.status_code == 200, answer.status
    return str(answer.text)


def test_the_list_shows_only_own_visits(client: FlaskClient, own: Patient) -> None:
    mine, other = make_visit(patient=own), make_visit()
    shown = _page(client, "/visits")
    assert mine.visit_no in shown
    assert other.visit_no not in shown
    assert "赵小兰" not in shown
    assert db.session.scalars(sa.select(Look.what)).all() == ["到院记录"]


def test_somebody_elses_visit_is_not_there(client: FlaskClient, own: Patient) -> None:
    assert client.get(f"/visits/{make_visit().visit_no}", headers=PHONE).status_code == 404
    assert client.get("/visits/HOSP00000000", headers=PHONE).status_code == 404


@pytest.mark.parametrize(
    ("stage", "is_shown"),
    [(Stage.IN_REVIEW, False), (Stage.SENT_BACK, False), (Stage.APPROVED, True), (Stage.LEFT, True)],
)
def test_prices_are_shown_once_they_are_decided(
    client: FlaskClient, own: Patient, stage: Stage, is_shown: bool
) -> None:
    visit = make_visit(patient=own, stage=stage, projects=[make_project(name="项目甲", price_fen=123_400)])
    for path in ("/visits", f"/visits/{visit.visit_no}"):
        assert ("1234.00" in _page(client, path).replace(",", "")) is is_shown
    assert ("项目甲" in _page(client, f"/visits/{visit.visit_no}")) is is_shown


def test_a_deposit_shows_its_receipt(client: FlaskClient, own: Patient) -> None:
    cash = make_method("现金", MethodKind.CASH)
    visit = db.session.get_one(Visit, take_in(make_intake(patient_id=own.id, deposit=DepositTaken(20_000, cash))))
    shown = _page(client, f"/visits/{visit.visit_no}")
    assert "收定金" in shown
    assert "200.00" in shown


def test_visits_are_taken_away_in_full(app: Flask) -> None:
    cash = make_method("现金", MethodKind.CASH)
    intake = make_intake(address="丁路1号", city="乙市", deposit=DepositTaken(20_000, cash))
    visit = db.session.get_one(Visit, take_in(intake))
    [part] = [one for one in export.parts() if one.name == "visits"]

    told = part.collect(visit.patient_id)

    assert told["home"] == "甲省 乙市 丁路1号"
    assert [(one["no"], one["kind"]) for one in told["visits"]] == [(visit.visit_no, "初诊")]
    assert [(one["kind"], one["amount"]) for one in told["visits"][0]["receipts"]] == [("收定金", "200.00")]
    assert export.counts([visit.patient_id])["visits"] == 1


def _home(patient_id: int) -> str | None:
    db.session.expire_all()
    return db.session.scalar(sa.select(Profile.address).where(Profile.patient_id == patient_id))


def test_the_address_goes_on_request_and_stays_for_others(app: Flask) -> None:
    alone, shared = (
        db.session.get_one(Visit, take_in(make_intake(address="丁路1号"))).patient_id for _ in range(2)
    )  # fmt: skip
    user, other = make_wechat_user(), make_wechat_user()
    for user_id, patient_id in ((user.id, alone), (user.id, shared), (other.id, shared)):
        services.bind_by_staff(user_id, patient_id, by="system:tests")
    names = [one.name for one in export.what_goes()]
    [goes] = [one for one in export.what_goes() if one.name == "homes"]

    assert goes.erase(user.id) == 1
    assert goes.erase(user.id) == 0

    assert (_home(alone), _home(shared)) == (None, "丁路1号")
    assert names.index("homes") < names.index("bindings")


def test_where_somebody_was_fetched_goes_too_but_not_where_the_driver_still_has_to_go(app: Flask, at: At) -> None:
    patient = make_patient()
    desk = as_staff(make_member())
    over, coming = make_visit(patient=patient), make_visit(patient=patient)
    for visit, days in ((over, 0), (coming, 2)):
        wish_for(visit.id, Wish("丁路1号", clock.now() + timedelta(days=days, hours=1), note="三楼"), by=desk)
    user = make_wechat_user(patient=patient)
    at(timedelta(days=1))
    [goes] = [one for one in export.what_goes() if one.name == "homes"]

    with transaction():
        assert goes.erase(user.id) == 1
    with transaction():
        assert goes.erase(user.id) == 0

    db.session.expire_all()
    trips = {trip.visit_id: (trip.place, trip.note) for trip in db.session.scalars(sa.select(Pickup))}
    assert trips == {over.id: (FORGOTTEN, ""), coming.id: ("丁路1号", "三楼")}
