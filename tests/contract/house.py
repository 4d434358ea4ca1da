"""A small hospital with one person of each role, whom programs call as."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import Flask, g, request_finished
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from tests.conftest import sign_in
from tests.contract.entries import ROLES, SERVED, Entry
from tests.factories.configuration import (
    make_code,
    make_methods,
    make_project,
    make_project_category,
    make_workstation,
)
from tests.factories.patients import make_patient
from tests.factories.staff import make_member
from tests.factories.visits import make_visit
from wxapp.core import sessions
from wxapp.core.db import Model, db, transaction
from wxapp.hospital.models import CodeKind, Method, Project
from wxapp.patients.models import Patient, Sex
from wxapp.staff import services as staff
from wxapp.staff.models import Member, Role
from wxapp.visits.models import Stage, Visit

Params = Mapping[str, Any]
PHONE = "13800004321"
MASKED = "138****4321"
LOGS = {"admin_audit", "admin_audit_head", "core_session", "core_sequence", "core_store", "core_idempotency"}
"""Tables that a refused call may write: what was asked, who asks, numbers that are left out."""


@dataclass
class Caller:
    """A program that is signed in as somebody."""

    member: Member
    client: FlaskClient
    csrf: str


@dataclass
class House:
    """A hospital at work: people, projects at 800, 1200 and 3000 yuan, ways to pay, one patient."""

    app: Flask
    members: dict[str, Member]
    projects: list[Project]
    methods: dict[str, Method]
    patient: Patient
    _callers: dict[str, Caller] = field(default_factory=dict)

    def caller(self, role: str) -> Caller:
        if role not in self._callers:
            client = self.app.test_client()
            csrf = sign_in(client, sessions.STAFF, self.members[role].id)
            self._callers[role] = Caller(self.members[role], client, csrf)
        return self._callers[role]

    def sign_out(self) -> None:
        """Forget all sessions: whoever calls next signs in again."""
        self._callers.clear()

    def id_of(self, role: str) -> int:
        return self.members[role].id

    def call(self, entry: Entry | str, params: Params, *, role: str = "", path: str = "", token: bool = True) -> Any:
        """Call an interface as a program does.

        :param role: who calls; the first whom the contract names otherwise
        :param path: the spelling of its path; as the contract writes it otherwise
        :param token: whether the CSRF token is sent along
        """
        entry = SERVED[entry] if isinstance(entry, str) else entry
        caller = self.caller(role or entry.roles[0])
        return send(caller.client, entry, params, path=path, csrf=caller.csrf if token else "")

    def done(self, entry: Entry | str, params: Params, *, role: str = "") -> Any:
        """Call an interface that must not refuse; returns what it answered."""
        answer = self.call(entry, params, role=role)
        assert answer.status_code == 200, (entry, answer.status_code, answer.text[:300])
        assert not isinstance(answer.json, dict) or answer.json.get("code", 1) == 1, (entry, answer.json)
        return answer.json

    def visit(self, stage: Stage, **over: Any) -> Visit:
        """Return a visit of the patient at this stage, of the three projects and of the consultant, once triaged."""
        if stage not in {Stage.BOOKED, Stage.ARRIVED, Stage.EXAMINING}:
            over.setdefault("consultant_id", self.id_of("咨询师"))
        return make_visit(patient=self.patient, stage=stage, projects=self.projects, **over)


def send(client: FlaskClient, entry: Entry, params: Params, *, path: str = "", csrf: str = "") -> Any:
    """Send a request of this interface's method; lists become repeated keys, content with a name a file."""
    sent = MultiDict((key, _read(one)) for key, value in params.items() for one in _several(value))
    headers = {"X-CSRF-Token": csrf} if csrf else {}
    if entry.method == "GET":
        return client.get(path or entry.path, query_string=sent, headers=headers)
    return client.post(path or entry.path, data=sent, headers=headers)


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _read(value: Any) -> Any:
    return (io.BytesIO(value[0]), value[1]) if isinstance(value, tuple) else value


@contextmanager
def doors(app: Flask) -> Iterator[list[str]]:
    """Tell which interfaces have answered."""
    seen: list[str] = []

    def note(_app: Flask, **_: Any) -> None:
        spec = g.get("interface")
        seen.append(spec.id if spec is not None else "")

    with request_finished.connected_to(note, app):
        yield seen


def make_house(app: Flask) -> House:
    staff.install_default_roles()
    with transaction():  # the second factor has tests of its own
        for role in db.session.scalars(sa.select(Role)):
            role.requires_totp = False
    roles = {role.label: role for role in db.session.scalars(sa.select(Role))}
    members = {
        label: make_member(roles=[roles[label]], name=f"{label}甲", phone=f"1380001000{number}")
        for number, label in enumerate((*ROLES, "财务", "护士"))
    }
    category, other = make_project_category(name="眼部"), make_project_category(name="皮肤")
    projects = [
        make_project(category=category, name="项目甲", price_fen=80_000),
        make_project(category=category, name="项目乙", price_fen=120_000),
        make_project(category=other, name="项目丙", price_fen=300_000),
    ]
    make_code(CodeKind.PATIENT_TAG, 3, "老客户")
    make_code(CodeKind.REFERRAL_SOURCE, 0, "市场部")
    make_code(CodeKind.CHANNEL, 1, "熟人介绍")
    make_workstation(machine="MACHINE-01", staff_id=members["咨询师"].id)
    patient = make_patient(name="张三", phone=PHONE, sex=Sex.FEMALE)
    return House(app, members, projects, make_methods(), patient)


def contents() -> dict[str, list[tuple[Any, ...]]]:
    """Return everything that is in the database, but for logs: what a refused call leaves as it was."""
    db.session.expire_all()
    tables = [table for table in Model.metadata.sorted_tables if table.name not in LOGS]
    return {table.name: [tuple(row) for row in db.session.execute(sa.select(table))] for table in tables}


def changed(before: Mapping[str, list[Any]], after: Mapping[str, list[Any]]) -> list[str]:
    """Return the tables that differ."""
    return [name for name in before if sorted(map(repr, before[name])) != sorted(map(repr, after[name]))]
