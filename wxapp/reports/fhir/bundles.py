"""What a request brings: one report, or a Bundle with reports and what they refer to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wxapp.reports.fhir.outcomes import Issue, Refused
from wxapp.reports.fhir.references import Neighbours, Resource, text_of
from wxapp.reports.fhir.reports import ReadReport, read_report
from wxapp.reports.fhir.validation import CHECKED, problems_of
from wxapp.reports.preferences import Preferences

TYPES = frozenset({"transaction", "batch", "collection", "message", "document"})
MOST_ENTRIES = 3000
MOST_REPORTS = 100


@dataclass(frozen=True)
class Entry:
    """One entry of a Bundle: a report, why it can't be one, or something that a report may refer to."""

    report: ReadReport | None = None
    refusal: Refused | None = None


@dataclass(frozen=True)
class Brought:
    """What a request brings.

    :ivar entries: as many as the Bundle has; of a single report, one
    :ivar is_batch: what is wrong with one does not concern the others
    """

    entries: tuple[Entry, ...]
    bundle_type: str = ""
    identifier: str = ""

    @property
    def is_batch(self) -> bool:
        return self.bundle_type == "batch"

    @property
    def reports(self) -> list[ReadReport]:
        return [entry.report for entry in self.entries if entry.report is not None]


def read_single(resource: Resource, wishes: Preferences) -> Brought:
    """:raises Refused: it is no report, or a wrong one"""
    _check_kind(resource, "DiagnosticReport")
    return Brought((Entry(read_report(resource, Neighbours(), wishes)),))


def read_bundle(bundle: Resource, wishes: Preferences) -> Brought:
    """Read all reports of a Bundle.

    :raises Refused: it is no Bundle of a type that we take, holds no report, or (but for a batch) one of them is wrong
    """
    _check_kind(bundle, "Bundle")
    if bundle.get("type") not in TYPES:
        text = "只接收transaction、batch、collection、message、document类型的Bundle"
        raise Refused([Issue(text, code="not-supported", expression="Bundle.type")])
    entries = _entries(bundle)
    neighbours, problems = _neighbours(entries)
    is_batch = bundle["type"] == "batch"
    if problems and not is_batch:
        raise Refused(problems)
    read = tuple(
        _read(entry, neighbours, wishes, f"Bundle.entry[{at}].resource", problems, is_batch=is_batch)
        for at, entry in enumerate(entries)
    )
    if not any(entry.report or entry.refusal for entry in read):
        raise Refused([Issue("Bundle中没有DiagnosticReport", code="required", expression="Bundle.entry")])
    identifier = bundle.get("identifier")
    number = text_of(identifier.get("value")) if isinstance(identifier, dict) else ""
    return Brought(read, text_of(bundle["type"]), number or text_of(bundle.get("id")))


def _check_kind(resource: Resource, wanted: str) -> None:
    kind = resource.get("resourceType")
    if kind != wanted:
        text = f"此地址只接收{wanted}资源"
        raise Refused([Issue(text, code="not-supported", expression="resourceType")], status=422 if kind else 400)


def _entries(bundle: Resource) -> list[dict[str, Any]]:
    given = bundle.get("entry", [])
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise Refused([Issue("entry应为列表", code="structure", expression="Bundle.entry")])
    if len(given) > MOST_ENTRIES:
        raise Refused([Issue(f"Bundle最多{MOST_ENTRIES}个条目", code="too-long", expression="Bundle.entry")])
    for at, one in enumerate(given):
        resource = one.get("resource", {})
        if not isinstance(resource, dict) or (resource and not text_of(resource.get("resourceType"))):
            where = f"Bundle.entry[{at}].resource"
            raise Refused([Issue("条目中应为FHIR资源", code="structure", expression=where)])
    if sum(1 for one in given if one.get("resource", {}).get("resourceType") == "DiagnosticReport") > MOST_REPORTS:
        raise Refused([Issue(f"一次最多{MOST_REPORTS}份报告", code="too-long", expression="Bundle.entry")])
    return given


def _neighbours(entries: list[dict[str, Any]]) -> tuple[Neighbours, list[Issue]]:
    """Return what reports may refer to, and what is wrong with it."""
    neighbours, problems = Neighbours(), []
    for at, entry in enumerate(entries):
        resource = entry.get("resource") or {}
        kind = resource.get("resourceType")
        if kind in CHECKED and kind != "DiagnosticReport":
            wrong = problems_of(resource, path=f"Bundle.entry[{at}].resource")
            problems += wrong
            if wrong:
                continue
        neighbours.add(resource, url=text_of(entry.get("fullUrl")))
    return neighbours, problems


def _read(
    entry: dict[str, Any],
    neighbours: Neighbours,
    wishes: Preferences,
    path: str,
    problems: list[Issue],
    *,
    is_batch: bool,
) -> Entry:
    resource = entry.get("resource") or {}
    request = entry.get("request")
    if isinstance(request, dict) and request.get("method") not in {"POST", "PUT", None}:
        if not is_batch:
            raise Refused([Issue("只接收POST与PUT", code="not-supported", expression=f"{path}.request")])
        return Entry(refusal=Refused([Issue("只接收POST与PUT", code="not-supported", expression=path)]))
    if resource.get("resourceType") != "DiagnosticReport":
        own = [issue for issue in problems if issue.expression.startswith(f"{path}.") or issue.expression == path]
        return Entry(refusal=Refused(own)) if own else Entry()
    try:
        url = text_of(entry.get("fullUrl"))
        return Entry(read_report(resource, neighbours, wishes, path=path, url=url))
    except Refused as refusal:
        if not is_batch:
            raise
        return Entry(refusal=refusal)
