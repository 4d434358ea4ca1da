"""A message as segments, fields and pieces of fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import hl7

from wxapp.reports.hl7 import charsets
from wxapp.reports.hl7.refusals import MISSING, REJECTED, SEQUENCE, Place, Refusal

MOST_SEGMENTS = 4000
MOST_SIGNS = 300_000
"""Separators in a message: each makes an object of the parser's."""

_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")
_LINES = re.compile(r"[\r\n]+")
_HEADER = re.compile(r"MSH([!-/:-@\[-`{-~])([!-/:-@\[-`{-~]{4,5})(?=\1)")
_NOT_SHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LONGEST_ESCAPE = 200


@dataclass(frozen=True)
class Header:
    """What an acknowledgement needs of MSH: fields as they came, the character set, the separators."""

    separator: str = "|"
    encoding: str = "^~\\&"
    fields: tuple[str, ...] = ()
    codec: str = "utf-8"

    def raw(self, number: int) -> str:
        """Return field ``number`` as it came, "" if there is none; MSH-1 is the separator itself."""
        at = number - 1
        return self.fields[at] if 1 < at + 1 <= len(self.fields) else ""

    def first(self, number: int, component: int = 1) -> str:
        """Return a component of the field's first repetition."""
        parts = self.raw(number).split(self.encoding[1])[0].split(self.encoding[0])
        return parts[component - 1].strip() if component <= len(parts) else ""

    @property
    def control_id(self) -> str:
        return self.raw(10)[:199]


@dataclass(frozen=True)
class Segment:
    """One segment; fields are numbered as in the standard.

    :ivar number: which one of its name in the message, from 1
    """

    name: str
    number: int
    parsed: Any = field(repr=False)
    unescaped: Callable[[str], str] = field(repr=False)

    def repetitions(self, at: int) -> list[Repetition]:
        if at >= len(self.parsed):
            return []
        found = self.parsed[at]
        return [Repetition(one, self.unescaped) for one in found if (one if isinstance(one, str) else str(one))]

    def text(self, at: int) -> str:
        """Return a whole field as text, with what stands between its parts; repetitions are lines."""
        return "\n".join(one.text() for one in self.repetitions(at)).strip()

    def first(self, at: int, component: int = 1, part: int = 1) -> str:
        """Return a piece of the field's first repetition."""
        found = self.repetitions(at)
        return found[0].piece(component, part) if found else ""

    def place(self, at: int = 0) -> Place:
        return Place(self.name, self.number, at)


@dataclass(frozen=True)
class Repetition:
    """One repetition of a field."""

    parsed: Any
    unescaped: Callable[[str], str]

    def piece(self, component: int, part: int = 1) -> str:
        """Return a component (or a part of one) without escapes, "" if there is none."""
        if isinstance(self.parsed, str):
            return self.unescaped(self.parsed).strip() if component == part == 1 else ""
        if component > len(self.parsed):
            return ""
        found = self.parsed[component - 1]
        if isinstance(found, str):
            return self.unescaped(found).strip() if part == 1 else ""
        return self.unescaped(str(found[part - 1])).strip() if part <= len(found) else ""

    def raw(self, component: int) -> str:
        """Return a component as it came."""
        if isinstance(self.parsed, str):
            return self.parsed if component == 1 else ""
        return str(self.parsed[component - 1]) if component <= len(self.parsed) else ""

    def text(self) -> str:
        return self.unescaped(str(self.parsed))


@dataclass(frozen=True)
class Message:
    """A message that could be taken apart."""

    header: Header
    segments: tuple[Segment, ...]

    def __iter__(self) -> Iterator[Segment]:
        return iter(self.segments)


def read_header(raw: bytes, *, default: str) -> Header:
    """Return the header of a message, for its acknowledgement and its key, whatever the rest may be.

    :raises Refusal: there is none (AR), or its character set is not known
    """
    if not raw.startswith(b"MSH"):
        raise Refusal("报文应以MSH段开头", error=SEQUENCE, place=Place("MSH"), code=REJECTED)
    try:
        codec, fault = charsets.charset_of(raw, default=default), ""
    except charsets.Undecodable as error:
        codec, fault = default, str(error)
    text = _NOT_SHOWN.sub("", charsets.header_of(raw).decode(codec, "replace"))
    begins = _HEADER.match(text)
    if begins is None:
        raise Refusal("MSH-1或MSH-2中的分隔符不正确", error=MISSING, place=Place("MSH", 1, 2), code=REJECTED)
    separator, encoding = begins[1], begins[2]
    if len({separator, *encoding}) != 1 + len(encoding):
        raise Refusal("MSH-1与MSH-2中的分隔符重复", error=MISSING, place=Place("MSH", 1, 2), code=REJECTED)
    header = Header(separator, encoding, tuple(text.split(separator)), codec)
    if fault:
        raise _Faulty(fault, header)
    return header


class _Faulty(Refusal):
    """The header can be read, but the message can't."""

    def __init__(self, text: str, header: Header) -> None:
        super().__init__(text, error=("103", "Table value not found"), place=Place("MSH", 1, 18))
        self.header = header


def header_of(refusal: Refusal) -> Header:
    """Return the header that was read before a message was refused, else an empty one."""
    return refusal.header if isinstance(refusal, _Faulty) else Header()


def read_message(raw: bytes, header: Header) -> Message:
    """Take a message apart.

    :raises Refusal: it is not of its character set, or has no form
    """
    try:
        text = charsets.decoded(raw, header.codec)
    except charsets.Undecodable as error:
        raise Refusal(str(error), error=("102", "Data type error"), place=Place("MSH", 1, 18)) from None
    lines = [line for line in _LINES.split(text) if line.strip()]
    if len(lines) > MOST_SEGMENTS or sum(map(text.count, header.separator + header.encoding[:2])) > MOST_SIGNS:
        raise Refusal(f"报文过长，最多{MOST_SEGMENTS}段", error=SEQUENCE)
    counts: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if not _NAME.fullmatch(line[:3]) or line[3:4] not in {"", header.separator}:
            raise Refusal(f"第{number}段不是有效的HL7段", error=SEQUENCE)
        counts[line[:3]] = counts.get(line[:3], 0) + 1
    if counts["MSH"] > 1:
        raise Refusal("一次只能发送一条报文", error=SEQUENCE, place=Place("MSH", 2))
    parsed = hl7.parse("\r".join(lines))
    unescaped = _unescaper(header)
    counts.clear()
    segments = []
    for line, one in zip(lines, parsed, strict=True):
        name = line[:3]
        counts[name] = counts.get(name, 0) + 1
        segments.append(Segment(name, counts[name], one, unescaped))
    return Message(header, tuple(segments))


def _unescaper(header: Header) -> Callable[[str], str]:
    component, repetition, escape, part = tuple(header.encoding[:4])
    signs = {"F": header.separator, "S": component, "T": part, "R": repetition, "E": escape, "H": "", "N": ""}
    mark = re.escape(escape)
    sequence = re.compile(rf"{mark}([^{mark}]{{1,{_LONGEST_ESCAPE}}}){mark}")

    def one(found: re.Match[str]) -> str:
        inner = found[1]
        if inner in signs:
            return signs[inner]
        if inner.startswith((".br", ".sp", ".ce")):
            return "\n"
        if re.fullmatch(r"\.(fi|nf|(in|ti|sk)[+-]?\d*)", inner):
            return " "
        if re.fullmatch(r"X([0-9A-Fa-f]{2})+", inner):
            return bytes.fromhex(inner[1:]).decode(header.codec, "replace")
        return found[0]  # not of the standard: perhaps a path

    def unescaped(text: str) -> str:
        return sequence.sub(one, text) if escape in text else text

    return unescaped
