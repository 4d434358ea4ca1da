"""Binding, codes, pushes and records with many at once: the database decides, and each guard has a twin."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.concurrency.crowd import crowd
from tests.factories.patients import make_id_number, make_patient, make_wechat_user
from tests.fakes.wechat import FakeSms
from tests.settings import APPID
from wxapp.core import clock
from wxapp.core.db import change, db, transaction
from wxapp.patients import queries, services
from wxapp.patients.models import Binding, CodePurpose, Patient, Push, SmsCode, WechatUser
from wxapp.patients.services import PatientDetails, bindings, sms_codes
from wxapp.sms import connected
from wxapp.wechat import pushes
from wxapp.wechat.values import OAuthIdentity

pytestmark = pytest.mark.mariadb

PHONE = "13800000001"
MANY = 16


@pytest.fixture
def sms(real_database: Flask) -> Iterator[FakeSms]:
    before, fake = connected.client(), FakeSms()
    connected.use(fake)
    yield fake
    connected.use(before)


def count(app: Flask, model: type, *where: sa.ColumnElement[bool]) -> int:
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)) or 0


@pytest.fixture
def pair(real_database: Flask) -> tuple[int, int]:
    """A user and a patient who are not bound."""
    with real_database.app_context():
        return make_wechat_user().id, make_patient(phone=PHONE).id


def test_a_pair_is_bound_once(real_database: Flask, pair: tuple[int, int]):
    user_id, patient_id = pair
    work = lambda: services.bind_by_staff(user_id, patient_id, by="staff:1")  # noqa: E731
    assert crowd(real_database, [work] * MANY) == {"done": MANY}
    assert count(real_database, Binding) == 1


def test_without_key_and_line_a_pair_is_bound_often(
    real_database: Flask, pair: tuple[int, int], monkeypatch: pytest.MonkeyPatch
):
    """The twin: no unique key, and nobody waits at the user's row."""
    with real_database.app_context(), db.engine.begin() as connection:
        connection.execute(sa.text("CREATE INDEX for_the_foreign_key ON patients_binding (wechat_user_id)"))
        connection.execute(sa.text(f"DROP INDEX {_UNIQUE_PAIR} ON patients_binding"))
    _start_together(monkeypatch, MANY)
    user_id, patient_id = pair
    work = lambda: services.bind_by_staff(user_id, patient_id, by="staff:1")  # noqa: E731
    crowd(real_database, [work] * MANY, at_once=MANY)
    assert count(real_database, Binding) > 1


_UNIQUE_PAIR = "uq_patients_binding_wechat_user_id_patient_id_active_marker"


def _start_together(monkeypatch: pytest.MonkeyPatch, people: int) -> None:
    """Take the user's row for nobody, and let everybody look before anybody writes."""
    together = threading.Barrier(people, timeout=20)

    def wait(_statement: sa.Update) -> int:
        together.wait()
        return 1

    monkeypatch.setattr(bindings, "change", wait)


def test_a_user_never_has_more_than_ten(real_database: Flask):
    with real_database.app_context():
        user_id = make_wechat_user().id
        patients = [make_patient().id for _ in range(MANY)]
    works = [lambda one=patient: services.bind_by_staff(user_id, one, by="staff:1") for patient in patients]
    came = crowd(real_database, works)
    assert came == {"done": 10, "too_many_bindings": MANY - 10}
    assert count(real_database, Binding) == 10


def test_without_waiting_in_line_a_user_has_more(real_database: Flask, monkeypatch: pytest.MonkeyPatch):
    """The twin: counting without the row of the user being taken first."""
    with real_database.app_context():
        user_id = make_wechat_user().id
        patients = [make_patient().id for _ in range(MANY)]
    _start_together(monkeypatch, MANY)
    works = [lambda one=patient: services.bind_by_staff(user_id, one, by="staff:1") for patient in patients]
    crowd(real_database, works, at_once=MANY)
    assert count(real_database, Binding) > 10


def test_a_code_has_five_tries_however_many_come_at_once(
    real_database: Flask, sms: FakeSms, monkeypatch: pytest.MonkeyPatch
):
    compared = _count_comparisons(monkeypatch)
    with real_database.app_context():
        services.send_code(CodePurpose.BIND, PHONE, asked_by="1")
    works = [lambda: sms_codes.check_code(CodePurpose.BIND, PHONE, "000000")] * 20
    came = crowd(real_database, works, at_once=20)
    assert came["wrong_code"] >= 19  # one in a million: the code is 000000
    assert len(compared) == 5


def test_without_counting_first_a_code_has_more(real_database: Flask, sms: FakeSms, monkeypatch: pytest.MonkeyPatch):
    """The twin: the count is read, compared and written."""
    compared = _count_comparisons(monkeypatch)
    with real_database.app_context():
        services.send_code(CodePurpose.BIND, PHONE, asked_by="1")

    together = threading.Barrier(20, timeout=20)

    def check_unguarded() -> None:
        tries, row_id, stored = db.session.execute(sa.select(SmsCode.tries, SmsCode.id, SmsCode.code_hash)).one()
        db.session.commit()
        together.wait()
        if tries < 5:
            sms_codes.hmac.compare_digest(stored, "x")
            with transaction():
                change(sa.update(SmsCode).where(SmsCode.id == row_id).values(tries=tries + 1))

    crowd(real_database, [check_unguarded] * 20, at_once=20)
    assert len(compared) > 5


def _count_comparisons(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    seen: list[str] = []

    class Counting:
        @staticmethod
        def compare_digest(a: str, b: str) -> bool:
            seen.append(b)
            return a == b

    monkeypatch.setattr(sms_codes, "hmac", Counting)
    return seen


def test_a_code_is_used_once(real_database: Flask, sms: FakeSms):
    with real_database.app_context():
        services.send_code(CodePurpose.BIND, PHONE, asked_by="1")
    code = sms.sent[-1].params[0]

    def use() -> None:
        found = sms_codes.check_code(CodePurpose.BIND, PHONE, code)
        with transaction():
            sms_codes.use_code(found)

    came = crowd(real_database, [use] * 5, at_once=5)
    assert came == {"done": 1, "wrong_code": 4}


def test_one_form_pressed_often_binds_once(real_database: Flask, sms: FakeSms, pair: tuple[int, int]):
    user_id, patient_id = pair
    with real_database.app_context():
        services.send_code(CodePurpose.BIND, PHONE, asked_by="1")
        record_no = queries.get_patient(patient_id).record_no
    asked = bindings.BindingRequest("王芳", record_no, PHONE, sms.sent[-1].params[0], "form-00001")

    def press() -> None:
        visitor = queries.signed_in_user(user_id)
        assert visitor is not None
        services.bind(visitor, asked, address="192.0.2.1")

    came = crowd(real_database, [press] * 4, at_once=4)
    assert came["done"] >= 1
    assert count(real_database, Binding) == 1


def test_one_person_who_enters_by_many_pages_is_one_user(real_database: Flask):
    work = lambda: services.enter(APPID, OAuthIdentity("o-new", "snsapi_base", "t"))  # noqa: E731
    assert crowd(real_database, [work] * MANY) == {"done": MANY}
    assert count(real_database, WechatUser) == 1


def test_one_push_at_many_workers_is_taken_once(real_database: Flask):
    push = pushes.Push(pushes.Kind.SUBSCRIBE, "o-1", "gh_1", clock.now(), "e:1", event="subscribe")
    taken: list[bool] = []
    crowd(real_database, [lambda: taken.append(services.take_push(push))] * MANY)
    assert taken.count(True) == 1
    assert count(real_database, Push) == 1


def test_without_the_unique_key_a_push_is_taken_often(real_database: Flask):
    """The twin: the same service on a table without the key."""
    with real_database.app_context(), db.engine.begin() as connection:
        connection.execute(sa.text("DROP INDEX uq_patients_push_dedupe_key ON patients_push"))
    push = pushes.Push(pushes.Kind.SUBSCRIBE, "o-1", "gh_1", clock.now(), "e:1", event="subscribe")
    crowd(real_database, [lambda: services.take_push(push)] * MANY)
    assert count(real_database, Push) == MANY


def test_record_numbers_are_never_given_twice(real_database: Flask):
    works = [lambda: make_patient(id_number="") for _ in range(40)]
    assert crowd(real_database, works) == {"done": 40}
    with real_database.app_context():
        numbers = db.session.scalars(sa.select(Patient.record_no)).all()
    assert len(set(numbers)) == 40


def test_one_id_number_at_many_counters_makes_one_record(real_database: Flask):
    number = make_id_number(77)
    details = PatientDetails("王芳", PHONE, number)
    works = [lambda: services.register_patient(details, by="staff:1")] * MANY
    assert crowd(real_database, works) == {"done": 1, "patient_exists": MANY - 1}
    assert count(real_database, Patient) == 1
