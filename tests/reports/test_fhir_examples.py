"""Reports of the shapes that the specification's own examples have.

The contents are invented; each uses the elements, kinds of references and Bundles of the R4 example that its name
tells: blood count, culture, lipids, head CT, ultrasound, cytology, health profile, biopsy, genetics, tissue typing,
pharmacogenetics, bone density.
"""

from __future__ import annotations

import base64
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories.reports import make_pdf
from tests.reports.senders import Sender, bundle, coded, make_sender, observation, quantity, reports, revision, values
from wxapp.reports.models import ReportStatus

V2 = "http://terminology.hl7.org/CodeSystem/v2-0074"
BASE = "https://lab.example/base"


@pytest.fixture
def lab(client: FlaskClient) -> Sender:
    return Sender(client, make_sender())


def category(code: str) -> list[dict[str, Any]]:
    return [{"coding": [{"system": "http://snomed.info/sct", "code": "15220000"}, {"system": V2, "code": code}]}]


def report(name: str, title: str, **over: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "resourceType": "DiagnosticReport",
        "id": name,
        "text": {
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{title}&amp;说明</p></div>',
        },
        "status": "final",
        "code": coded(title, "58410-2"),
        "subject": {"reference": "Patient/pat2"},
        "effectiveDateTime": "2011-03-04",
        "issued": "2013-01-27T11:45:33+11:00",
        "performer": [{"reference": "Organization/1832", "display": "示例检验所"}],
    }
    return found | over


def at(resource: dict[str, Any], name: str) -> dict[str, Any]:
    return resource | {"id": name, "_url": f"{BASE}/{resource['resourceType']}/{name}"}


def results(*names: str) -> list[dict[str, str]]:
    return [{"reference": f"Observation/{name}"} for name in names]


def collection(first: dict[str, Any], *others: dict[str, Any]) -> dict[str, Any]:
    return bundle(first, *others, kind="collection")


PDF = {"contentType": "application/pdf", "language": "zh", "title": "病理报告"}


def shapes() -> dict[str, tuple[dict[str, Any], int, str]]:
    """Return each shape with how many values it has and what its words begin with."""
    blood = [
        at(
            observation(
                f"项{n}",
                valueQuantity=quantity(n, "g/L", system="http://unitsofmeasure.org", code="g/L"),
                referenceRange=[{"low": quantity(1, "g/L"), "high": quantity(4, "g/L")}],
                interpretation=[coded("", "H" if n > 4 else "N")],
            ),
            f"r{n}",
        )
        for n in range(1, 7)
    ]
    organism = at(observation("培养", valueCodeableConcept=coded("金黄色葡萄球菌"), hasMember=results("sens")), "org1")
    sensitivity = at(observation("药敏", hasMember=results("s1", "s2")), "sens")
    drugs = [
        at(
            observation(f"药{n}", valueQuantity=quantity(2, "ug/ml", comparator="<="), interpretation=[coded("", "S")]),
            f"s{n}",
        )
        for n in (1, 2)
    ]
    panels = [at(observation(f"组{n}", hasMember=results(f"r{n}", f"r{n + 3}")), f"p{n}") for n in (1, 2, 3)]
    unread = {"resourceType": "MolecularSequence", "type": "dna", "coordinateSystem": 0, "_url": "urn:uuid:1"}
    return {
        "blood count": (
            collection(report("101", "血细胞计数", result=results(*(f"r{n}" for n in range(1, 7)))), *blood),
            6,
            "",
        ),
        "blood count without results": (
            report("f001", "血细胞计数", result=results("f001"), conclusion="见附件"),
            0,
            "见附件",
        ),
        "culture": (
            collection(
                report("micro", "MRSA培养", category=category("MB"), result=results("org1")),
                organism,
                sensitivity,
                *drugs,
            ),
            3,
            "",
        ),
        "lipids": (
            collection(report("lipids", "血脂", category=category("HM"), result=results("r1", "r2")), *blood),
            2,
            "",
        ),
        "head CT": (
            report(
                "f201",
                "头颈CT",
                category=category("RAD"),
                imagingStudy=[{"display": "DICOM"}],
                conclusion="占位",
                conclusionCode=[coded("蝶骨肿瘤", "188340000")],
            ),
            0,
            "占位\n蝶骨肿瘤",
        ),
        "ultrasound": (
            report(
                "ultrasound",
                "腹部超声",
                conclusion="未见异常",
                media=[{"comment": "图像", "link": {"reference": "Media/1.2.840", "display": "WADO"}}],
            ),
            0,
            "未见异常",
        ),
        "cytology in its narrative": (report("pap", "宫颈细胞学"), 0, "宫颈细胞学&说明"),
        "health profile": (
            collection(report("ghp", "健康评估", result=results("p1", "p2", "p3")), *panels, *blood),
            6,
            "",
        ),
        "biopsy": (
            report(
                "biopsy",
                "活检",
                identifier=[{"system": "https://lab.example", "value": "P1"}],
                subject={"display": "王芳"},
                presentedForm=[PDF | {"data": base64.b64encode(make_pdf()).decode()}],
            ),
            0,
            "",
        ),
        "genetics": (
            report(
                "dg2",
                "基因检测",
                result=[{"reference": "Observation/g", "display": "BRCA1"}],
                extension=[{"url": "urn:family", "valueReference": {"reference": "FamilyMemberHistory/f1"}}],
                specimen=[{"reference": "Specimen/1", "display": "血"}],
            ),
            0,
            "（以下项目的结果未随报告送达",
        ),
        "tissue typing": (
            bundle({key: value for key, value in report("", "HLA分型").items() if key != "id"}, unread),
            0,
            "HLA分型",
        ),
        "pharmacogenetics with a broken document": (
            report(
                "pgx", "药物基因", presentedForm=[PDF | {"data": "JVBERi0xLjQgLi4u"[4:] + "AAAA"}], conclusion="见表"
            ),
            0,
            "见表",
        ),
        "bone density": (report("102", "骨密度", conclusionCode=[coded("骨折风险", "391040000")]), 0, "骨折风险"),
    }


@pytest.mark.parametrize("shape", list(shapes()))
def test_every_shape_is_taken(lab: Sender, shape: str):
    resource, count, words = shapes()[shape]
    path = "/fhir" if resource["resourceType"] == "Bundle" else "/fhir/DiagnosticReport"
    answer = lab.fhir(resource, path)
    assert answer.status_code in {200, 201}, answer.text
    [kept] = reports()
    assert kept.status is ReportStatus.PARKED  # nobody of ours
    assert len(values()) == count
    assert revision().conclusion.startswith(words)
    assert bool(revision().document_token) is (shape == "biopsy")


def test_a_finished_report_without_any_word_is_refused(lab: Sender):
    empty = report("none", "血型")
    del empty["text"]
    answer = lab.fhir(empty)
    assert (answer.status_code, answer.json["issue"][0]["expression"]) == (422, ["DiagnosticReport.result"])
