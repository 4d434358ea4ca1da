"""What the tests of booking share: somebody with a phone, and counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories.patients import make_patient, make_wechat_user
from wxapp.booking.models import Booking, Hold, HoldStatus, Slot
from wxapp.core.db import db
from wxapp.patients.models import Patient

SignIn = Callable[[FlaskClient, Any], str]


@dataclass
class Phone:
    """A WeChat user with a browser."""

    client: FlaskClient
    csrf: str
    user_id: int
    patient_id: int = 0

    def get(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.status
        return answer.text

    def post(self, path: str, **fields: Any) -> Any:
        return self.client.post(path, data={"csrf_token": self.csrf, **fields})


def make_phone(client: FlaskClient, sign_in: SignIn, patient: Patient | None = None) -> Phone:
    user = make_wechat_user(patient=patient)
    return Phone(client, sign_in(client, user), user.id, patient.id if patient else 0)


@pytest.fixture
def phone(client: FlaskClient, sign_in_wechat: SignIn) -> Phone:
    """Somebody with a bound patient."""
    return make_phone(client, sign_in_wechat, make_patient(name="林小满", phone="13800000001"))


@pytest.fixture
def visitor(client: FlaskClient, sign_in_wechat: SignIn) -> Phone:
    """Somebody who has bound nobody."""
    return make_phone(client, sign_in_wechat)


def count_bookings() -> int:
    return db.session.scalar(sa.select(sa.func.count(Booking.id))) or 0


def taken_of(slot: Slot) -> int:
    return db.session.scalar(sa.select(Slot.taken).where(Slot.id == slot.id)) or 0


def is_counted_right() -> bool:
    """Whether each slot counts exactly its seated bookings and its active holds."""
    seated = (
        sa.select(sa.func.count())
        .select_from(Booking)
        .where(Booking.slot_id == Slot.id, Booking.active_marker == 1)
        .correlate(Slot)
        .scalar_subquery()
    )
    held = (
        sa.select(sa.func.count())
        .select_from(Hold)
        .where(Hold.slot_id == Slot.id, Hold.status == HoldStatus.ACTIVE)
        .correlate(Slot)
        .scalar_subquery()
    )
    wrong = sa.select(sa.func.count()).select_from(Slot).where(Slot.taken != seated + held)
    return db.session.scalar(wrong) == 0
