"""Reports as FHIR: what is read of them, what is told, what is refused."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image

from tests.factories.patients import make_patient
from tests.factories.reports import make_pdf
from tests.reports.senders import (
    FHIR,
    Sender,
    bundle,
    coded,
    fhir_report,
    issues,
    log,
    make_sender,
    observation,
    quantity,
    reports,
    revision,
    values,
)
from wxapp.core import settings
from wxapp.patients.models import Patient
from wxapp.reports.client_models import Verdict
from wxapp.reports.incoming import Flag, Progress, ReportKind
from wxapp.reports.models import ReportStatus
from wxapp.reports.preferences import RECORD_SYSTEM


@pytest.fixture
def lab(client: FlaskClient) -> Sender:
    return Sender(client, make_sender())


@pytest.fixture
def patient(lab: Sender) -> Patient:
    return make_patient(name="王芳")


def png() -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(kept, "PNG")
    return kept.getvalue()


def packed(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


# --- taking ----------------------------------------------------------------------------------------------------------


def test_a_report_is_published_to_its_patient(lab: Sender, patient: Patient):
    resource = fhir_report(
        observation(valueQuantity=quantity(5.2), referenceRange=[{"low": quantity(3.5), "high": quantity(9.5)}]),
        record_no=patient.record_no,
        performer=[{"display": "安和检验中心", "type": "Organization"}, {"display": "李明", "type": "Practitioner"}],
        conclusion="未见异常",
    )
    answer = lab.fhir(resource)
    assert answer.status_code == 201, answer.text
    assert answer.content_type.startswith(FHIR)
    [report] = reports()
    assert answer.headers["Location"].endswith(f"/fhir/DiagnosticReport/{report.no}")
    assert (report.status, report.patient_id, report.report_no) == (ReportStatus.PUBLISHED, patient.id, "LAB-1")
    said = revision()
    assert (said.title, said.department, said.reported_by, said.conclusion) == (
        "血常规", "安和检验中心", "李明", "未见异常",
    )  # fmt: skip
    [value] = values()
    assert (value.code, value.text, value.unit, value.reference, value.flag) == (
        "6690-2", "5.2", "10*9/L", "3.5–9.5", Flag.NORMAL,
    )  # fmt: skip


def test_the_same_again_changes_nothing_and_other_content_corrects(lab: Sender, patient: Patient):
    first = fhir_report(observation(valueQuantity=quantity(5.2)), record_no=patient.record_no)
    assert lab.fhir(first).status_code == 201
    again = lab.fhir(first)
    assert again.status_code == 200
    assert "没有变化" in again.text
    changed = fhir_report(
        observation(valueQuantity=quantity(6.1)), record_no=patient.record_no, status="corrected",
        issued="2026-03-02T09:40:00+08:00",
    )  # fmt: skip
    assert lab.fhir(changed).status_code == 201
    [report] = reports()
    assert (report.revision, values()[0].text, revision().progress) == (2, "6.1", Progress.CORRECTED)
    assert [one.verdict for one in log()] == [Verdict.TAKEN, Verdict.UNCHANGED, Verdict.TAKEN]


def test_the_number_of_another_client_is_another_report(lab: Sender, client: FlaskClient):
    other = Sender(client, make_sender())
    resource = fhir_report(observation(valueQuantity=quantity(5.2)))
    assert {lab.fhir(resource).status_code, other.fhir(resource).status_code} == {201}
    assert len(reports()) == 2


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("final", ReportStatus.PUBLISHED),
        ("preliminary", ReportStatus.HELD),
        ("registered", ReportStatus.HELD),
        ("amended", ReportStatus.PUBLISHED),
        ("entered-in-error", ReportStatus.WITHDRAWN),
    ],
)
def test_a_status_says_what_becomes_of_a_report(lab: Sender, patient: Patient, status: str, expected: ReportStatus):
    resource = fhir_report(observation(valueString="正常"), record_no=patient.record_no, status=status)
    assert lab.fhir(resource).status_code == 201
    assert reports()[0].status is expected


def test_without_a_known_patient_it_is_parked_with_a_warning(lab: Sender):
    answer = lab.fhir(fhir_report(observation(valueString="正常")))
    assert answer.status_code == 201
    assert ("warning", "DiagnosticReport.subject") in issues(answer)
    assert reports()[0].status is ReportStatus.PARKED


# --- values ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"valueQuantity": quantity(1.20)}, ("1.2", "1.2", "10*9/L")),
        ({"valueQuantity": quantity(0.01, comparator="<")}, ("<0.01", None, "10*9/L")),
        ({"valueQuantity": quantity(7, "琥珀单位")}, ("7", "7", "琥珀单位")),
        ({"valueQuantity": {"value": 7, "code": "mmol/L"}}, ("7", "7", "mmol/L")),
        ({"valueString": "阴性"}, ("阴性", None, "")),
        ({"valueCodeableConcept": coded("未检出", "260415000")}, ("未检出", None, "")),
        ({"valueBoolean": True}, ("是", None, "")),
        ({"valueInteger": 3}, ("3", "3", "")),
        ({"valueDateTime": "2026-03-02T08:30:00+08:00"}, ("2026-03-02 08:30", None, "")),
        ({"valueTime": "08:30:00"}, ("08:30:00", None, "")),
        ({"valueRange": {"low": {"value": 3, "unit": "级"}, "high": {"value": 5, "unit": "级"}}}, ("3–5", None, "级")),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}}, ("1:128", None, "")),
        ({"dataAbsentReason": coded("", "not-performed")}, ("未检测", None, "")),
        ({"dataAbsentReason": coded("标本溶血")}, ("标本溶血", None, "")),
        ({"note": [{"text": "标本不足"}]}, ("标本不足", None, "")),
        (
            {"valuePeriod": {"start": "2026-03-01", "end": "2026-03-02"}},
            ("2026-03-01 至 2026-03-02", None, ""),
        ),
        (
            {"valueSampledData": {"origin": {"value": 0}, "period": 10, "dimensions": 1, "data": "1 2"}},
            ("波形数据，请查看原始报告", None, ""),
        ),
    ],
)
def test_every_kind_of_value_is_shown(lab: Sender, said: dict[str, Any], expected: tuple[Any, ...]):
    said.setdefault("status", "final")
    answer = lab.fhir(fhir_report(observation(**{k: v for k, v in said.items() if v is not None})))
    assert answer.status_code == 201, answer.text
    [value] = values()
    assert (value.text, value.number, value.unit) == expected


def test_zeros_behind_the_point_are_kept(lab: Sender):
    raw = fhir_report(observation(valueQuantity=quantity("NUMBER")))
    assert lab.fhir(json.dumps(raw).replace('"NUMBER"', "1.20").encode()).status_code == 201
    assert (values()[0].text, values()[0].number) == ("1.20", "1.20")


@pytest.mark.parametrize(
    ("code", "flag"),
    [("N", Flag.NORMAL), ("L", Flag.LOW), ("HH", Flag.CRITICAL_HIGH), ("A", Flag.ABNORMAL), ("POS", Flag.ABNORMAL)],
)
def test_an_interpretation_becomes_a_flag(lab: Sender, code: str, flag: Flag):
    lab.fhir(fhir_report(observation(valueString="x", interpretation=[coded("", code)])))
    assert values()[0].flag is flag


def test_blood_pressure_has_its_parts_in_one_group(lab: Sender):
    parts = [
        {"code": coded("收缩压", "8480-6"), "valueQuantity": quantity(118, "mmHg")},
        {"code": coded("舒张压", "8462-4"), "valueQuantity": quantity(76, "mmHg")},
    ]
    lab.fhir(fhir_report(observation("血压", code="85354-9", component=parts)))
    assert [(one.section, one.name, one.text) for one in values()] == [
        ("血压", "收缩压", "118"), ("血压", "舒张压", "76"),
    ]  # fmt: skip


def test_what_could_not_be_found_stands_in_the_report_and_in_the_answer(lab: Sender):
    missing = {"reference": "Observation/none", "display": "血型"}
    answer = lab.fhir(fhir_report(result=[missing], contained=None, conclusion="见各项"))
    assert answer.status_code == 201
    assert ("warning", "DiagnosticReport.result[0]") in issues(answer)
    assert "血型" in revision().conclusion
    assert "血型" not in log()[0].detail  # what is medical stays out of the log


def test_members_are_followed_once_and_in_circles_end(lab: Sender):
    one = observation("生化", code="p1", hasMember=[{"reference": "Observation/b"}], id="a")
    two = observation("血糖", code="2345-7", valueQuantity=quantity(5, "mmol/L"), id="b")
    two["hasMember"] = [{"reference": "Observation/a"}, {"reference": "Observation/b"}]
    report = fhir_report(result=[{"reference": "Observation/a"}], contained=None)
    answer = lab.fhir(bundle(report, one, two, kind="collection"), "/fhir")
    assert answer.status_code == 200, answer.text
    assert [(value.section, value.name) for value in values()] == [("生化", "血糖")]


def test_a_very_deep_panel_ends_with_a_warning(lab: Sender):
    chain = [observation(f"层{n}", hasMember=[{"reference": f"Observation/{n + 1}"}], id=str(n)) for n in range(30)]
    report = fhir_report(result=[{"reference": "Observation/0"}], contained=None, conclusion="见上")
    answer = lab.fhir(bundle(report, *chain), "/fhir")
    assert "嵌套过深" in answer.text


# --- references, patients --------------------------------------------------------------------------------------------


def test_a_bundle_s_patient_and_observations_are_found(lab: Sender, patient: Patient):
    number = {"type": coded("", "MR"), "value": patient.record_no}
    person = {
        "resourceType": "Patient",
        "_url": "urn:uuid:aaaaaaaa-0000-4000-8000-000000000000",
        "identifier": [number, {"type": coded("", "NI"), "value": "999999198506150001"}],
        "name": [{"family": "王", "given": ["芳"]}],
    }
    seen = observation(valueQuantity=quantity(5), _url="https://lab.example/fhir/Observation/7", id="7")
    report = fhir_report(
        subject={"reference": "urn:uuid:aaaaaaaa-0000-4000-8000-000000000000"},
        result=[{"reference": "Observation/7"}],
        contained=None,
    )
    answer = lab.fhir(bundle(report, person, seen), "/fhir")
    assert answer.status_code == 200, answer.text
    assert answer.json["type"] == "transaction-response"
    assert [entry["response"]["status"] for entry in answer.json["entry"]] == ["201 Created", "200 OK", "200 OK"]
    assert reports()[0].patient_id == patient.id
    assert values()[0].text == "5"


def test_only_the_number_of_the_set_system_counts(lab: Sender, patient: Patient):
    settings.write(RECORD_SYSTEM, "urn:hospital:record", by="system:tests")
    person = {"resourceType": "Patient", "id": "p", "name": [{"text": "王芳"}],
              "identifier": [{"value": patient.record_no, "system": "urn:other"}]}  # fmt: skip
    report = fhir_report(observation(valueString="x"), subject={"reference": "#p"})
    report["contained"].append(person)
    lab.fhir(report)
    assert reports()[0].status is ReportStatus.PARKED
    person["identifier"][0]["system"] = "urn:hospital:record"
    lab.fhir(report | {"identifier": [{"value": "LAB-2"}]})
    assert reports()[1].patient_id == patient.id


def test_a_transaction_is_all_or_nothing_and_a_batch_is_not(lab: Sender):
    good = fhir_report(observation(valueString="x"))
    bad = fhir_report(observation(valueString="y"), identifier=[{"value": "LAB-2"}], status="nonsense")
    refused = lab.fhir(bundle(dict(good), dict(bad)), "/fhir")
    assert refused.status_code == 422
    assert issues(refused) == [("error", "Bundle.entry[1].resource.status")]
    assert reports() == []
    answer = lab.fhir(bundle(dict(bad), dict(good), kind="batch"), "/fhir")
    assert [entry["response"]["status"] for entry in answer.json["entry"]] == ["422", "201 Created"]
    assert [report.report_no for report in reports()] == ["LAB-1"]


@pytest.mark.parametrize("category", ["体检", "checkup"])
def test_a_category_puts_it_with_the_checkups(lab: Sender, category: str):
    lab.fhir(fhir_report(observation(valueString="x"), category=[coded(category)]))
    assert reports()[0].kind is ReportKind.CHECKUP


# --- files -----------------------------------------------------------------------------------------------------------


def test_the_document_and_pictures_are_kept(lab: Sender):
    media = {"resourceType": "Media", "id": "m", "status": "completed",
             "content": {"contentType": "image/png", "data": packed(png())}}  # fmt: skip
    report = fhir_report(
        observation(valueString="x"),
        presentedForm=[{"contentType": "application/pdf", "data": packed(make_pdf())}],
        media=[{"link": {"reference": "#m"}}],
    )
    report["contained"].append(media)
    answer = lab.fhir(report)
    assert answer.status_code == 201, answer.text
    said = revision()
    assert (bool(said.document_token), said.picture_count) == (True, 1)


def test_an_address_is_never_fetched(lab: Sender):
    form = {"contentType": "application/pdf", "url": "http://127.0.0.1/secret.pdf"}
    answer = lab.fhir(fhir_report(observation(valueString="x"), presentedForm=[form]))
    assert answer.status_code == 201
    assert ("warning", "DiagnosticReport.presentedForm[0]") in issues(answer)
    assert revision().document_token == ""
