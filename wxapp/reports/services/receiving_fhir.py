"""FHIR messages: read, taken, noted, answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from wxapp.core import actors
from wxapp.core.errors import DomainError, Invalid
from wxapp.reports.client_models import Verdict
from wxapp.reports.fhir.body import read_body
from wxapp.reports.fhir.bundles import Brought, Entry, read_bundle, read_single
from wxapp.reports.fhir.outcomes import ALL_WELL, UNCHANGED, Issue, Refused, outcome
from wxapp.reports.fhir.reports import ReadReport
from wxapp.reports.preferences import Preferences, preferences
from wxapp.reports.services import messages
from wxapp.reports.services.intake import Outcome, Taken
from wxapp.reports.services.messages import Envelope, Story
from wxapp.reports.services.receiving import source_of, take_all

CREATED, OK = 201, 200

Note = Callable[[Story], object]


@dataclass(frozen=True)
class FhirAnswer:
    """What is answered: the status, the resource, and where the report is."""

    status: int
    resource: dict[str, Any] = field(repr=False)
    location: str = ""


def receive_single(envelope: Envelope, *, base: str) -> FhirAnswer:
    """Take one ``DiagnosticReport``. Refusals are answers."""
    return _received(envelope, read_single, base)


def receive_bundle(envelope: Envelope, *, base: str) -> FhirAnswer:
    """Take all reports of a ``Bundle``: all or none, but each for itself in a batch. Refusals are answers."""
    return _received(envelope, read_bundle, base)


def retake_fhir(envelope: Envelope, message_id: int, *, by: str) -> Verdict:
    """Take a kept message again, e.g. after a setting was changed; return what became of it."""
    stories: list[Story] = []

    def noted(story: Story) -> None:
        messages.note_again(message_id, story, by=by)
        stories.append(story)

    try:
        body = read_body(envelope.body)
        read = read_bundle if body.get("resourceType") == "Bundle" else read_single
        _taken(envelope, read(body, preferences()), base="", by=by, noted=noted)
    except Refused as refused:
        noted(_refusal_story(refused))
    return stories[-1].verdict


def _received(envelope: Envelope, read: Callable[[dict[str, Any], Preferences], Brought], base: str) -> FhirAnswer:
    def noted(story: Story) -> None:
        messages.note(envelope, story)

    try:
        brought = read(read_body(envelope.body), preferences())
        return _taken(envelope, brought, base=base, by=actors.system(source_of(envelope.client)), noted=noted)
    except Refused as refused:
        noted(_refusal_story(refused))
        return FhirAnswer(refused.status, outcome(refused.issues))


def _refusal_story(refused: Refused) -> Story:
    return Story(Verdict.REFUSED, told=[issue.told() for issue in refused.issues])


def _taken(envelope: Envelope, brought: Brought, *, base: str, by: str, noted: Note) -> FhirAnswer:
    """:raises Refused: one of the reports can't be kept"""
    if brought.is_batch:
        return _batch(envelope, brought, base=base, by=by, noted=noted)
    taken = _take(envelope, brought.reports, by=by, noted=lambda taken: noted(_story(brought, brought.reports, taken)))
    if not brought.bundle_type:
        report, one = brought.reports[0], taken[0]
        return FhirAnswer(_status(one), outcome(_issues(report, one)), _location(one, base))
    return FhirAnswer(OK, _response(brought, dict(zip(map(id, brought.reports), taken, strict=True)), {}, base))


def _batch(envelope: Envelope, brought: Brought, *, base: str, by: str, noted: Note) -> FhirAnswer:
    """Take each report for itself; the message is noted last, as a whole."""
    found: dict[int, Taken] = {}
    refused: dict[int, Refused] = {}
    for report in brought.reports:
        try:
            found[id(report)] = _take(envelope, [report], by=by, noted=lambda _taken: None)[0]
        except Refused as refusal:
            refused[id(report)] = refusal
    kept = [report for report in brought.reports if id(report) in found]
    told = [issue.told() for refusal in _refusals(brought, refused) for issue in refusal.issues]
    noted(_story(brought, kept, list(found.values()), told=told))
    return FhirAnswer(OK, _response(brought, found, refused, base))


def _refusals(brought: Brought, refused: dict[int, Refused]) -> list[Refused]:
    return [*(entry.refusal for entry in brought.entries if entry.refusal), *refused.values()]


def _take(
    envelope: Envelope, reports: list[ReadReport], *, by: str, noted: Callable[[list[Taken]], object]
) -> list[Taken]:
    try:
        return take_all([report.incoming for report in reports], client=envelope.client, by=by, noted=noted)
    except DomainError as error:
        if error.status >= 500:
            raise
        texts = list(error.errors.values()) if isinstance(error, Invalid) else []
        raise Refused([Issue(text, code="business-rule") for text in texts or [error.message]]) from None


def _story(brought: Brought, reports: list[ReadReport], taken: list[Taken], told: list[str] | None = None) -> Story:
    warnings = [issue.told() for report in reports for issue in report.issues]
    return Story(
        messages.verdict_of(taken) if taken else Verdict.REFUSED,
        control_id=brought.identifier,
        report_nos=[report.incoming.report_no for report in reports],
        taken=taken,
        told=[*(told or []), *warnings],
    )


# --- answers ---------------------------------------------------------------------------------------------------------


def _status(taken: Taken) -> int:
    return OK if taken.outcome is Outcome.UNCHANGED else CREATED


def _issues(report: ReadReport, taken: Taken) -> list[Issue]:
    return [UNCHANGED if taken.outcome is Outcome.UNCHANGED else ALL_WELL, *report.issues]


def _location(taken: Taken, base: str) -> str:
    return f"{base}/DiagnosticReport/{taken.report_no}"


def _response(brought: Brought, taken: dict[int, Taken], refused: dict[int, Refused], base: str) -> dict[str, Any]:
    kind = "batch-response" if brought.is_batch else "transaction-response"
    entries = [{"response": _entry(entry, taken, refused, base)} for entry in brought.entries]
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def _entry(entry: Entry, taken: dict[int, Taken], refused: dict[int, Refused], base: str) -> dict[str, Any]:
    refusal = entry.refusal or refused.get(id(entry.report))
    if refusal is not None:
        return {"status": f"{refusal.status}", "outcome": outcome(refusal.issues)}
    if entry.report is None:
        return {"status": "200 OK"}
    one = taken[id(entry.report)]
    status = "200 OK" if _status(one) == OK else "201 Created"
    return {"status": status, "location": _location(one, base), "outcome": outcome(_issues(entry.report, one))}
