"""``ORU^R01`` as reports: one of each filler order number (OBR-3), with its observations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from wxapp.core.clock import HOSPITAL_ZONE
from wxapp.reports.hl7 import fields
from wxapp.reports.hl7.acknowledgements import VERSIONS
from wxapp.reports.hl7.message import Header, Message, Segment
from wxapp.reports.hl7.refusals import (
    DATA_TYPE,
    EVENT,
    MESSAGE_TYPE,
    MISSING,
    NO_TABLE_VALUE,
    PROCESSING,
    REJECTED,
    SEQUENCE,
    VERSION,
    Place,
    Refusal,
)
from wxapp.reports.hl7.values import NARRATIVE, Observed, read_observation
from wxapp.reports.incoming import IncomingReport, IncomingValue, Progress, ReportKind
from wxapp.reports.preferences import Preferences
from wxapp.reports.texts import clean, line

LONGEST_NUMBER = 64

_PROGRESS = dict.fromkeys("OISAPRN", Progress.PRELIMINARY) | {
    "F": Progress.FINAL,
    "C": Progress.CORRECTED,
    "X": Progress.WITHDRAWN,
}
"""Of table 0123 (OBR-25)."""

_SECTIONS = {
    "LAB": "检验科", "CH": "生化检验", "HM": "血液检验", "MB": "微生物检验", "IMM": "免疫检验", "SR": "血清检验",
    "UA": "尿液检验", "BLB": "输血科", "PAT": "病理科", "SP": "病理科", "CP": "细胞病理", "GE": "遗传检验",
    "RAD": "放射科", "RX": "放射科", "CT": "CT室", "NMR": "磁共振室", "US": "超声科", "RUS": "超声科",
    "NMS": "核医学科", "CUS": "心脏超声", "EC": "心电图室", "EN": "脑电图室", "CTH": "心导管室", "XRC": "放射科",
}  # fmt: skip
"""Of table 0074 (OBR-24)."""


@dataclass(frozen=True)
class Reading:
    """What a message says.

    :ivar notes: what of it was not kept, for the sender's log
    """

    reports: tuple[IncomingReport, ...]
    notes: tuple[str, ...] = ()


@dataclass
class _Group:
    """An order with its observations, as far as it was read."""

    patient: Segment | None
    visit: Segment | None
    order: Segment | None
    request: Segment
    observed: list[Observed] = field(default_factory=list)
    values: list[IncomingValue] = field(default_factory=list)
    conclusion: list[str] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    title: str = ""

    def __post_init__(self) -> None:
        request = self.request
        self.title = line(request.first(4, 2) or request.first(4, 5) or request.first(4), 80)

    @property
    def report_no(self) -> str:
        """:raises Refusal: nobody has given the report a number"""
        number = self.request.first(3) or (self.order.first(3) if self.order else "")
        if not number:
            raise Refusal("缺少报告编号（OBR-3执行方申请单号）", error=MISSING, place=self.request.place(3))
        if len(number) > LONGEST_NUMBER:
            place = self.request.place(3)
            raise Refusal(f"报告编号（OBR-3）不能超过{LONGEST_NUMBER}个字", error=DATA_TYPE, place=place)
        return number


def check_header(header: Header, *, processing: str) -> None:
    """:raises Refusal: (AR) the message is not one that we take"""
    kind, event = header.first(9), header.first(9, 2)
    if kind != "ORU":
        raise Refusal("只接收ORU^R01消息", error=MESSAGE_TYPE, place=Place("MSH", 1, 9), code=REJECTED)
    if event != "R01":
        raise Refusal("只接收ORU^R01消息", error=EVENT, place=Place("MSH", 1, 9), code=REJECTED)
    if header.first(11) not in set(processing):
        raise Refusal("不接收此处理标识（MSH-11）的消息", error=PROCESSING, place=Place("MSH", 1, 11), code=REJECTED)
    if header.first(12) not in VERSIONS:
        raise Refusal("只接收HL7 2.3至2.5.1版", error=VERSION, place=Place("MSH", 1, 12), code=REJECTED)
    if not header.control_id.strip():
        raise Refusal("缺少消息控制号（MSH-10）", error=MISSING, place=Place("MSH", 1, 10))


def read_oru(message: Message, wishes: Preferences) -> Reading:
    """Read the reports of a message.

    :raises Refusal: (AE) something is missing or wrong, with its place
    """
    sent_at, zone = _sent_at(message)
    groups = _groups(message, wishes)
    notes: list[str] = []
    by_number: dict[str, list[_Group]] = {}
    for group in groups:
        by_number.setdefault(group.report_no, []).append(group)
    reports = []
    for number, belonging in by_number.items():
        if len({id(group.patient) for group in belonging}) > 1:
            raise Refusal("同一报告编号用于不同患者", error=SEQUENCE, place=belonging[-1].request.place(3))
        report = _report(number, belonging, wishes, zone=zone, sent_at=sent_at)
        if _says_nothing(report):
            if report.progress is not Progress.PRELIMINARY:
                raise Refusal("报告没有任何结果（OBX）", error=MISSING, place=belonging[0].request.place())
            notes.append(f"{belonging[0].request.place()}尚无结果，未登记")
            continue
        reports.append(report)
    notes += [seen.note for group in groups for seen in group.observed if seen.note]
    return Reading(tuple(reports), tuple(notes))


def _says_nothing(report: IncomingReport) -> bool:
    has_words = report.values or report.conclusion or report.advice
    return not (has_words or report.document or report.pictures or report.progress is Progress.WITHDRAWN)


def _sent_at(message: Message) -> tuple[datetime | None, tzinfo]:
    """Return when the message was written, and the zone of all its moments that name none."""
    header = next(iter(message))
    text = header.first(7)
    try:
        zone = fields.zone_of(text[-5:]) if text[-5:-4] in {"+", "-"} else None
    except ValueError:
        zone = None
    return fields.moment(header, 7, zone=HOSPITAL_ZONE), zone or HOSPITAL_ZONE


def _groups(message: Message, wishes: Preferences) -> list[_Group]:
    """Sort the segments into orders."""
    groups: list[_Group] = []
    patient = visit = order = None
    last = ""
    for segment in message:
        name = segment.name
        if name == "PID":
            patient, visit, order = segment, None, None
        elif name == "PV1":
            visit = segment
        elif name == "ORC":
            order = segment
        elif name == "OBR":
            groups.append(_Group(patient, visit, order, segment))
            order = None
        elif name == "OBX":
            if not groups or groups[-1].patient is not patient:
                raise Refusal(f"{segment.place()}之前缺少OBR", error=SEQUENCE, place=segment.place())
            _add(groups[-1], segment, wishes)
        elif name == "NTE":
            _comment(groups[-1] if groups else None, segment, about=last)
            continue
        last = name
    if not groups:
        raise Refusal("缺少OBR段", error=MISSING, place=Place("OBR"))
    return groups


def _add(group: _Group, obx: Segment, wishes: Preferences) -> None:
    seen = read_observation(obx, group=group.title)
    group.observed.append(seen)
    value = seen.value
    if value is None:
        return
    known = {word.casefold() for word in (seen.code, seen.suffix, value.name) if word}
    if known & wishes.conclusion:
        group.conclusion.append(value.text)
    elif known & wishes.advice:
        group.advice.append(value.text)
    elif not _goes_on(group, seen, value):
        group.values.append(value)


def _goes_on(group: _Group, seen: Observed, value: IncomingValue) -> bool:
    """Join a narrative that is sent line by line, each in an OBX of its own."""
    before = group.observed[-2] if len(group.observed) > 1 else None
    if before is None or before.value is None or not group.values or seen.kind not in NARRATIVE:
        return False
    last = group.values[-1]
    is_same = (before.kind, before.code, before.suffix) == (seen.kind, seen.code, seen.suffix)
    same_part = before.segment.first(4) == seen.segment.first(4) or not value.unit
    if not (is_same and same_part and last.name == value.name and len(last.text) + len(value.text) < 4000):
        return False
    group.values[-1] = _changed(last, text=f"{last.text}\n{value.text}")
    return True


def _changed(value: IncomingValue, **changes: str) -> IncomingValue:
    return IncomingValue(**{**value.__dict__, **changes})


def _comment(group: _Group | None, nte: Segment, *, about: str) -> None:
    text = clean(nte.text(3))
    if not text or group is None:
        return
    if about == "OBX" and group.values and group.observed[-1].value is not None:
        last = group.values[-1]
        group.values[-1] = _changed(last, note="\n".join(filter(None, (last.note, text)))[:2000])
    elif about in {"OBR", "OBX"}:
        group.comments.append(text)


def _report(
    number: str, groups: list[_Group], wishes: Preferences, *, zone: tzinfo, sent_at: datetime | None
) -> IncomingReport:
    first = groups[0]
    patient, request = first.patient, first.request
    title = line("、".join(dict.fromkeys(group.title for group in groups if group.title)), 80) or "检验报告"
    observed = [seen for group in groups for seen in group.observed]
    section = request.first(24)
    codes = [request.first(4), request.first(4, 4), section]
    codes += [first.visit.first(2), first.visit.first(18)] if first.visit else []
    values = [value for group in groups for value in group.values]
    if len(groups) == 1:
        values = [_changed(value, group="") for value in values]
    return IncomingReport(
        report_no=number,
        kind=ReportKind.CHECKUP if wishes.is_checkup(codes, title) else ReportKind.ROUTINE,
        title=title,
        record_no=line(fields.record_number(patient, authority=wishes.authority), 60) if patient else "",
        patient_name=line(_patient_name(patient), 60) if patient else "",
        department=line(_SECTIONS.get(section, section), 60),
        ordered_by=line(_person(request, 16) or (_person(first.order, 12) if first.order else ""), 60),
        reported_by=line(_reporter(request, observed), 60),
        collected_at=fields.moment(request, 7, zone=zone),
        issued_at=fields.moment(request, 22, zone=zone) or sent_at,
        conclusion=_joined(text for group in groups for text in (*group.conclusion, *group.comments)),
        advice=_joined(text for group in groups for text in group.advice),
        values=tuple(values),
        document=next((seen.document for seen in observed if seen.document), b""),
        pictures=tuple(seen.picture for seen in observed if seen.picture),
        progress=_progress(groups, observed),
    )


def _joined(texts: Iterable[str]) -> str:
    return "\n".join(texts)


def _patient_name(patient: Segment) -> str:
    names = patient.repetitions(5)
    ideographic = [name for name in names if name.piece(8) == "I"]
    return fields.person(next(iter(ideographic or names), None))


def _person(segment: Segment, at: int) -> str:
    found = segment.repetitions(at)
    return fields.person(found[0], family=2) if found else ""


def _reporter(request: Segment, observed: list[Observed]) -> str:
    """Return who stands for the result: OBR-32, else who OBX-16 names."""
    family, given = request.first(32, 1, 2), request.first(32, 1, 3)
    if family or given:
        return f"{given} {family}".strip() if (family + given).isascii() else family + given
    return request.first(32) or next(filter(None, (_person(seen.segment, 16) for seen in observed)), "")


def _progress(groups: list[_Group], observed: list[Observed]) -> Progress:
    states = []
    for group in groups:
        text = group.request.first(25).upper()
        if text and text not in _PROGRESS:
            place = group.request.place(25)
            raise Refusal("OBR-25报告状态不正确", error=NO_TABLE_VALUE, place=place)
        states.append(_PROGRESS.get(text, Progress.FINAL))
    of_values = {seen.state for seen in observed}
    if all(state is Progress.WITHDRAWN for state in states) or of_values == {"W"}:
        return Progress.WITHDRAWN
    if Progress.PRELIMINARY in states:
        return Progress.PRELIMINARY
    return Progress.CORRECTED if Progress.CORRECTED in states or "C" in of_values else Progress.FINAL
