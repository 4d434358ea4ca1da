"""FHIR that is wrong in every way: a clear answer each, and nothing kept."""

from __future__ import annotations

from typing import Any

import pytest
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from flask.testing import FlaskClient

from tests.reports.senders import (
    Sender,
    bundle,
    coded,
    fhir_report,
    issues,
    log,
    make_sender,
    observation,
    reports,
    values,
)
from wxapp.reports.client_models import Verdict


@pytest.fixture
def lab(client: FlaskClient) -> Sender:
    return Sender(client, make_sender())


def test_the_capabilities_are_open_to_everybody(client: FlaskClient):
    answer = client.get("/fhir/metadata")
    assert (answer.status_code, answer.json["fhirVersion"]) == (200, "4.0.1")
    CapabilityStatement.model_validate(answer.json)


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b"\xff\xfe{}", 400),
        (b"{}", 400),
        (b'{"resourceType": "Patient"}', 422),
        (b'{"resourceType": 5}', 422),
        (b'{"resourceType": "DiagnosticReport"}', 422),
        (b'{"a": NaN}', 400),
        (b'{"a": 1e999999999}', 400),
        (b'{"a": ' + b"9" * 5000 + b"}", 400),
        (b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}", 400),
        (b'{"a": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", 400),
        (b"[" + b"1," * 500_000 + b"1]", 400),
    ],
    ids=range(15),
)
@pytest.mark.parametrize("path", ["/fhir", "/fhir/DiagnosticReport"])
def test_a_malformed_body_is_told(lab: Sender, path: str, raw: bytes, status: int):
    answer = lab.fhir(raw, path)
    assert answer.status_code == status, answer.text[:300]
    assert answer.json["resourceType"] == "OperationOutcome"
    assert reports() == []


@pytest.mark.parametrize(
    ("over", "where"),
    [
        ({"status": None}, "DiagnosticReport"),
        ({"code": None}, "DiagnosticReport"),
        ({"issued": "gestern"}, "DiagnosticReport.issued"),
        ({"nonsense": 1}, "DiagnosticReport.nonsense"),
        ({"identifier": None}, "DiagnosticReport.identifier"),
        ({"identifier": [{"value": "x" * 65}]}, "DiagnosticReport.identifier"),
        ({"result": {"reference": "#o0"}}, "DiagnosticReport.result"),
        ({"presentedForm": [{"data": "%%%"}]}, "DiagnosticReport.presentedForm[0].data"),
        ({"contained": [{"resourceType": "Observation", "id": "o0"}]}, "DiagnosticReport.contained[0]"),
    ],
)
def test_what_is_wrong_is_named_by_its_path(lab: Sender, over: dict[str, Any], where: str):
    answer = lab.fhir(fhir_report(observation(valueString="x"), **over))
    assert answer.status_code == 422, answer.text
    assert any(path.startswith(where) for _, path in issues(answer)), answer.text
    assert reports() == []
    assert [one.verdict for one in log()] == [Verdict.REFUSED]


@pytest.mark.parametrize("kind", ["searchset", "history", "nonsense", 5, None])
def test_other_bundles_are_refused(lab: Sender, kind: Any):
    assert lab.fhir(bundle(fhir_report(), kind=kind), "/fhir").status_code == 422


@pytest.mark.parametrize("entry", [5, [5], [{"resource": 5}], [{"resource": {"a": 1}}], [], [{}], [{"request": 7}]])
def test_broken_entries_are_refused(lab: Sender, entry: Any):
    answer = lab.fhir({"resourceType": "Bundle", "type": "collection", "entry": entry}, "/fhir")
    assert answer.status_code == 422, answer.text


def test_signs_that_steer_are_left_out(lab: Sender):
    name = "白\x00细\x1b胞\u202e"
    answer = lab.fhir(fhir_report(observation(name, valueString="a\x00b\ud800".encode("utf-8", "replace").decode())))
    assert answer.status_code == 201, answer.text
    assert values()[0].name == "白细胞"


def test_too_many_values_are_refused(lab: Sender):
    many = [{"code": coded(f"项{n}"), "valueInteger": n} for n in range(1500)]
    answer = lab.fhir(fhir_report(observation(component=many)))
    assert (answer.status_code, reports()) == (422, [])


@pytest.mark.parametrize(
    "kind", ["application/xml", "application/fhir+xml", "text/plain", "application/x-www-form-urlencoded"]
)
def test_another_content_type_is_refused(lab: Sender, kind: str):
    answer = lab.fhir(b"<x/>", content_type=kind)
    assert (answer.status_code, answer.json["resourceType"]) == (415, "OperationOutcome")


def test_a_body_beyond_the_limit_is_refused(lab: Sender):
    answer = lab.fhir(b" " * (50 * 1024 * 1024))
    assert (answer.status_code, answer.json["resourceType"]) == (413, "OperationOutcome")


@pytest.mark.parametrize(("path", "status"), [("/fhir/DiagnosticReport", 405), ("/fhir/Patient", 404), ("/fhir", 405)])
def test_what_is_not_offered_is_told_in_fhir(client: FlaskClient, path: str, status: int):
    answer = client.get(path)
    assert (answer.status_code, answer.json["resourceType"]) == (status, "OperationOutcome")
