"""Requests to delete with many presses at once: the unique key lets one through, and its twin does not."""

from __future__ import annotations

from functools import partial

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.concurrency.crowd import crowd
from tests.factories.patients import make_wechat_user
from wxapp.core.db import db
from wxapp.patients import services
from wxapp.patients.erasure_models import Erasure, ErasureStatus
from wxapp.patients.services import erasures

pytestmark = pytest.mark.mariadb

MANY = 16


@pytest.fixture
def user_id(real_database: Flask) -> int:
    with real_database.app_context():
        return make_wechat_user().id


def open_requests(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count(Erasure.id)).where(Erasure.open_marker == 1)) or 0


def ask(app: Flask, user_id: int) -> None:
    crowd(app, [partial(services.request_erasure, user_id, reason="")] * MANY)


def test_many_presses_make_one_request(real_database: Flask, user_id: int) -> None:
    ask(real_database, user_id)
    assert open_requests(real_database) == 1


def test_without_the_key_they_make_several(real_database: Flask, user_id: int) -> None:
    with real_database.app_context(), db.engine.begin() as connection:
        connection.execute(sa.text("CREATE INDEX for_the_foreign_key ON patients_erasure (wechat_user_id)"))
        key = "uq_patients_erasure_wechat_user_id_open_marker"
        connection.execute(sa.text(f"DROP INDEX {key} ON patients_erasure"))
    ask(real_database, user_id)
    assert open_requests(real_database) > 1


def test_a_request_is_either_carried_out_or_withdrawn(real_database: Flask, user_id: int) -> None:
    with real_database.app_context():
        services.request_erasure(user_id, reason="")
        erasure_id = erasures.find_erasure(user_id).id
        services.take_up(erasure_id, by="staff:1")
    works = [
        partial(services.carry_out, erasure_id, by="staff:1"),
        partial(services.withdraw_erasure, user_id),
    ] * 6
    crowd(real_database, works)
    with real_database.app_context():
        row = db.session.get_one(Erasure, erasure_id)
        assert row.status in {ErasureStatus.DONE, ErasureStatus.WITHDRAWN}
        assert (row.begun_at is not None) == (row.status is ErasureStatus.DONE)
