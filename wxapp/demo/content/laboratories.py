"""Systems that send reports, with messages of theirs: taken, repeated, parked and refused."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.patients.models import Patient
from wxapp.reports.client_models import Client, Way
from wxapp.reports.queries.senders import get_client
from wxapp.reports.services import clients, receiving, receiving_fhir
from wxapp.reports.services.clients import ClientDraft
from wxapp.reports.services.messages import Envelope

HERE = "127.0.0.1"

BLOOD = (
    ("WBC", "白细胞计数", "6.31", "10*9/L", "3.5-9.5", "N"),
    ("RBC", "红细胞计数", "4.62", "10*12/L", "3.8-5.1", "N"),
    ("HGB", "血红蛋白", "109", "g/L", "115-150", "L"),
    ("PLT", "血小板计数", "243", "10*9/L", "125-350", "N"),
)
LIPIDS = (
    ("14647-2", "总胆固醇", "5.86", "mmol/L", 0, 5.18, "H"),
    ("14927-8", "甘油三酯", "1.42", "mmol/L", 0, 1.7, "N"),
    ("14646-4", "高密度脂蛋白胆固醇", "1.21", "mmol/L", 1.04, 0, "N"),
)


def fill(by: str) -> None:
    """Make two clients and let each send; nobody knows their keys: staff give new ones on the page."""
    laboratory = _client(ClientDraft("检验科LIS", takes_fhir=False, takes_hl7=True, networks=""), by)
    outside = _client(ClientDraft("外送检验中心", takes_fhir=True, takes_hl7=False, networks=""), by)
    patients = db.session.execute(sa.select(Patient.record_no, Patient.name).order_by(Patient.id).limit(3)).all()
    for number, (record_no, name) in enumerate(patients, 1):
        for _ in range(2):  # the second time changes nothing
            _send_hl7(laboratory, _blood(number, record_no, name))
        _send_fhir(outside, _lipids(number, record_no, name))
    _send_hl7(laboratory, _blood(90, "", "刘洋"))
    _send_hl7(laboratory, _blood(91, "", "刘洋").replace("ORU^R01", "ADT^A01"))
    _send_fhir(outside, {"resourceType": "DiagnosticReport", "status": "final"})


def _client(draft: ClientDraft, by: str) -> Client:
    return get_client(clients.add_client(draft, by=by).client_id)


def _send_hl7(client: Client, message: str) -> None:
    receiving.receive_hl7(message.encode(), way=Way.HL7, address=HERE, client=client)


def _send_fhir(client: Client, resource: dict[str, Any]) -> None:
    body = json.dumps(resource, ensure_ascii=False).encode()
    receiving_fhir.receive_single(Envelope(client, Way.FHIR, body, HERE), base="")


def _blood(number: int, record_no: str, name: str) -> str:
    at = clock.local(clock.now() - timedelta(hours=number))
    taken, issued = (moment.strftime("%Y%m%d%H%M%S%z") for moment in (at - timedelta(hours=2), at))
    lines = [
        f"MSH|^~\\&|LIS|检验科|WXAPP|HOSP|{issued}||ORU^R01^ORU_R01|LIS{number:06d}|P|2.5.1||||||UNICODE UTF-8",
        f"PID|1||{record_no}^^^HOSP^MR||{name}",
        f"OBR|1||LIS{number:06d}|CBC^血常规^L|||{taken}|||||||||1001^周^宁||||||{issued}||HM|F",
        *(
            f"OBX|{at}|NM|{code}^{item}^L||{value}|{unit}|{range_}|{flag}|||F"
            for at, (code, item, value, unit, range_, flag) in enumerate(BLOOD, 1)
        ),
    ]
    return "\r".join(lines) + "\r"


def _lipids(number: int, record_no: str, name: str) -> dict[str, Any]:
    at = clock.local(clock.now() - timedelta(days=number))
    return {
        "resourceType": "DiagnosticReport",
        "identifier": [{"system": "urn:outside:reports", "value": f"WS{number:06d}"}],
        "status": "final",
        "code": {"text": "血脂三项", "coding": [{"system": "http://loinc.org", "code": "24331-1"}]},
        "subject": {"identifier": {"value": record_no}, "display": name},
        "effectiveDateTime": (at - timedelta(hours=4)).isoformat(timespec="seconds"),
        "issued": at.isoformat(timespec="seconds"),
        "performer": [{"type": "Organization", "display": "外送检验中心"}],
        "conclusion": "总胆固醇偏高，建议清淡饮食，三个月后复查。",
        "result": [{"reference": f"#o{at}"} for at in range(len(LIPIDS))],
        "contained": [_observation(at, *one) for at, one in enumerate(LIPIDS)],
    }


def _observation(
    at: int, code: str, item: str, value: str, unit: str, low: float, high: float, *flags: str
) -> dict[str, Any]:
    bounds = {"low": low, "high": high}
    return {
        "resourceType": "Observation",
        "id": f"o{at}",
        "status": "final",
        "code": {"text": item, "coding": [{"system": "http://loinc.org", "code": code}]},
        "valueQuantity": {"value": float(value), "unit": unit},
        "referenceRange": [{name: {"value": bound} for name, bound in bounds.items() if bound}],
        "interpretation": [{"coding": [{"code": flag}]} for flag in flags],
    }
