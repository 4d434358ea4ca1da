"""Laboratories that send: their keys, messages in FHIR and HL7, and what came of them."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from wxapp.core.db import db
from wxapp.reports.client_models import Client, ReceivedMessage
from wxapp.reports.models import Report, Revision, Value
from wxapp.reports.services import clients

_numbers = itertools.count(1)
FHIR = "application/fhir+json"
ER7 = "application/hl7-v2"


def make_sender(**over: Any) -> clients.NewKey:
    """Return a client that may send both ways, with its key."""
    draft = {"label": f"检验系统{next(_numbers)}", "takes_fhir": True, "takes_hl7": True, "networks": "", **over}
    return clients.add_client(clients.ClientDraft(**draft), by="system:tests")


def client_of(new: clients.NewKey) -> Client:
    return db.session.get_one(Client, new.client_id, populate_existing=True)


# --- FHIR ------------------------------------------------------------------------------------------------------------


def coded(text: str, code: str = "") -> dict[str, Any]:
    return ({"text": text} if text else {}) | (
        {"coding": [{"system": "http://loinc.org", "code": code}]} if code else {}
    )


def observation(name: str = "白细胞计数", *, code: str = "6690-2", **over: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"resourceType": "Observation", "status": "final", "code": coded(name, code)}
    return found | over


def quantity(value: Any, unit: str = "10*9/L", **over: Any) -> dict[str, Any]:
    return {"value": value, "unit": unit, **over}


def fhir_report(*observations: dict[str, Any], record_no: str = "", **over: Any) -> dict[str, Any]:
    """Return a report with its observations contained."""
    contained = [one | {"id": f"o{at}"} for at, one in enumerate(observations)]
    found: dict[str, Any] = {
        "resourceType": "DiagnosticReport",
        "identifier": [{"system": "urn:lab", "value": "LAB-1"}],
        "status": "final",
        "code": coded("血常规", "58410-2"),
        "subject": {"identifier": {"value": record_no}, "display": "王芳"} if record_no else {"display": "王芳"},
        "effectiveDateTime": "2026-03-02T08:30:00+08:00",
        "issued": "2026-03-02T09:30:00+08:00",
        "result": [{"reference": f"#o{at}"} for at in range(len(observations))],
        "contained": contained,
    }
    return {name: value for name, value in (found | over).items() if value not in (None, [])}


def bundle(*resources: dict[str, Any], kind: str = "transaction", **over: Any) -> dict[str, Any]:
    entries = [
        {"fullUrl": one.pop("_url", f"urn:uuid:00000000-0000-4000-8000-{at:012d}"), "resource": one,
         "request": {"method": "POST", "url": one["resourceType"]}}
        for at, one in enumerate(resources)
    ]  # fmt: skip
    return {"resourceType": "Bundle", "type": kind, "entry": entries, **over}


# --- HL7 -------------------------------------------------------------------------------------------------------------


def oru(*lines: str, key: str = "", control_id: str = "C1", charset: str = "UNICODE UTF-8", **over: str) -> str:
    """Return a message; ``lines`` take the place of PID, OBR and OBX."""
    version, processing = over.get("version", "2.5.1"), over.get("processing", "P")
    kind, at = over.get("kind", "ORU^R01^ORU_R01"), over.get("at", "20260302101500+0800")
    header = f"MSH|^~\\&|LIS|LAB|WXAPP|HOSP|{at}|{key}|{kind}|{control_id}|{processing}|{version}||||||{charset}"
    return "\r".join([header, *(lines or standard_lines())]) + "\r"


def pid(record_no: str = "", name: str = "王芳") -> str:
    return f"PID|1||{record_no}^^^HOSP^MR||{name}||19850615|F"


def obr(number: str = "LAB-1", title: str = "血常规", *, code: str = "CBC", status: str = "F") -> str:
    return (
        f"OBR|1||{number}|{code}^{title}^L|||20260302083000+0800|||||||||1001^李^明||||||"
        f"20260302093000+0800||LAB|{status}"
    )


def obx(number: int = 1, **over: str) -> str:
    """Return a line with a number in it: ``value``, ``kind``, ``item``, ``unit``, ``range``, ``flag``, ``status``."""
    said = {"kind": "NM", "item": "WBC^白细胞计数^L", "value": "5.20", "unit": "10*9/L", "range": "3.5-9.5",
            "flag": "N", "status": "F", **over}  # fmt: skip
    return (
        f"OBX|{number}|{said['kind']}|{said['item']}||{said['value']}|{said['unit']}|{said['range']}|{said['flag']}"
        f"|||{said['status']}"
    )


def standard_lines(record_no: str = "") -> list[str]:
    return [pid(record_no), obr(), obx()]


@dataclass(frozen=True)
class Ack:
    """An acknowledgement, taken apart."""

    segments: dict[str, list[str]]

    @classmethod
    def of(cls, body: bytes, codec: str = "utf-8") -> Ack:
        lines = [line for line in body.decode(codec).split("\r") if line]
        return cls({line[:3]: line.split("|") for line in lines})

    @property
    def code(self) -> str:
        return self.segments["MSA"][1]

    @property
    def control_id(self) -> str:
        return [*self.segments["MSA"], ""][2]

    @property
    def error(self) -> str:
        """Where and which: ``OBR^1^3 101``."""
        err = self.segments["ERR"]
        return f"{err[2]} {err[3].split('^')[0]}".strip()

    @property
    def text(self) -> str:
        return self.segments["ERR"][8]


@dataclass(frozen=True)
class Sender:
    """A laboratory at the doors."""

    client: FlaskClient
    new: clients.NewKey

    def fhir(self, body: Any, path: str = "/fhir/DiagnosticReport", **over: Any) -> TestResponse:
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        return self.client.post(path, data=raw, content_type=over.pop("content_type", FHIR), headers=self.headers(over))

    def hl7(self, message: str | bytes, **over: Any) -> TestResponse:
        raw = message if isinstance(message, bytes) else message.encode()
        return self.client.post(
            "/hl7", data=raw, content_type=over.pop("content_type", ER7), headers=self.headers(over)
        )

    def ack(self, message: str | bytes, codec: str = "utf-8") -> Ack:
        answer = self.hl7(message)
        assert answer.status_code == 200, answer.text
        return Ack.of(answer.data, codec)

    def headers(self, over: dict[str, Any]) -> dict[str, str]:
        return {"Authorization": f"Bearer {over.pop('key', self.new.key)}", **over}


def issues(answer: Any) -> list[tuple[str, str]]:
    """Return severity and path of each issue of an ``OperationOutcome``."""
    return [(one["severity"], one.get("expression", [""])[0]) for one in answer.json["issue"]]


# --- what came of it -------------------------------------------------------------------------------------------------


def reports() -> list[Report]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(Report).order_by(Report.id)))


def revision(report: Report | None = None) -> Revision:
    """Return what a report says now; the only one's, unless one is given."""
    one = report or reports()[-1]
    return db.session.scalars(
        sa.select(Revision).where(Revision.report_id == one.id, Revision.number == one.revision)
    ).one()


def values(report: Report | None = None) -> list[Value]:
    found = sa.select(Value).where(Value.revision_id == revision(report).id).order_by(Value.position)
    return list(db.session.scalars(found))


def log() -> list[ReceivedMessage]:
    return list(db.session.scalars(sa.select(ReceivedMessage).order_by(ReceivedMessage.id)))
