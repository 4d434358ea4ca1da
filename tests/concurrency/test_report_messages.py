"""The same message from many connections at once: taken once, noted once, and every sender is told so."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.concurrency.crowd import crowd
from tests.factories.patients import make_patient
from tests.reports.senders import make_sender, obr, obx, oru, pid
from wxapp.core.db import db
from wxapp.messages.models import Message
from wxapp.reports.client_models import Client, ReceivedMessage, Way
from wxapp.reports.models import Report, Revision
from wxapp.reports.services import clients, messages
from wxapp.reports.services.receiving import receive_hl7

pytestmark = pytest.mark.mariadb

MANY = 16


@pytest.fixture
def message(real_database: Flask) -> bytes:
    with real_database.app_context():
        patient = make_patient(name="王芳")
        lines = [pid(patient.record_no), obr(), *(obx(n, item=f"I{n}^项目{n}^L") for n in range(1, 6))]
        return oru(*lines, key=make_sender().key).encode()


def take(message: bytes) -> None:
    answer = receive_hl7(message, way=Way.MLLP, address="127.0.0.1")
    assert b"MSA|AA|C1" in answer.body


def count(app: Flask, model: type, *where: sa.ColumnElement[bool]) -> int:
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)) or 0


def test_a_message_that_comes_many_times_at_once_is_taken_once(real_database: Flask, message: bytes):
    assert crowd(real_database, [lambda: take(message)] * MANY) == {"done": MANY}
    assert count(real_database, Report) == 1
    assert count(real_database, Revision) == 1
    assert count(real_database, Message, Message.code == "pt_report_0000001") == 1
    assert count(real_database, ReceivedMessage) == 1


def test_without_the_key_it_is_noted_many_times(real_database: Flask, message: bytes, monkeypatch: pytest.MonkeyPatch):
    """The report itself has a guard of its own: it is still taken once."""
    with real_database.app_context():
        db.session.execute(sa.text("ALTER TABLE reports_message DROP INDEX uq_reports_message_client_id_once_key"))
        db.session.commit()
    monkeypatch.setattr(messages, "was_taken", lambda client, key: False)
    assert crowd(real_database, [lambda: take(message)] * MANY) == {"done": MANY}
    assert count(real_database, ReceivedMessage) == MANY
    assert count(real_database, Revision) == 1


def test_of_two_who_change_a_key_at_once_both_keys_are_not_good_for_ever(real_database: Flask):
    """Each change is one statement: in the end there is one key, and one before it."""
    with real_database.app_context():
        new = make_sender()
    made: list[str] = []

    def rotate() -> None:
        made.append(clients.rotate_key(new.client_id, keep_hours=1).key)

    assert crowd(real_database, [rotate] * MANY) == {"done": MANY}
    with real_database.app_context():
        client = db.session.get_one(Client, new.client_id)
        hashes = {clients._hash(key) for key in [new.key, *made]}
        assert {client.key_hash, client.previous_hash} <= hashes
        assert client.key_hash != client.previous_hash


def test_many_different_messages_of_one_client_don_t_wait_for_each_other(real_database: Flask):
    with real_database.app_context():
        key = make_sender().key
    sent = [oru(pid(), obr(f"R{n}"), obx(), key=key).encode() for n in range(40)]
    assert crowd(real_database, [lambda one=one: take(one) for one in sent]) == {"done": 40}
    assert count(real_database, Report) == 40
