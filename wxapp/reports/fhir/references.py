"""Finding what a reference means: in the resource itself, or in the Bundle it came with. Nothing is ever fetched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

Resource = dict[str, Any]

_RELATIVE = re.compile(r"(?:.*/)?([A-Z][A-Za-z]+)/([A-Za-z0-9.\-]{1,64})(?:/_history/[A-Za-z0-9.\-]{1,64})?")
_VERSION = re.compile(r"/_history/[A-Za-z0-9.\-]{1,64}$")


def dicts(value: Any) -> Iterator[dict[str, Any]]:
    """Iterate over the objects of an element that may be missing, one, or a list."""
    if isinstance(value, dict):
        yield value
    elif isinstance(value, list):
        yield from (one for one in value if isinstance(one, dict))


def text_of(value: Any) -> str:
    """Return a primitive as text, "" when there is none."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


@dataclass
class Neighbours:
    """The resources among which references are looked up."""

    _by_url: dict[str, Resource] = field(default_factory=dict)
    _by_name: dict[str, Resource] = field(default_factory=dict)
    _contained: dict[int, tuple[Any, dict[str, Resource]]] = field(default_factory=dict)
    """By the list that a resource holds; the list is kept with them, so that its place in memory stays its own."""

    def add(self, resource: Resource, *, url: str = "") -> None:
        """Make a resource known under its Bundle address, and under its kind and id."""
        if url:
            self._by_url.setdefault(url, resource)
        if identity := text_of(resource.get("id")):
            self._by_name.setdefault(f"{resource.get('resourceType')}/{identity}", resource)

    def find(self, reference: Any, *, within: Resource) -> Resource | None:
        """Return what an element of the type Reference points to, None when it did not come with the message."""
        text = text_of(reference.get("reference")) if isinstance(reference, dict) else ""
        if text.startswith("#"):
            return self._inside(within.get("contained")).get(text[1:])
        if not text:
            return None
        if found := self._by_url.get(_VERSION.sub("", text)):
            return found
        named = _RELATIVE.fullmatch(text)
        return self._by_name.get(f"{named[1]}/{named[2]}") if named else None

    def _inside(self, contained: Any) -> dict[str, Resource]:
        """Return contained resources by their id, looked through once: a report may point to thousands."""
        if id(contained) not in self._contained:
            found: dict[str, Resource] = {}
            for one in dicts(contained):
                found.setdefault(text_of(one.get("id")), one)
            self._contained[id(contained)] = (contained, found)
        return self._contained[id(contained)][1]


def concept(value: Any) -> str:
    """Return a CodeableConcept as people read it."""
    if not isinstance(value, dict):
        return ""
    if text := text_of(value.get("text")):
        return text
    codings = list(dicts(value.get("coding")))
    shown = next(filter(None, (text_of(one.get("display")) for one in codings)), "")
    return shown or next(filter(None, (text_of(one.get("code")) for one in codings)), "")


def codes(value: Any) -> list[str]:
    """Return every code of one or several CodeableConcepts."""
    return [text_of(coding.get("code")) for one in dicts(value) for coding in dicts(one.get("coding"))]


def joined(parts: Iterable[str], by: str = "\n") -> str:
    return by.join(part for part in parts if part)
