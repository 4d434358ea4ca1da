"""Doors of the hospital's other systems: reports come in by HTTP. No session, no redirect; a key says who sends.

Answers are given after the commit. What is wrong is told in the sender's own words: ``OperationOutcome`` for FHIR, an
acknowledgement for HL7; only what stands before reading (401, 413, 415, 429) is told by the status alone.
"""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import UnsupportedMediaType

from wxapp.core.errors import DomainError
from wxapp.core.web import MAX_BODY, renders_errors
from wxapp.reports.client_models import Client, Way
from wxapp.reports.fhir.capability import capability_statement
from wxapp.reports.fhir.outcomes import Issue, outcome
from wxapp.reports.hl7.charsets import NAMES
from wxapp.reports.services import clients, messages, receiving, receiving_fhir
from wxapp.reports.services.messages import Envelope
from wxapp.reports.services.receiving_fhir import FhirAnswer

door = Blueprint("reports_api", __name__)

FHIR = "application/fhir+json"
_JSON = frozenset({FHIR, "application/json"})
_ER7 = frozenset({"application/hl7-v2", "x-application/hl7-v2+er7", "application/hl7-v2+er7", "text/plain"})

_CODES = {401: "login", 404: "not-found", 405: "not-supported", 413: "too-long", 415: "not-supported",
          429: "throttled", 503: "transient"}  # fmt: skip
"""Of the value set issue-type, by status."""


@door.post("/fhir/DiagnosticReport", strict_slashes=False)
def take_report() -> Response:
    """Take one report."""
    envelope = _fhir_envelope()
    return _fhir(receiving_fhir.receive_single(envelope, base=_base()))


@door.post("/fhir", strict_slashes=False)
def take_bundle() -> Response:
    """Take the reports of a Bundle."""
    envelope = _fhir_envelope()
    return _fhir(receiving_fhir.receive_bundle(envelope, base=_base()))


@door.get("/fhir/metadata")
def metadata() -> Response:
    """Say what this server can do; open to everybody, as the standard wants it."""
    return _fhir(FhirAnswer(200, capability_statement(base=_base())))


@door.post("/hl7", strict_slashes=False)
def take_hl7() -> Response:
    """Take one message ``ORU^R01``."""
    client = _client(Way.HL7)
    kind = _content_type(_ER7)
    charset = NAMES.get(request.mimetype_params.get("charset", "").upper(), "")
    answer = receiving.receive_hl7(
        _body(), way=Way.HL7, address=request.remote_addr or "", client=client, charset=charset
    )
    return Response(answer.body, content_type=kind)


def _fhir_envelope() -> Envelope:
    client = _client(Way.FHIR)
    _content_type(_JSON)
    raw = _body()
    return Envelope(client, Way.FHIR, messages.without_keys(raw), request.remote_addr or "", size=len(raw))


def _client(way: Way) -> Client:
    """Return who sends; before anything of the body is read.

    :raises KeyRefused: nobody that we know
    """
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    given = key.strip() if scheme.lower() == "bearer" else ""
    return clients.admit(given, way, address=request.remote_addr or "")


def _content_type(allowed: frozenset[str]) -> str:
    if request.mimetype not in allowed or request.headers.get("Content-Encoding", "identity") != "identity":
        raise UnsupportedMediaType
    return request.mimetype


def _body() -> bytes:
    request.max_content_length = MAX_BODY
    return request.get_data()  # kept: after a conflict the door is passed once more with the same body


def _base() -> str:
    return f"{current_app.config['WXAPP'].app.base_url}/fhir"


def _fhir(answer: FhirAnswer) -> Response:
    response = _wired(answer.resource)
    response.status_code = answer.status
    if answer.location:
        response.headers["Location"] = answer.location
    return response


def _wired(resource: dict[str, Any]) -> Response:
    return Response(json.dumps(resource, ensure_ascii=False), content_type=f"{FHIR}; charset=utf-8")


@renders_errors("/fhir")
def show_fhir_refusal(error: DomainError) -> Response:
    """Show a refusal as ``OperationOutcome``."""
    code = _CODES.get(error.status, "exception" if error.status >= 500 else "processing")
    return _challenged(_wired(outcome([Issue(error.message, code=code)])), error)


@renders_errors("/hl7")
def show_hl7_refusal(error: DomainError) -> Response:
    """Show a refusal that came before the message was read as plain text."""
    return _challenged(Response(f"{error.message}\n", content_type="text/plain; charset=utf-8"), error)


def _challenged(response: Response, error: DomainError) -> Response:
    if error.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="reports"'
    return response
