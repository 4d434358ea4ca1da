"""Fields that mean the same in every segment: moments, names, record numbers, flags."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from wxapp.core.clock import HOSPITAL_ZONE
from wxapp.reports.hl7.message import Repetition, Segment
from wxapp.reports.hl7.refusals import DATA_TYPE, Refusal
from wxapp.reports.incoming import Flag

_MOMENT = re.compile(
    r"(?P<year>\d{4})(?:(?P<month>\d\d)(?:(?P<day>\d\d)(?:(?P<hour>\d\d)(?:(?P<minute>\d\d)"
    r"(?:(?P<second>\d\d)(?:\.\d{1,6})?)?)?)?)?)?(?P<zone>[+-]\d{4})?",
    re.ASCII,
)


def parse_moment(text: str, *, zone: tzinfo = HOSPITAL_ZONE) -> datetime:
    """Return the moment of a TS, DTM, DT; without an offset it is in the given zone.

    :raises ValueError: no moment of our time
    """
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    parts = {name: int(found[name] or least) for name, least in (("month", 1), ("day", 1), ("hour", 0), ("minute", 0))}
    year = int(found["year"])
    if not 1900 <= year < 2200:
        raise ValueError(text)
    own = zone_of(found["zone"]) or zone
    second = min(int(found["second"] or 0), 59)
    return datetime(year, **parts, second=second, tzinfo=own).astimezone(UTC)


def zone_of(text: str | None) -> timezone | None:
    """Return the zone of an offset such as ``+0800``."""
    if not text:
        return None
    minutes = int(text[1:3]) * 60 + int(text[3:5])
    if minutes > 14 * 60:
        raise ValueError(text)
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def moment(segment: Segment, at: int, *, zone: tzinfo) -> datetime | None:
    """Return the moment in a field, None when it is empty.

    :raises Refusal: it is none
    """
    text = segment.first(at)
    if not text or text == '""':
        return None
    try:
        return parse_moment(text, zone=zone)
    except ValueError:
        raise Refusal(f"{segment.place(at)}不是有效的时间", error=DATA_TYPE, place=segment.place(at)) from None


def shown_time(text: str) -> str:
    """Return a time of day (TM) as people read it; what is none stays as it is."""
    found = re.fullmatch(r"([01]\d|2[0-3])([0-5]\d)?([0-5]\d)?(\.\d+)?([+-]\d{4})?", text, re.ASCII)
    return ":".join((found[1], found[2] or "00", *filter(None, [found[3]]))) if found else text


def shown_moment(text: str) -> str:
    """Return a date or moment as people read it; what is none stays as it is."""
    digits = re.match(r"\d*", text, re.ASCII)
    length = len(digits[0]) if digits else 0
    try:
        found = parse_moment(text).astimezone(HOSPITAL_ZONE)
    except ValueError:
        return text
    shown = {4: "%Y", 6: "%Y-%m", 8: "%Y-%m-%d"}.get(length, "%Y-%m-%d %H:%M:%S" if length > 12 else "%Y-%m-%d %H:%M")
    return found.strftime(shown)


def person(name: Repetition | None, *, family: int = 1) -> str:
    """Return the name in an XPN, or in an XCN (``family=2``): Chinese ones without a blank between their parts."""
    if name is None:
        return ""
    parts = [name.piece(family), name.piece(family + 1)]
    if not any(parts):
        return name.piece(1) if family > 1 else ""
    if all(part.isascii() for part in parts):
        return " ".join(part for part in reversed(parts) if part)
    return "".join(parts)


def record_number(patient: Segment, *, authority: str) -> str:
    """Return the record number among the numbers of PID-3, "" when none of them is surely it.

    With an assigning authority set, it is the number of that authority. Else the one of type MR; else the only one,
    if it is of no other type.
    """
    numbers = [one for one in patient.repetitions(3) if one.piece(1)]
    if authority:
        ours = [one for one in numbers if authority in {one.piece(4, part) for part in (1, 2)}]
        typed = [one for one in ours if one.piece(5) == "MR"]
        chosen = typed or [one for one in ours if one.piece(5) in {"", "PI"}]
    else:
        chosen = [one for one in numbers if one.piece(5) == "MR"]
        if not chosen and len(numbers) == 1 and numbers[0].piece(5) in {"", "PI", "PT"}:
            chosen = numbers
    different = {one.piece(1) for one in chosen}
    return different.pop() if len(different) == 1 else ""


FLAGS = {
    "N": Flag.NORMAL,
    "L": Flag.LOW,
    "H": Flag.HIGH,
    "<": Flag.LOW,
    ">": Flag.HIGH,
    "LU": Flag.LOW,
    "HU": Flag.HIGH,
    "LL": Flag.CRITICAL_LOW,
    "HH": Flag.CRITICAL_HIGH,
    "A": Flag.ABNORMAL,
    "AA": Flag.ABNORMAL,
    "POS": Flag.ABNORMAL,
    "NEG": Flag.NORMAL,
    "DET": Flag.ABNORMAL,
    "ND": Flag.NORMAL,
    "R": Flag.ABNORMAL,
    "↑": Flag.HIGH,
    "↓": Flag.LOW,
}
"""Of table 0078 (FHIR's interpretations have the same codes); what tells no side (S, I, U, D, B, W) is left out."""

_GRAVEST = (
    Flag.CRITICAL_HIGH,
    Flag.CRITICAL_LOW,
    Flag.HIGH,
    Flag.LOW,
    Flag.ABNORMAL,
    Flag.NORMAL,
)


def gravest(codes: list[str]) -> Flag:
    """Return what the codes of a value say together."""
    found = {FLAGS.get(code.strip().upper()) for code in codes}
    return next((flag for flag in _GRAVEST if flag in found), Flag.NONE)
