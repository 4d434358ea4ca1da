"""Parallel guesses at a balance password: five are compared, never more. The twin shows what the guard prevents."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.concurrency.crowd import crowd
from tests.factories.patients import make_patient
from wxapp.core import clock
from wxapp.core.db import change, db, transaction
from wxapp.patients import services
from wxapp.patients.errors import BalancePasswordLocked
from wxapp.patients.models import Patient
from wxapp.patients.services import balance_password

pytestmark = pytest.mark.mariadb

GOOD, WRONG = "739185", "482915"
GUESSES = 20


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that were really compared with the stored one."""
    seen: list[str] = []
    compare = balance_password.password_matches

    def counted(stored: str, password: str) -> bool:
        seen.append(password)
        return compare(stored, password)

    monkeypatch.setattr(balance_password, "password_matches", counted)
    return seen


@pytest.fixture
def patient_id(real_database: Flask) -> int:
    with real_database.app_context():
        return make_patient(balance_password=GOOD).id


def guess(app: Flask, patient_id: int, passwords: list[str]) -> dict[str, int]:
    return crowd(
        app, [lambda one=password: services.check_balance_password(patient_id, one) for password in passwords],
        at_once=GUESSES,
    )  # fmt: skip


def test_of_twenty_guesses_at_once_five_are_compared(real_database: Flask, patient_id: int, compared: list[str]):
    came = guess(real_database, patient_id, [WRONG] * GUESSES)
    assert len(compared) == 5
    assert came == {"wrong_balance_password": 4, "balance_password_locked": GUESSES - 4}
    with real_database.app_context():
        row = db.session.execute(sa.select(Patient.balance_password_tries, Patient.balance_locked_until)).one()
        assert row.balance_password_tries == 5
        assert row.balance_locked_until > clock.now()


def test_without_the_guard_all_twenty_are(
    real_database: Flask, patient_id: int, compared: list[str], monkeypatch: pytest.MonkeyPatch
):
    """The twin: read, compare, write; everybody reads before anybody writes."""
    together = threading.Barrier(GUESSES, timeout=20)

    def read_then_write(patient_id: int, *, field: str) -> tuple[int, str, bool]:
        with transaction():
            tries, stored = db.session.execute(
                sa.select(Patient.balance_password_tries, Patient.balance_password_hash)
            ).one()
        together.wait()
        if tries >= 5:
            raise BalancePasswordLocked(clock.now(), now=clock.now(), field=field)
        with transaction():
            change(sa.update(Patient).values(balance_password_tries=tries + 1))
        return tries + 1, stored, False

    monkeypatch.setattr(balance_password, "_take_try", read_then_write)
    guess(real_database, patient_id, [WRONG] * GUESSES)
    assert len(compared) > 5


def test_two_who_change_it_at_once_do_not_both_succeed(real_database: Flask, patient_id: int):
    news = ["604817", "290573", "118274", "852074"]
    came = crowd(
        real_database,
        [lambda one=new: services.change_balance_password(patient_id, original=GOOD, new=one) for new in news],
        at_once=4,
    )
    assert came["done"] == 1
