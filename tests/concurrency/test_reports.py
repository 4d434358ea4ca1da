"""Reports with many at once: the same one is taken once, two decisions on one are one, and each guard has a twin."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.concurrency.crowd import crowd
from tests.factories.patients import make_patient
from tests.factories.reports import BY, SOURCE, incoming, make_pdf
from wxapp.core import documents
from wxapp.core.db import db
from wxapp.core.files import File
from wxapp.messages.models import Message
from wxapp.reports.models import DocumentPage, Report, Revision
from wxapp.reports.services import desk, document_pages, intake
from wxapp.reports.services.intake import take_report

pytestmark = pytest.mark.mariadb

MANY = 12


def count(app: Flask, model: type, *where: sa.ColumnElement[bool]) -> int:
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)) or 0


def messages(app: Flask) -> int:
    return count(app, Message, Message.code == "pt_report_0000001")


@pytest.fixture
def report(real_database: Flask) -> Any:
    with real_database.app_context():
        return incoming(make_patient(name="王芳"))


def take(report: Any) -> Callable[[], object]:
    return lambda: take_report(report, source=SOURCE, by=BY)


def all_together(monkeypatch: pytest.MonkeyPatch, target: Any, name: str, people: int, answer: Any) -> None:
    """Put a guard's answer in its place, once everybody has come that far."""
    together = threading.Barrier(people, timeout=20)

    def wait(*_arguments: Any, **_named: Any) -> Any:
        together.wait()
        return answer

    monkeypatch.setattr(target, name, wait)


def test_the_same_report_many_times_at_once_is_one_report_and_one_message(real_database: Flask, report: Any):
    assert crowd(real_database, [take(report)] * MANY, at_once=MANY) == {"done": MANY}
    assert (count(real_database, Report), count(real_database, Revision), messages(real_database)) == (1, 1, 1)


def test_without_the_key_it_is_several(real_database: Flask, report: Any, monkeypatch: pytest.MonkeyPatch):
    """The twin: no unique key, and everybody looks before anybody writes."""
    with real_database.app_context(), db.engine.begin() as connection:
        connection.execute(sa.text("DROP INDEX uq_reports_report_source_report_no ON reports_report"))
    all_together(monkeypatch, intake, "_hold", MANY, None)
    crowd(real_database, [take(report)] * MANY, at_once=MANY)
    assert count(real_database, Report) > 1
    assert messages(real_database) > 1


def corrections(report: Any) -> list[Any]:
    return [replace(report, conclusion=f"第{n}次") for n in range(MANY)]


def test_corrections_at_once_follow_each_other(real_database: Flask, report: Any):
    crowd(real_database, [take(report)])
    assert crowd(real_database, [take(one) for one in corrections(report)], at_once=MANY) == {"done": MANY}
    with real_database.app_context():
        numbers = db.session.scalars(sa.select(Revision.number).order_by(Revision.number)).all()
        assert numbers == list(range(1, MANY + 2))
        assert db.session.scalars(sa.select(Report.revision)).one() == MANY + 1
    assert messages(real_database) == MANY + 1


def test_without_holding_the_row_they_run_into_each_other(
    real_database: Flask, report: Any, monkeypatch: pytest.MonkeyPatch
):
    """The twin: the row is read, not held; only the key of the revisions is left, and it makes faults."""
    crowd(real_database, [take(report)])

    def look(arrival: Any) -> Report | None:
        found = db.session.scalars(sa.select(Report).where(Report.report_no == arrival.incoming.report_no)).one()
        together.wait()
        return found

    together = threading.Barrier(MANY, timeout=20)
    monkeypatch.setattr(intake, "_hold", look)
    with pytest.raises((sa.exc.IntegrityError, threading.BrokenBarrierError)):
        crowd(real_database, [take(one) for one in corrections(report)], at_once=MANY)
    assert count(real_database, Revision) < MANY + 1


@pytest.fixture
def parked(real_database: Flask) -> tuple[str, list[int]]:
    """The number of a parked report, and patients who might be meant."""
    with real_database.app_context():
        taken = take_report(incoming(), source=SOURCE, by=BY)
        return taken.report_no, [make_patient().id for _ in range(MANY)]


def test_a_report_is_given_to_one_patient(real_database: Flask, parked: tuple[str, list[int]]):
    no, patients = parked
    works = [lambda one=one: desk.match_report(no, one, is_checked=True, by=BY) for one in patients]
    assert crowd(real_database, works, at_once=MANY) == {"done": 1, "already_matched": MANY - 1}
    assert messages(real_database) == 1


def test_a_match_pressed_often_is_one(real_database: Flask, parked: tuple[str, list[int]]):
    no, patients = parked
    works = [lambda: desk.match_report(no, patients[0], is_checked=True, by=BY)] * MANY
    assert crowd(real_database, works, at_once=MANY) == {"done": MANY}
    assert messages(real_database) == 1


def test_without_asking_for_the_old_status_several_are_told(
    real_database: Flask, parked: tuple[str, list[int]], monkeypatch: pytest.MonkeyPatch
):
    """The twin: the report is read, not held, and moved whatever it has become meanwhile."""
    no, patients = parked
    together = threading.Barrier(MANY, timeout=20)

    def look(report_no: str) -> Report:
        found = db.session.scalars(sa.select(Report).where(Report.no == report_no)).one()
        together.wait()
        return found

    def move(report: Report, status: Any, owner: Any, **_: Any) -> None:
        report.status, report.patient_id = status, owner.patient_id
        db.session.flush()

    monkeypatch.setattr(desk, "_hold", look)
    monkeypatch.setattr(intake, "place", move)
    works = [lambda one=one: desk.match_report(no, one, is_checked=True, by=BY) for one in patients]
    crowd(real_database, works, at_once=MANY)
    assert messages(real_database) > 1


def test_a_page_asked_for_by_many_is_kept_once(real_database: Flask, monkeypatch: pytest.MonkeyPatch):
    with real_database.app_context():
        document = documents.keep_document(documents.read_document(make_pdf()), name="a", by=BY).token
        picture = documents.draw_page(document, 1)
    all_together(monkeypatch, documents, "draw_page", MANY, picture)
    works = [lambda: document_pages.token_of_page(document, 1)] * MANY
    assert crowd(real_database, works, at_once=MANY) == {"done": MANY}
    assert count(real_database, DocumentPage) == 1
    with real_database.app_context():
        assert len(db.session.scalars(sa.select(File.token)).all()) == 2  # the losers' pictures are gone
