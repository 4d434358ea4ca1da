"""``Observation`` as lines of a report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from wxapp.reports.fhir.moments import shown
from wxapp.reports.fhir.outcomes import Issue, warning
from wxapp.reports.fhir.references import Neighbours, Resource, codes, concept, dicts, joined, text_of
from wxapp.reports.hl7.fields import gravest
from wxapp.reports.incoming import Flag, IncomingValue
from wxapp.reports.rules import parse_number
from wxapp.reports.texts import clean, line, plain_decimal

DEEPEST = 8
_ABSENT = {
    "unknown": "未知", "asked-unknown": "未知", "temp-unknown": "暂未得出", "not-asked": "未询问",
    "asked-declined": "拒绝回答", "masked": "不公开", "not-applicable": "不适用", "unsupported": "无法得出",
    "as-text": "见文字说明", "error": "检测失败", "not-a-number": "无法计算", "negative-infinity": "低于检测范围",
    "positive-infinity": "高于检测范围", "not-performed": "未检测", "not-permitted": "不允许",
}  # fmt: skip
"""Of the value set data-absent-reason."""


@dataclass
class Lines:
    """The lines of one report as they are found, and what was not."""

    neighbours: Neighbours
    values: list[IncomingValue] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    _seen: set[int] = field(default_factory=set)

    def follow(self, reference: Any, *, within: Resource, path: str, group: str = "", depth: int = 0) -> None:
        """Add the lines of the observation that a reference points to; each observation is read once."""
        found = self.neighbours.find(reference, within=within)
        if found is None or found.get("resourceType") != "Observation":
            name = text_of(reference.get("display")) or text_of(reference.get("reference"))
            self.missing.append(line(name, 60) or "未命名项目")
            self.issues.append(warning("引用的检验项目没有随报文送达，未能收取", path, code="not-found"))
        elif id(found) not in self._seen:
            self._seen.add(id(found))
            self._add(found, within=within, path=path, group=group, depth=depth)

    def _add(self, observation: Resource, *, within: Resource, path: str, group: str, depth: int) -> None:
        name = line(concept(observation.get("code")), 120) or "检验项目"
        if observation.get("status") in {"cancelled", "entered-in-error"}:
            self.issues.append(warning("检验项目已取消或录入有误，未收取", path, code="business-rule"))
            return
        components = list(dicts(observation.get("component")))
        members = list(dicts(observation.get("hasMember")))
        section = line(name, 60)
        own = _value(observation, name=name, group=group)
        if own is not None:
            self.values.append(own)
        for component in components:
            part = line(concept(component.get("code")), 120) or "分项"
            value = _value(component, name=part, group=section)
            if value is not None:
                self.values.append(value)
        if own is None and not components and not members:
            self.issues.append(warning("检验项目没有结果，未收取", path))
        if members and depth >= DEEPEST:
            self.issues.append(warning("检验项目嵌套过深，未收取", path, code="too-long"))
            return
        for member in members:
            # A contained observation points to others of the same container.
            holder = observation if observation.get("contained") else within
            self.follow(member, within=holder, path=path, group=section, depth=depth + 1)


def _value(element: Resource, *, name: str, group: str) -> IncomingValue | None:
    text, number, unit = said(element)
    note = joined((_note(element), _interpretation(element)))
    if not text:
        absent = element.get("dataAbsentReason")
        text = _ABSENT.get(next(iter(codes(absent)), ""), "") or line(concept(absent), 200)
    if not text:
        text, note = note, ""
    if not text:
        return None
    reference, low, high = _reference(element)
    return IncomingValue(
        name=name,
        text=clean(text)[:4000],
        code=line(next(iter(codes(element.get("code"))), ""), 60),
        number=number,
        unit=line(unit, 40),
        reference=reference,
        low=low,
        high=high,
        flag=_flag(element),
        group=line(group, 60),
        note=clean(note)[:2000],
    )


def said(element: Resource) -> tuple[str, str, str]:
    """Return what an observation or component says: text, number (if it is one), unit."""
    if isinstance(quantity := element.get("valueQuantity"), dict):
        return _quantity(quantity)
    if isinstance(ratio := element.get("valueRatio"), dict):
        parts = [_with_unit(ratio.get("numerator")), _with_unit(ratio.get("denominator"))]
        return joined(parts, ":"), "", ""
    if isinstance(range_ := element.get("valueRange"), dict):
        return _range(range_)
    if "valueBoolean" in element:
        return "是" if str(element["valueBoolean"]).lower() == "true" else "否", "", ""
    if "valueInteger" in element:
        number = plain_decimal(str(element["valueInteger"]))
        return number, number if parse_number(number) is not None else "", ""
    if "valueCodeableConcept" in element:
        return concept(element["valueCodeableConcept"]), "", ""
    if isinstance(period := element.get("valuePeriod"), dict):
        return joined((shown(text_of(period.get(end))) for end in ("start", "end")), " 至 "), "", ""
    if "valueSampledData" in element:
        return "波形数据，请查看原始报告", "", ""
    if "valueDateTime" in element:
        return shown(text_of(element["valueDateTime"])), "", ""
    return clean(text_of(element.get("valueString")) or text_of(element.get("valueTime"))), "", ""


def _quantity(quantity: Resource) -> tuple[str, str, str]:
    text = _number(quantity)
    unit = text_of(quantity.get("unit")) or text_of(quantity.get("code"))
    if not text:
        return "", "", unit
    comparator = text_of(quantity.get("comparator"))
    is_exact = not comparator and parse_number(text) is not None
    return f"{comparator}{text}", text if is_exact else "", unit


def _number(quantity: Any) -> str:
    value = quantity.get("value") if isinstance(quantity, dict) else None
    return "" if value is None or isinstance(value, bool) else plain_decimal(str(value)) or line(str(value), 60)


def _with_unit(quantity: Any) -> str:
    text, _, unit = _quantity(quantity) if isinstance(quantity, dict) else ("", "", "")
    return f"{text} {unit}".strip() if text and unit not in {"", "1", "{titer}"} else text


def _range(range_: Resource) -> tuple[str, str, str]:
    low, high = range_.get("low"), range_.get("high")
    unit = next((unit for end in (low, high) if isinstance(end, dict) and (unit := _quantity(end)[2])), "")
    return _between(_number(low), _number(high)), "", unit


def _between(low: str, high: str) -> str:
    if low and high:
        return f"{low}–{high}"
    return f"≥{low}" if low else f"≤{high}" if high else ""


def _reference(element: Resource) -> tuple[str, str, str]:
    """Return the reference as it is shown, and its bounds where there is but one."""
    ranges = list(dicts(element.get("referenceRange")))
    texts = []
    for one in ranges:
        text = text_of(one.get("text")) or _between(_number(one.get("low")), _number(one.get("high")))
        about = concept(one.get("type")) if len(ranges) > 1 else ""
        texts.append(f"{about}：{text}" if about and text else text)
    normal = [one for one in ranges if "normal" in codes(one.get("type"))]
    only = normal if len(normal) == 1 else ranges if len(ranges) == 1 else []
    bounds = [_number(only[0].get(end)) if only else "" for end in ("low", "high")]
    low, high = (bound if parse_number(bound) is not None else "" for bound in bounds)
    return line(joined(texts, "；"), 200), low, high


def _flag(element: Resource) -> Flag:
    return gravest(codes(element.get("interpretation")))


_SENSITIVITY = {"S": "敏感", "I": "中介", "R": "耐药", "SDD": "剂量依赖性敏感", "NS": "不敏感"}


def _interpretation(element: Resource) -> str:
    """Return in words what the flag can't say."""
    interpretations = list(dicts(element.get("interpretation")))
    known = [_SENSITIVITY[code] for code in codes(interpretations) if code in _SENSITIVITY]
    if not known and _flag(element) is Flag.NONE:
        known = [line(concept(one), 200) for one in interpretations]
    words = joined(known, "、")
    return f"结果解释：{words}" if words else ""


def _note(element: Resource) -> str:
    return joined(text_of(one.get("text")) for one in dicts(element.get("note")))
