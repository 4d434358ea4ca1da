"""Keys of the systems that send reports: made once, shown once, changed, switched off; wrong ones told nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.reports.senders import Ack, Sender, client_of, fhir_report, log, make_sender, observation, oru
from wxapp.core.db import db
from wxapp.core.errors import Invalid, NotFound, Stale
from wxapp.reports.client_models import Client, Way
from wxapp.reports.networks import is_within, plain_networks
from wxapp.reports.services import clients, messages
from wxapp.reports.services.receiving import receive_hl7

HERE = "127.0.0.1"
RESOURCE = fhir_report(observation(valueString="x"))


@pytest.fixture
def lab(client: FlaskClient) -> Sender:
    return Sender(client, make_sender())


def draft(**over: object) -> clients.ClientDraft:
    return clients.ClientDraft(**{"label": "检验科LIS", "takes_fhir": True, "takes_hl7": False, "networks": "", **over})


def test_the_key_itself_is_nowhere_in_the_tables(lab: Sender):
    row = db.session.execute(sa.select(Client.__table__)).one()
    assert lab.new.key.startswith("wxr_")
    assert lab.new.key not in str(row)
    assert row.key_end == lab.new.key[-4:]


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"takes_fhir": False}, "takes_fhir"),
        ({"networks": "192.168.0"}, "networks"),
        ({"networks": "\n".join(f"10.0.{n}.0/24" for n in range(30))}, "networks"),
    ],
)
def test_a_draft_is_checked(lab: Sender, over: dict[str, object], field: str):
    with pytest.raises(Invalid) as refusal:
        clients.add_client(draft(**over), by="system:tests")
    assert list(refusal.value.errors) == [field]


def test_two_clients_don_t_have_one_name(lab: Sender):
    first = clients.add_client(draft(), by="system:tests")
    other = clients.add_client(draft(label="影像科"), by="system:tests")
    with pytest.raises(Invalid):
        clients.add_client(draft(), by="system:tests")
    with pytest.raises(Invalid):
        clients.change_client(other.client_id, draft(), version=1)
    clients.change_client(first.client_id, draft(takes_hl7=True), version=1)
    with pytest.raises(Stale):
        clients.change_client(first.client_id, draft(), version=1)


@pytest.mark.parametrize(
    ("way", "over", "may"),
    [
        (Way.FHIR, {"takes_hl7": False}, True),
        (Way.HL7, {"takes_hl7": False}, False),
        (Way.MLLP, {"takes_fhir": False}, True),
        (Way.FHIR, {"takes_fhir": False}, False),
        (Way.FHIR, {"networks": "10.1.0.0/16"}, False),
        (Way.FHIR, {"networks": "10.1.0.0/16 127.0.0.1"}, True),
    ],
)
def test_a_key_opens_its_ways_from_its_addresses(lab: Sender, way: Way, over: dict[str, object], may: bool):
    new = make_sender(**over)
    if may:
        assert clients.admit(new.key, way, address=HERE).id == new.client_id
    else:
        with pytest.raises(clients.KeyRefused):
            clients.admit(new.key, way, address=HERE)


@pytest.mark.parametrize(
    ("address", "networks", "expected"),
    [
        ("10.1.2.3", "", True),
        ("10.1.2.3", "10.1.0.0/16", True),
        ("::ffff:10.1.2.3", "10.1.0.0/16", True),
        ("fe80::1%eth0", "fe80::/10", True),
        ("10.2.2.3", "10.1.0.0/16\n10.3.0.0/16", False),
        ("nonsense", "10.1.0.0/16", False),
    ],
)
def test_addresses(address: str, networks: str, expected: bool):
    assert is_within(address, networks) is expected
    assert plain_networks("10.1.2.3/16， ::1") == "10.1.0.0/16\n::1/128"


def test_a_switched_off_client_is_a_stranger(lab: Sender):
    clients.switch_client(lab.new.client_id, on=False)
    assert lab.fhir(RESOURCE).status_code == 401
    clients.switch_client(lab.new.client_id, on=True)
    assert lab.fhir(RESOURCE).status_code == 201
    with pytest.raises(NotFound):
        clients.switch_client(999, on=True)


def test_the_key_before_the_last_change_lives_for_a_while(lab: Sender, at: Callable[[timedelta], None]):
    fresh = clients.rotate_key(lab.new.client_id, keep_hours=24)
    for key in (lab.new.key, fresh.key):
        assert clients.admit(key, Way.FHIR, address=HERE).id == lab.new.client_id
    at(timedelta(hours=24, seconds=1))
    with pytest.raises(clients.KeyRefused):
        clients.admit(lab.new.key, Way.FHIR, address=HERE)
    last = clients.rotate_key(lab.new.client_id, keep_hours=0)
    for key in (lab.new.key, fresh.key):
        with pytest.raises(clients.KeyRefused):
            clients.admit(key, Way.FHIR, address=HERE)
    assert clients.admit(last.key, Way.FHIR, address=HERE)
    with pytest.raises(NotFound):
        clients.rotate_key(999, keep_hours=1)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic abc",
        "Bearer wxr_short",
        "Bearer wxr_" + "x" * 43,
        "Bearer " + "x" * 9000,
        "wxr_x",
    ],
)
@pytest.mark.parametrize("path", ["/fhir", "/fhir/DiagnosticReport", "/hl7"])
def test_every_wrong_key_gets_the_same_answer(client: FlaskClient, path: str, header: str):
    answer = client.post(path, data=b"x", headers={"Authorization": header}, content_type="application/fhir+json")
    assert answer.status_code == 401
    assert "接口密钥无效" in answer.text
    assert log() == []


def test_an_address_that_guesses_has_to_wait_and_the_right_key_still_opens(lab: Sender):
    found = [lab.fhir(RESOURCE, key="wxr_" + "x" * 43) for _ in range(22)]
    assert [answer.status_code for answer in found] == [401] * 20 + [429] * 2
    assert int(found[-1].headers["Retry-After"]) > 0
    assert lab.fhir(RESOURCE).status_code == 201


def test_over_mllp_the_key_stands_in_the_message(lab: Sender):
    right = receive_hl7(oru(key=lab.new.key).encode(), way=Way.MLLP, address=HERE)
    assert (Ack.of(right.body).code, right.is_known) == ("AA", True)
    for key in ("", "nonsense", "wxr_" + "x" * 43):
        wrong = receive_hl7(oru(key=key, control_id="C2").encode(), way=Way.MLLP, address=HERE)
        ack = Ack.of(wrong.body)
        assert (ack.code, ack.error, wrong.is_known) == ("AR", "MSH^1^8 204", False)
        assert key == "" or key.encode() not in wrong.body
    assert len(log()) == 1


def test_the_last_use_is_noted_to_the_minute(lab: Sender, at: Callable[[timedelta], None]):
    lab.fhir(RESOURCE)
    first = client_of(lab.new).last_used_at
    at(timedelta(seconds=30))
    lab.fhir(RESOURCE)
    assert client_of(lab.new).last_used_at == first
    at(timedelta(minutes=2))
    lab.fhir(RESOURCE)
    assert client_of(lab.new).last_used_at > first
    assert client_of(lab.new).last_address == HERE


def test_old_messages_go(lab: Sender, at: Callable[[timedelta], None]):
    lab.fhir(RESOURCE)
    at(timedelta(days=29))
    assert messages.remove_old() == 0
    at(timedelta(days=2))
    assert (messages.remove_old(), log()) == (1, [])
