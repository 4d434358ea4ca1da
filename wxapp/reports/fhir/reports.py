"""``DiagnosticReport`` as a report."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from wxapp.reports.fhir.moments import parse_moment
from wxapp.reports.fhir.narrative import narrative
from wxapp.reports.fhir.observations import Lines
from wxapp.reports.fhir.outcomes import Issue, Refused, warning
from wxapp.reports.fhir.references import Neighbours, Resource, codes, concept, dicts, joined, text_of
from wxapp.reports.fhir.validation import CHECKED, problems_of
from wxapp.reports.incoming import IncomingReport, Progress, ReportKind
from wxapp.reports.preferences import Preferences
from wxapp.reports.texts import clean, line

LONGEST_NUMBER = 64
MOST_MISSING = 20
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF")
_PROGRESS = {
    "final": Progress.FINAL,
    "amended": Progress.CORRECTED,
    "corrected": Progress.CORRECTED,
    "appended": Progress.CORRECTED,
    "cancelled": Progress.WITHDRAWN,
    "entered-in-error": Progress.WITHDRAWN,
}
"""The rest (registered, partial, preliminary, unknown) is not finished."""


@dataclass(frozen=True)
class ReadReport:
    """A report as it was read, with what of it could not be kept."""

    incoming: IncomingReport
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True)
class _Files:
    document: bytes = b""
    pictures: tuple[bytes, ...] = ()


def read_report(
    resource: Resource, neighbours: Neighbours, wishes: Preferences, *, path: str = "DiagnosticReport", url: str = ""
) -> ReadReport:
    """Read a report with everything that it refers to.

    :param url: its address in the Bundle: its number, if it has no other
    :raises Refused: (422) with the path of each element that is wrong
    """
    if problems := [*problems_of(resource, path=path), *_problems_of_contained(resource, path)]:
        raise Refused(problems)
    lines = Lines(neighbours)
    for at, reference in enumerate(dicts(resource.get("result"))):
        lines.follow(reference, within=resource, path=f"{path}.result[{at}]")
    issues = list(lines.issues)
    files = _files(resource, neighbours, path, issues)
    title = line(concept(resource.get("code")), 80) or "检验报告"
    kinds = [*codes(resource.get("category")), *codes(resource.get("code"))]
    kinds += [concept(one) for one in dicts(resource.get("category"))]
    record_no, name = _patient(resource, neighbours, wishes, path, issues)
    incoming = IncomingReport(
        report_no=_number(resource, path, url),
        kind=ReportKind.CHECKUP if wishes.is_checkup(kinds, title) else ReportKind.ROUTINE,
        title=title,
        record_no=record_no,
        patient_name=name,
        department=line(_performer(resource, neighbours, "performer", "Organization"), 60),
        ordered_by=line(_requester(resource, neighbours), 60),
        reported_by=line(_reporter(resource, neighbours), 60),
        collected_at=_collected_at(resource),
        issued_at=parse_moment(text_of(resource.get("issued"))),
        conclusion=_conclusion(resource, lines.missing),
        values=tuple(lines.values),
        document=files.document,
        pictures=files.pictures,
        progress=_PROGRESS.get(text_of(resource.get("status")), Progress.PRELIMINARY),
    )
    return ReadReport(_with_words(incoming, resource, path), tuple(issues))


def _with_words(incoming: IncomingReport, resource: Resource, path: str) -> IncomingReport:
    """Return a report that says something: its narrative, when there is nothing else.

    :raises Refused: it is finished and says nothing at all
    """
    if incoming.values or incoming.conclusion or incoming.document or incoming.pictures:
        return incoming
    words = narrative(resource)
    if not words and incoming.progress in {Progress.FINAL, Progress.CORRECTED}:
        raise Refused([Issue("报告没有任何内容", code="required", expression=f"{path}.result")])
    return replace(incoming, conclusion=words)


def _problems_of_contained(resource: Resource, path: str) -> Iterator[Issue]:
    for at, inner in enumerate(dicts(resource.get("contained"))):
        if inner.get("resourceType") in CHECKED:
            yield from problems_of(inner, path=f"{path}.contained[{at}]")


def _number(resource: Resource, path: str, url: str) -> str:
    """Return the sender's number: what it calls the filler's, else the official one, else the first, else the id."""
    given = [one for one in dicts(resource.get("identifier")) if text_of(one.get("value"))]
    fillers = [one for one in given if "FILL" in codes(one.get("type"))]
    official = [one for one in given if one.get("use") == "official"]
    chosen = next(iter([*fillers, *official, *given]), {})
    number = line(text_of(chosen.get("value")) or text_of(resource.get("id")) or url, 1000)
    if not number:
        raise Refused([Issue("报告没有编号", code="required", expression=f"{path}.identifier")])
    if len(number) > LONGEST_NUMBER:
        text = f"报告编号不能超过{LONGEST_NUMBER}个字"
        raise Refused([Issue(text, code="too-long", expression=f"{path}.identifier")])
    return number


def _patient(
    resource: Resource, neighbours: Neighbours, wishes: Preferences, path: str, issues: list[Issue]
) -> tuple[str, str]:
    """Return record number and name as far as the sender gave them."""
    subject = resource.get("subject")
    if not isinstance(subject, dict):
        issues.append(warning("报告没有患者（subject），将由医院工作人员认领", f"{path}.subject", code="required"))
        return "", ""
    found = neighbours.find(subject, within=resource)
    patient = found if found is not None and found.get("resourceType") == "Patient" else {}
    record_no = _record_no([*dicts(patient.get("identifier"))], wishes)
    record_no = record_no or _record_no([*dicts(subject.get("identifier"))], wishes)
    if not record_no:
        issues.append(warning("没有患者的病历号，报告将由医院工作人员认领", f"{path}.subject", code="not-found"))
    name = next(filter(None, (_name(one) for one in dicts(patient.get("name")))), "")
    return line(record_no, 60), line(name or text_of(subject.get("display")), 60)


def _record_no(identifiers: list[Resource], wishes: Preferences) -> str:
    """Return the record number among the identifiers, "" when none of them is surely it."""
    given = [one for one in identifiers if text_of(one.get("value"))]
    if wishes.system:
        given = [one for one in given if one.get("system") == wishes.system]
    typed = [one for one in given if "MR" in codes(one.get("type"))]
    untyped = [one for one in given if not codes(one.get("type"))]
    values = {text_of(one["value"]).strip() for one in (typed or untyped)}
    return values.pop() if len(values) == 1 else ""


def _name(name: Resource) -> str:
    if text := text_of(name.get("text")):
        return text
    given = name.get("given")
    first = [text_of(part) for part in given] if isinstance(given, list) else []
    family = text_of(name.get("family"))
    parts = [*first, family] if all(part.isascii() for part in [*first, family]) else [family, *first]
    return joined(parts, " " if all(part.isascii() for part in parts) else "")


def _performer(resource: Resource, neighbours: Neighbours, element: str, kind: str) -> str:
    """Return the name of the first performer of this kind; what is only named counts as its element's usual kind."""
    for one in dicts(resource.get(element)):
        found = neighbours.find(one, within=resource) or {}
        actual = text_of(found.get("resourceType")) or text_of(one.get("type"))
        actual = actual or text_of(one.get("reference")).rpartition("/")[0].rpartition("/")[2]
        if actual == kind or (not actual and kind == "Practitioner"):
            name = text_of(one.get("display")) or text_of(found.get("name"))
            return name or next(filter(None, (_name(each) for each in dicts(found.get("name")))), "")
    return ""


def _reporter(resource: Resource, neighbours: Neighbours) -> str:
    interpreter = _performer(resource, neighbours, "resultsInterpreter", "Practitioner")
    return interpreter or _performer(resource, neighbours, "performer", "Practitioner")


def _requester(resource: Resource, neighbours: Neighbours) -> str:
    for one in dicts(resource.get("basedOn")):
        request = neighbours.find(one, within=resource)
        if request is not None and isinstance(request.get("requester"), dict):
            holder = request if request.get("contained") else resource
            return _performer({**holder, "requester": request["requester"]}, neighbours, "requester", "Practitioner")
    return ""


def _collected_at(resource: Resource) -> datetime | None:
    period = resource.get("effectivePeriod")
    text = text_of(resource.get("effectiveDateTime")) or text_of(
        period.get("start") if isinstance(period, dict) else ""
    )
    return parse_moment(text)


def _conclusion(resource: Resource, missing: list[str]) -> str:
    words = [clean(text_of(resource.get("conclusion")))]
    words.append(joined((line(concept(one), 200) for one in dicts(resource.get("conclusionCode"))), "；"))
    if missing:
        named = "、".join(missing[:MOST_MISSING])
        rest = f"等{len(missing)}项" if len(missing) > MOST_MISSING else ""
        words.append(f"（以下项目的结果未随报告送达，请向出具报告的科室查询：{named}{rest}）")
    return joined(dict.fromkeys(words))


# --- files -----------------------------------------------------------------------------------------------------------


def _files(resource: Resource, neighbours: Neighbours, path: str, issues: list[Issue]) -> _Files:
    document, pictures = b"", []
    for where, attachment in _attachments(resource, neighbours, path, issues):
        content = _content(attachment, where, issues)
        if content.startswith(b"%PDF-"):
            if document:
                issues.append(warning("一份报告只保存一个PDF，其余未收取", where, code="too-costly"))
            document = document or content
        elif content.startswith(_PICTURES):
            pictures.append(content)
        elif content:
            issues.append(warning("既不是PDF也不是图片，未收取", where, code="not-supported"))
    return _Files(document, tuple(pictures))


def _attachments(
    resource: Resource, neighbours: Neighbours, path: str, issues: list[Issue]
) -> Iterator[tuple[str, dict[str, Any]]]:
    for at, form in enumerate(dicts(resource.get("presentedForm"))):
        yield f"{path}.presentedForm[{at}]", form
    for at, one in enumerate(dicts(resource.get("media"))):
        where = f"{path}.media[{at}].link"
        media = neighbours.find(one.get("link"), within=resource)
        if media is None:
            issues.append(warning("引用的图片没有随报文送达，未能收取", where, code="not-found"))
            continue
        yield from ((where, content) for content in dicts(media.get("content")))


def _content(attachment: dict[str, Any], where: str, issues: list[Issue]) -> bytes:
    data = attachment.get("data")
    if not isinstance(data, str | bytes) or not data:
        if attachment.get("url"):
            issues.append(warning("不会下载附件地址，请在data中直接发送内容", where, code="not-supported"))
        return b""
    packed = data if isinstance(data, bytes) else data.encode("ascii", "replace")
    try:
        return base64.b64decode(b"".join(packed.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Refused([Issue("不是有效的Base64内容", code="value", expression=f"{where}.data")]) from None
