"""Pictures and recording machines under a rush. Each guard has a twin without it."""

from __future__ import annotations

import threading
from functools import partial

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError

from tests.concurrency.crowd import crowd
from tests.factories.configuration import make_workstation
from tests.factories.staff import make_member
from tests.factories.uploads import make_upload
from tests.factories.visits import make_visit
from wxapp.core.db import db, transaction
from wxapp.staff.services import identity_of
from wxapp.uploads import services as uploads
from wxapp.visits.models import ExamKind, MachineBinding, Picture, Stage, Visit
from wxapp.visits.services import diagnostics, machines, stages

MANY = 12
BY = "staff:1"


# --- one upload, two visits ------------------------------------------------------------------------------------------


def attach(path: str, visit_id: int) -> None:
    with transaction():
        uploads.attach([path], subject=f"visit:{visit_id}", by=BY)


def test_an_upload_belongs_to_one_of_those_who_attach_it_at_once(real_database: Flask) -> None:
    with real_database.app_context():
        path = make_upload(by=BY).path
    outcome = crowd(real_database, [partial(attach, path, number) for number in range(1, MANY + 1)])
    assert outcome == {"done": 1, "invalid": MANY - 1}


@pytest.mark.mariadb
def test_twin_looking_first_lets_two_have_it(real_database: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    both_looked = threading.Barrier(2)
    change = uploads.change

    def look_then_write(statement: sa.Update) -> int:
        both_looked.wait(20)  # each has found the upload free
        path = statement.compile().params["path_1"]
        return change(sa.update(uploads.Upload).where(uploads.Upload.path == path).values(subject="visit:1"))

    monkeypatch.setattr(uploads, "change", look_then_write)
    with real_database.app_context():
        path = make_upload(by=BY).path
    outcome = crowd(real_database, [partial(attach, path, number) for number in (1, 2)], at_once=2)
    assert outcome == {"done": 2}


# --- pictures of one kind --------------------------------------------------------------------------------------------


@pytest.fixture
def waiting(real_database: Flask) -> tuple[int, int, list[str]]:
    """A visit that is being examined, who takes pictures, and the pictures."""
    with real_database.app_context():
        member = make_member(everything=True)
        paths = [make_upload(by=f"staff:{member.id}").path for _ in range(MANY)]
        return make_visit(stage=Stage.EXAMINING).id, member.id, paths


def add(visit_id: int, member_id: int, path: str) -> None:
    staff = identity_of(member_id)
    assert staff is not None
    diagnostics.add_pictures(visit_id, ExamKind.CT, [path], by=staff)


def places() -> list[int]:
    return sorted(db.session.scalars(sa.select(Picture.position)))


def test_of_many_who_add_at_once_each_picture_has_a_place_of_its_own(
    real_database: Flask, waiting: tuple[int, int, list[str]]
) -> None:
    visit_id, member_id, paths = waiting
    outcome = crowd(real_database, [partial(add, visit_id, member_id, path) for path in paths])
    assert outcome == {"done": MANY}
    with real_database.app_context():
        assert places() == list(range(MANY))


@pytest.mark.mariadb
def test_twin_without_holding_the_visit_two_have_one_place(
    real_database: Flask, waiting: tuple[int, int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    visit_id, member_id, paths = waiting
    read = diagnostics.present_of

    def another_comes_between(visit_id: int, kind: ExamKind) -> object:
        found = read(visit_id, kind)
        monkeypatch.setattr(diagnostics, "present_of", read)
        crowd(real_database, [partial(add, visit_id, member_id, paths[1])])
        return found

    monkeypatch.setattr(stages, "hold", lambda visit_id: db.session.get_one(Visit, visit_id))
    monkeypatch.setattr(diagnostics, "present_of", another_comes_between)
    with real_database.app_context():
        add(visit_id, member_id, paths[0])
        assert places() == [0, 0]


def test_the_first_picture_moves_the_visit_once(real_database: Flask) -> None:
    with real_database.app_context():
        member = make_member(everything=True)
        paths = [make_upload(by=f"staff:{member.id}").path for _ in range(MANY)]
        visit_id, member_id = make_visit(stage=Stage.ARRIVED).id, member.id
    outcome = crowd(real_database, [partial(add, visit_id, member_id, path) for path in paths])
    assert outcome == {"done": MANY}
    with real_database.app_context():
        assert db.session.get_one(Visit, visit_id).stage is Stage.EXAMINING


# --- one machine -----------------------------------------------------------------------------------------------------


def lasting() -> int:
    wanted = sa.select(sa.func.count(MachineBinding.id)).where(MachineBinding.open_marker == 1)
    return db.session.scalar(wanted) or 0


def bind(patient_id: int) -> None:
    machines.bind_machine("MACHINE-A", patient_id, by=BY, seen_by=None)


def patients(app: Flask, count: int) -> list[int]:
    with app.app_context():
        make_workstation(machine="MACHINE-A")
        return [make_visit(stage=Stage.TRIAGED).patient_id for _ in range(count)]


def test_a_machine_has_one_patient_whoever_says_it_at_once(real_database: Flask) -> None:
    outcome = crowd(real_database, [partial(bind, patient_id) for patient_id in patients(real_database, MANY)])
    assert outcome == {"done": MANY}
    with real_database.app_context():
        assert lasting() == 1


@pytest.mark.mariadb
def test_twin_without_holding_the_machine_the_key_refuses_the_second(
    real_database: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody_waits, inserted = threading.Barrier(2), machines.insert_row

    def insert_row(*values: object, **named: object) -> int:
        nobody_waits.wait(20)  # both have seen that nobody sits there
        return inserted(*values, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(machines, "_hold", lambda _machine_id: None)
    monkeypatch.setattr(machines, "insert_row", insert_row)
    waiting = patients(real_database, 2)
    with pytest.raises(IntegrityError):
        crowd(real_database, [partial(bind, patient_id) for patient_id in waiting], at_once=2)
