"""What patients read on their phones after leaving."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories.operations import LETS_GO, as_staff, operated_visit
from tests.factories.patients import make_patient, make_wechat_user
from tests.factories.staff import make_member
from wxapp.core.db import db
from wxapp.messages.models import Message
from wxapp.patients.models import Look, Patient
from wxapp.visits.models import Visit
from wxapp.visits.services.leaving import Leaving, leave

PHONE = {"User-Agent": "MicroMessenger"}


@pytest.fixture
def own(client: FlaskClient, sign_in_wechat: Callable[[FlaskClient, Any], str]) -> Patient:
    """A patient whose WeChat user is signed in at ``client``."""
    patient = make_patient()
    sign_in_wechat(client, make_wechat_user(patient=patient))
    return patient


def left_visit(patient: Patient) -> Visit:
    visit = operated_visit(patient=patient)
    leave(visit.id, Leaving(True, True, date(2026, 3, 9), "三天后换药"), by=as_staff(make_member(), *LETS_GO))
    return visit


def test_the_message_leads_to_the_advice(client: FlaskClient, own: Patient) -> None:
    left_visit(own)
    path = db.session.scalars(sa.select(Message.path).where(Message.code == "pt_care_0000001")).one()
    page = client.get(path, headers=PHONE)
    assert page.status_code == 200
    assert all(text in page.text for text in ("三天后换药", "2026-03-09", "请您注意"))
    assert db.session.scalars(sa.select(Look.what)).all() == ["离店注意事项"]


def test_before_leaving_only_the_general_text_is_shown(client: FlaskClient, own: Patient) -> None:
    page = client.get(f"/visits/{operated_visit(patient=own).visit_no}/care", headers=PHONE).text
    assert "请您注意" in page
    assert "离店医嘱" not in page


def test_a_visit_that_was_left_leads_there(client: FlaskClient, own: Patient) -> None:
    visit = left_visit(own)
    assert f"/visits/{visit.visit_no}/care" in client.get(f"/visits/{visit.visit_no}", headers=PHONE).text


def test_somebody_elses_advice_is_not_there(client: FlaskClient, own: Patient) -> None:
    visit = left_visit(make_patient())
    assert client.get(f"/visits/{visit.visit_no}/care", headers=PHONE).status_code == 404
