"""Which patient sits at which recording machine, said by a consultant or by the machine itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.factories.configuration import make_workstation
from tests.factories.patients import make_patient
from tests.factories.staff import make_member
from tests.factories.visits import make_visit
from wxapp.core import actors
from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.core.permissions import Permission
from wxapp.visits import tasks
from wxapp.visits.models import MachineBinding, Stage
from wxapp.visits.services import machines

pytestmark = pytest.mark.usefixtures("app")
PAGE = {"Accept": "text/html"}
BY = "system:tests"


@pytest.fixture
def consultant():
    return make_member({Permission.CONSULT, Permission.VISIT_READ})


def bindings() -> list[MachineBinding]:
    return list(db.session.scalars(sa.select(MachineBinding).order_by(MachineBinding.id)))


def talked_to(consultant, **over):
    return make_visit(stage=Stage.TRIAGED, consultant_id=consultant.id, **over)


# --- binding ---------------------------------------------------------------------------------------------------------


def test_the_next_patient_ends_the_one_before(at):  # type: ignore[no-untyped-def]
    make_workstation(machine="MACHINE-A")
    first, second = make_visit(stage=Stage.TRIAGED), make_visit(stage=Stage.TRIAGED)
    machines.bind_machine("MACHINE-A", first.patient_id, by=BY, seen_by=None)
    at(timedelta(minutes=40))
    machines.bind_machine("MACHINE-A", second.patient_id, by=BY, seen_by=None)
    ended, lasting = bindings()
    assert (ended.visit_id, ended.open_marker) == (first.id, None)
    assert ended.unbound_at == lasting.bound_at
    assert (lasting.visit_id, lasting.open_marker, lasting.unbound_at) == (second.id, 1, None)


def test_said_again_nothing_changes():
    make_workstation(machine="MACHINE-A")
    visit = make_visit(stage=Stage.TRIAGED)
    first = machines.bind_machine("MACHINE-A", visit.patient_id, by=BY, seen_by=None)
    assert machines.bind_machine("MACHINE-A", visit.patient_id, by=BY, seen_by=None) == first
    assert len(bindings()) == 1


def test_two_machines_have_two_patients():
    for code in ("MACHINE-A", "MACHINE-B"):
        make_workstation(machine=code)
        machines.bind_machine(code, make_visit(stage=Stage.TRIAGED).patient_id, by=BY, seen_by=None)
    assert [one.open_marker for one in bindings()] == [1, 1]


def test_the_visit_that_has_begun_is_meant_not_a_later_appointment():
    make_workstation(machine="MACHINE-A")
    here = make_visit(stage=Stage.TRIAGED)
    make_visit(patient=patient_of(here), stage=Stage.BOOKED)
    machines.bind_machine("MACHINE-A", here.patient_id, by=BY, seen_by=None)
    assert bindings()[0].visit_id == here.id


def patient_of(visit):
    from wxapp.patients.models import Patient

    return db.session.get_one(Patient, visit.patient_id)


@pytest.mark.parametrize("stage", [Stage.LEFT, Stage.REFUSED])
def test_a_patient_whose_visit_is_over_sits_nowhere(stage: Stage):
    make_workstation(machine="MACHINE-A")
    visit = make_visit(stage=stage)
    with pytest.raises(NotFound, match="没有进行中的到院单"):
        machines.bind_machine("MACHINE-A", visit.patient_id, by=BY, seen_by=None)


@pytest.mark.parametrize("over", [{"is_active": False}, {"machine": "MACHINE-Z"}])
def test_a_machine_that_is_not_registered_or_off_is_refused(over):
    make_workstation(**{"machine": "MACHINE-A", **over})
    with pytest.raises(NotFound, match="机器码未登记"):
        machines.bind_machine("MACHINE-A", make_visit(stage=Stage.TRIAGED).patient_id, by=BY, seen_by=None)


def test_nobody_sits_at_a_machine_overnight(at):  # type: ignore[no-untyped-def]
    make_workstation(machine="MACHINE-A")
    machines.bind_machine("MACHINE-A", make_visit(stage=Stage.TRIAGED).patient_id, by=BY, seen_by=None)
    assert tasks.release_machines() == 0
    at("2026-03-03 00:10")
    assert tasks.release_machines() == 1
    assert tasks.release_machines() == 0
    assert bindings()[0].open_marker is None


# --- the interface ---------------------------------------------------------------------------------------------------


def sent(visit, machine="MACHINE-A", **over):
    return {
        "user_id": visit.patient_id,
        "user_name": "张三",
        "user_phone": "13800000001",
        "user_number": "HOSP20010101",
        "machine": machine,
        **over,
    }


def test_a_consultant_says_who_sits_there(client, sign_in_staff, consultant):
    make_workstation(machine="MACHINE-A")
    visit = talked_to(consultant, patient=make_patient(name="王真"))
    csrf = sign_in_staff(client, consultant)
    answer = client.post("/pf/External/set_machine", data=sent(visit), headers={"X-CSRF-Token": csrf})
    assert answer.json == {"code": 1, "msg": "操作成功"}
    assert [(one.visit_id, one.patient_id, one.bound_by) for one in bindings()] == [
        (visit.id, visit.patient_id, actors.staff(consultant.id))
    ]


def test_a_consultant_binds_own_patients_only(client, sign_in_staff, consultant):
    make_workstation(machine="MACHINE-A")
    visit = talked_to(make_member({Permission.CONSULT}))
    csrf = sign_in_staff(client, consultant)
    answer = client.post("/pf/external/set_machine", data=sent(visit), headers={"X-CSRF-Token": csrf})
    assert (answer.status_code, answer.json["code"]) == (200, 0)
    assert bindings() == []


def test_a_machine_says_it_with_its_own_token(client):
    machine = make_workstation(machine="MACHINE-A", token="token-of-a")
    visit = make_visit(stage=Stage.TRIAGED)
    headers = {"Authorization": "Bearer token-of-a"}
    assert client.post("/pf/external/set_machine", data=sent(visit), headers=headers).json["code"] == 1
    assert [(one.machine_id, one.visit_id) for one in bindings()] == [(machine.id, visit.id)]
    assert bindings()[0].bound_by == f"system:device:{machine.id}"


def test_a_machine_speaks_for_itself_only(client):
    make_workstation(machine="MACHINE-A")
    make_workstation(machine="MACHINE-B", token="token-of-b")
    answer = client.post(
        "/pf/external/set_machine",
        data=sent(make_visit(stage=Stage.TRIAGED)),
        headers={"Authorization": "Bearer token-of-b"},
    )
    assert answer.status_code == 403
    assert bindings() == []


@pytest.mark.parametrize("token", ["", "guessed", "token-of-a "])
def test_without_a_known_token_nothing_is_bound(client, token):
    make_workstation(machine="MACHINE-A", token="other")
    answer = client.post(
        "/pf/external/set_machine",
        data=sent(make_visit(stage=Stage.TRIAGED)),
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 401
    assert bindings() == []


@pytest.mark.parametrize("over", [{"user_id": ""}, {"user_id": "x"}, {"machine": ""}, {"machine": "M" * 41}])
def test_what_is_missing_or_wrong_is_refused(client, sign_in_staff, consultant, over):
    make_workstation(machine="MACHINE-A")
    csrf = sign_in_staff(client, consultant)
    visit = talked_to(consultant)
    answer = client.post("/pf/external/set_machine", data=sent(visit, **over), headers={"X-CSRF-Token": csrf})
    assert (answer.status_code, answer.json["code"]) == (200, 0)
    assert bindings() == []


# --- the page --------------------------------------------------------------------------------------------------------


def test_the_page_offers_own_patients_and_shows_who_sits_where(client, sign_in_staff, consultant):
    make_workstation(machine="MACHINE-A", name="一号机", room="咨询室1", staff_id=consultant.id)
    visit = talked_to(consultant, patient=make_patient(name="王真"))
    other = talked_to(make_member({Permission.CONSULT}))
    csrf = sign_in_staff(client, consultant)
    page = client.get("/pc/consultation/machine", headers=PAGE).text
    assert visit.visit_no in page
    assert other.visit_no not in page
    assert "王真" not in page
    posted = {"visit_id": visit.id, "machine": "MACHINE-A", "csrf_token": csrf}
    assert client.post("/pc/consultation/machine", data=posted, headers=PAGE).status_code == 303
    assert "王*" in client.get("/pc/consultation/machine", headers=PAGE).text
    ended = {"binding_id": bindings()[0].id, "csrf_token": csrf}
    assert client.post("/pc/consultation/machine/release", data=ended, headers=PAGE).status_code == 303
    assert bindings()[0].open_marker is None


def test_a_binding_of_somebody_elses_patient_stays(client, sign_in_staff, consultant):
    make_workstation(machine="MACHINE-A")
    visit = talked_to(make_member({Permission.CONSULT}))
    binding = machines.bind_machine("MACHINE-A", visit.patient_id, by=BY, seen_by=None)
    csrf = sign_in_staff(client, consultant)
    answer = client.post(
        "/pc/consultation/machine/release", data={"binding_id": binding, "csrf_token": csrf}, headers=PAGE
    )
    assert answer.status_code == 404
    assert bindings()[0].open_marker == 1
