"""Messages that are wrong in every way: a clear answer each, and nothing kept."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from tests.reports.senders import Sender, client_of, log, make_sender, obr, obx, oru, pid, reports
from wxapp.core.db import db
from wxapp.reports.client_models import Client, Verdict, Way
from wxapp.reports.services.receiving import receive_hl7


@pytest.fixture
def lab(client: FlaskClient) -> Sender:
    return Sender(client, make_sender())


@pytest.mark.parametrize(
    ("message", "code", "error"),
    [
        (oru(kind="ADT^A01^ADT_A01"), "AR", "MSH^1^9 200"),
        (oru(kind="ORU^R30"), "AR", "MSH^1^9 201"),
        (oru(kind=""), "AR", "MSH^1^9 200"),
        (oru(processing="D"), "AR", "MSH^1^11 202"),
        (oru(processing=""), "AR", "MSH^1^11 202"),
        (oru(version="2.8"), "AR", "MSH^1^12 203"),
        (oru(version=""), "AR", "MSH^1^12 203"),
        (oru(control_id=""), "AE", "MSH^1^10 101"),
        (oru(pid()), "AE", "OBR^1 101"),
        (oru(pid(), obx()), "AE", "OBX^1 100"),
        (oru(pid(), obr(), pid(), obx()), "AE", "OBX^1 100"),
        (oru(pid(), obr(""), obx()), "AE", "OBR^1^3 101"),
        (oru(pid(), obr("x" * 65), obx()), "AE", "OBR^1^3 102"),
        (oru(pid(), obr(status="Q"), obx()), "AE", "OBR^1^25 103"),
        (oru(pid(), obr()), "AE", "OBR^1 101"),
        (oru(pid(), obr(), obx(value="")), "AE", "OBR^1 101"),
        (oru(pid(), obr(), obx(item="")), "AE", "OBX^1^3 101"),
        (oru(pid(), obr(), obx(1), obx(2, status="Q")), "AE", "OBX^2^11 103"),
        (oru(pid(), obr().replace("20260302083000+0800", "gestern"), obx()), "AE", "OBR^1^7 102"),
        (oru(pid(), obr().replace("20260302083000+0800", "20260230"), obx()), "AE", "OBR^1^7 102"),
        (oru(pid(), obr().replace("20260302083000+0800", "00010101"), obx()), "AE", "OBR^1^7 102"),
        (oru(at="nonsense"), "AE", "MSH^1^7 102"),
        (oru(pid(), obr(), obx(), "what is this"), "AE", "100"),
        (oru(pid(), obr(), obx(), "OBXX|1"), "AE", "100"),
        (oru() + oru(control_id="C2"), "AE", "MSH^2 100"),
        (oru(pid(), obr(), *(obx(n) for n in range(1, 1500))), "AE", "102"),
        (oru(pid(), obr(), *(obx(n) for n in range(1, 10_001))), "AE", "100"),
        (oru(pid(), obr(), obx(), *(["ZZZ|"] * 5000)), "AE", "100"),
        (oru(pid(), obr(), obx(value="~" * 700_000)), "AE", "100"),
    ],
    ids=range(29),
)
def test_what_is_wrong_is_named_with_its_place(lab: Sender, message: str, code: str, error: str):
    ack = lab.ack(message)
    assert (ack.code, ack.error) == (code, error)
    assert ack.control_id in {"C1", ""}
    assert ack.text
    assert reports() == []
    assert [one.verdict for one in log()] == [Verdict.REFUSED]


@pytest.mark.parametrize(
    "raw",
    [
        b"", b" ", b"\r", b"MSH", b"MSH|", b"MSH|^~\\&", b"MSH|^~\\&\r", b"MSH\r\r\r", b"rubbish", b"\x00" * 100,
        b"\xff\xfe",
        b"MSHaaaaaaaaaaaaa", b"MSH||||||||||", b"MSH|^^^^|LIS", b"MSH|^~|LIS", b"MSH^~|\\&^LIS", b"FHS|^~\\&|",
        b"BHS|^~\\&|",
        b"PID|1", b"MSH|\r\n^~\\&|", b"MSH| ~\\&|a", "MSH｜^~\\&｜".encode(),
    ],
)  # fmt: skip
def test_what_has_no_header_is_rejected(lab: Sender, raw: bytes):
    answer = lab.hl7(raw)
    assert answer.status_code == 200
    assert b"MSA" in answer.data
    assert any(code in answer.data for code in (b"AR", b"AE"))
    assert reports() == []


def test_other_separators_are_understood(lab: Sender):
    message = oru(pid(), obr(), obx(value="a!T!b", kind="ST")).translate(str.maketrans("|^~\\&", "#@*!%"))
    answer = lab.hl7(message)
    assert answer.data.startswith(b"MSH#@*!%#")
    assert b"MSA#AA#C1" in answer.data


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r"])
def test_other_ends_of_lines_are_understood(lab: Sender, end: str):
    assert lab.ack(oru().replace("\r", end)).code == "AA"


def test_signs_that_steer_are_left_out(lab: Sender):
    ack = lab.ack(oru(pid(name="王\x00芳"), obr(title="血\x1b常规"), obx(value="a\x00b\u202e", kind="ST")))
    assert ack.code == "AA"


# --- what chance finds -----------------------------------------------------------------------------------------------

SENT = oru(
    pid("HOSP1~7^^^X^NI"), "PV1|1|O", "ORC|RE||F1", obr(), "NTE|1||注", obx(1, flag="H~N"),
    obx(2, kind="SN", value="<^1"),
    obx(3, kind="ED", value="^application^pdf^Base64^JVBERg=="), obx(4, kind="FT", value="a\\.br\\b\\X41\\"),
).encode()  # fmt: skip
PIECES = st.sampled_from(
    [
        b"",
        b"|",
        b"^",
        b"~",
        b"\\",
        b"&",
        b"\r",
        b"\n",
        b"\x00",
        b"\xff",
        b"OBX|",
        b"MSH|",
        b"\\X",
        b"\\.br",
        b"2026",
        b"|" * 50,
    ]
)
CHANGES = st.lists(st.tuples(st.integers(0, len(SENT)), st.integers(0, 30), PIECES), min_size=1, max_size=4)


@bounded(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES)
def test_a_damaged_message_is_answered(lab: Sender, changes: list[tuple[int, int, bytes]]):
    raw = SENT
    for at, length, piece in changes:
        raw = raw[:at] + piece + raw[at + length :]
    _is_answered(lab, raw)


@bounded(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=300), codec=st.sampled_from(["utf-8", "gb18030", "utf-16"]))
def test_any_text_is_answered(lab: Sender, text: str, codec: str):
    raw = text.encode(codec, "replace")
    _is_answered(lab, raw)
    _is_answered(lab, b"MSH|^~\\&|" + raw)
    _is_answered(lab, SENT + b"OBX|9|ST|" + raw)


def _is_answered(lab: Sender, raw: bytes) -> None:
    before = db.engines[None].begin_nested()  # type: ignore[attr-defined]
    try:
        answer = receive_hl7(raw, way=Way.HL7, address="127.0.0.1", client=_client(lab))
        assert b"MSA" in answer.body
    finally:
        db.session.remove()
        before.rollback()


def _client(lab: Sender) -> Client:

    return client_of(lab.new)
