"""Acknowledgements: ``MSH``, ``MSA`` and, when something is wrong, ``ERR``, in the sender's own character set."""

from __future__ import annotations

from datetime import datetime

from wxapp.core import clock, ids
from wxapp.reports.hl7.message import Header
from wxapp.reports.hl7.refusals import Refusal

ACCEPTED = "AA"
VERSIONS = ("2.3", "2.3.1", "2.4", "2.5", "2.5.1")
_OLD = ("2.3", "2.3.1", "2.4")
"""Before 2.5 the segment ERR had one field."""


def acknowledgement(header: Header, *, refusal: Refusal | None = None, now: datetime) -> bytes:
    """Return the answer to a message.

    :param refusal: why it was not taken; None when it was
    """
    component, repetition, escape, part = tuple(header.encoding[:4])
    version = header.first(12) if header.first(12) in VERSIONS else "2.5.1"
    code = refusal.code if refusal else ACCEPTED
    msh = [
        "MSH",
        header.encoding,
        header.raw(5)[:180],
        header.raw(6)[:180],
        header.raw(3)[:180],
        header.raw(4)[:180],
        clock.local(now).strftime("%Y%m%d%H%M%S%z"),
        "",
        component.join(("ACK", "R01", "ACK") if version not in _OLD else ("ACK", "R01")),
        ids.new_token(12).replace("-", "0").replace("_", "1"),
        header.first(11)[:3] or "P",
        version,
        *([""] * 5),
        header.raw(18)[:40],
    ]

    def escaped(text: str) -> str:
        signs = {escape: "E", header.separator: "F", component: "S", part: "T", repetition: "R"}
        return "".join(f"{escape}{signs[sign]}{escape}" if sign in signs else sign for sign in text)

    told = escaped(" ".join(refusal.text.split())) if refusal else ""
    segments = [msh, ["MSA", code, header.control_id, told[:80] if version in _OLD else ""]]
    if refusal:
        segments.append(_err(refusal, told, component, is_old=version in _OLD))
    text = "".join(header.separator.join(one).rstrip(header.separator) + "\r" for one in segments)
    return text.encode(header.codec, "replace")


def _err(refusal: Refusal, told: str, component: str, *, is_old: bool) -> list[str]:
    place, (number, english) = refusal.place, refusal.error
    where = [place.segment, str(place.number), str(place.field or "")] if place else ["", "", ""]
    if is_old:
        return ["ERR", component.join([*where, number])]
    location = component.join(where).rstrip(component)
    return ["ERR", "", location, component.join((number, english, "HL70357")), "E", "", "", "", told]
