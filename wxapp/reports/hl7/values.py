"""Observations (OBX) as lines of a report, as its original document, or as pictures."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, replace

from wxapp.reports.hl7 import fields
from wxapp.reports.hl7.message import Repetition, Segment
from wxapp.reports.hl7.refusals import DATA_TYPE, MISSING, NO_TABLE_VALUE, Refusal
from wxapp.reports.incoming import Flag, IncomingValue
from wxapp.reports.rules import bounds_of, parse_number
from wxapp.reports.texts import clean, line, plain_decimal

NARRATIVE = frozenset({"TX", "FT"})
_CODED = frozenset({"CE", "CWE", "CNE", "CF"})
_MOMENTS = frozenset({"DT", "TM", "TS", "DTM"})
_POINTERS = frozenset({"RP"})
_DROPPED = frozenset({"D", "W", "N"})
"""Results that are deleted, another patient's, or were not asked for."""
_STATES = frozenset("CDFINOPRSUWXBAV")
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF")


@dataclass(frozen=True)
class Observed:
    """What an OBX says.

    :ivar value: the line, None where it is a file or says nothing
    :ivar code: OBX-3.1 with its suffix, and its name, by which conclusions are known
    """

    segment: Segment
    code: str
    suffix: str
    value: IncomingValue | None = None
    document: bytes = b""
    picture: bytes = b""
    note: str = ""

    @property
    def state(self) -> str:
        return self.segment.first(11).upper()

    @property
    def kind(self) -> str:
        return self.segment.first(2).upper()


def read_observation(obx: Segment, *, group: str) -> Observed:
    """Read an OBX.

    :raises Refusal: it has no name, an unknown status, or data that can't be decoded
    """
    code, suffix, name = obx.first(3), obx.first(3, 1, 2), obx.first(3, 2) or obx.first(3, 5)
    if not (code or name):
        raise Refusal(f"{obx.place(3)}缺少检验项目", error=MISSING, place=obx.place(3))
    observed = Observed(obx, code, suffix)
    if observed.state and observed.state not in _STATES:
        raise Refusal(f"{obx.place(11)}结果状态不正确", error=NO_TABLE_VALUE, place=obx.place(11))
    if observed.state in _DROPPED:
        return replace(observed, note=f"{obx.place()}的结果状态为{observed.state}，未收取")
    if observed.kind == "ED":
        return _file(observed)
    blank = IncomingValue(name=line(name or code, 120), text="", code=line(code, 60), group=line(group, 60))
    if observed.state == "X":
        return replace(observed, value=replace(blank, text="未能得出结果"))
    if observed.kind in _POINTERS:
        text = "外部文件，未随报告送达"
        return replace(observed, value=replace(blank, text=text), note=f"{obx.place()}是外部文件的引用，未收取")
    text, number = _said(obx, observed.kind)
    if not text:
        return observed
    return replace(observed, value=_with_reference(replace(blank, text=text[:4000], number=number), obx))


def _with_reference(value: IncomingValue, obx: Segment) -> IncomingValue:
    reference = line(obx.text(7), 200)
    low, high = (bound if parse_number(bound) is not None else "" for bound in bounds_of(reference))
    codes = [one.piece(1) for one in obx.repetitions(8)]
    return replace(
        value,
        unit=line(obx.first(6) or obx.first(6, 2), 40),
        reference=reference,
        low=low,
        high=high,
        flag=fields.gravest(codes) if codes else Flag.NONE,
    )


def _said(obx: Segment, kind: str) -> tuple[str, str]:
    """Return a value as text and, when it is one, as a number."""
    found = obx.repetitions(5)
    if kind == "NM":
        text = "、".join(line(one.text(), 400) for one in found)
        number = plain_decimal(text)
        return text, number if parse_number(number) is not None else ""
    if kind == "SN":
        return "、".join(filter(None, (_structured(one) for one in found))), _plain_structured(found)
    if kind in _CODED:
        return "、".join(filter(None, (clean(_word(one)) for one in found))), ""
    if kind in _MOMENTS:
        shown = fields.shown_time if kind == "TM" else fields.shown_moment
        return "、".join(shown(line(one.piece(1), 60)) for one in found), ""
    return clean(obx.text(5)), ""


def _structured(one: Repetition) -> str:
    """Return an SN as people write it: ``<0.01``, ``1:128``, ``10-20``, ``2+``."""
    return line("".join(one.piece(at) for at in (1, 2, 3, 4)), 200)


def _plain_structured(found: list[Repetition]) -> str:
    if len(found) != 1 or found[0].piece(1) not in {"", "="} or found[0].piece(3) or found[0].piece(4):
        return ""
    number = plain_decimal(found[0].piece(2))
    return number if parse_number(number) is not None else ""


def _word(one: Repetition) -> str:
    return one.piece(9) or one.piece(2) or one.piece(5) or one.piece(1)


def _file(observed: Observed) -> Observed:
    obx = observed.segment
    found = obx.repetitions(5)
    if not found or not found[0].raw(5).strip():
        return replace(observed, note=f"{obx.place(5)}没有文件内容")
    if found[0].piece(4).upper() != "BASE64":
        raise Refusal(f"{obx.place(5)}的编码应为Base64", error=DATA_TYPE, place=obx.place(5))
    try:
        packed = "".join(found[0].unescaped(found[0].raw(5)).split())
        content = base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(f"{obx.place(5)}不是有效的Base64内容", error=DATA_TYPE, place=obx.place(5)) from None
    if content.startswith(b"%PDF-"):
        return replace(observed, document=content)
    if content.startswith(_PICTURES):
        return replace(observed, picture=content)
    return replace(observed, note=f"{obx.place(5)}既不是PDF也不是图片，未收取")
