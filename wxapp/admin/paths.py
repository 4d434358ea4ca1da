"""Addresses of staff pages: other spellings of a path, and which paths are safe to lead to."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from flask import request

_PLACE = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")
_KINDS: dict[str | None, tuple[str, Callable[[str], Any]]] = {
    None: (r"[^/]+", str),
    "string": (r"[^/]+", str),
    "int": (r"[0-9]{1,18}", int),
    "path": (r".+", str),
}

ROOTS = ("/pc/", "/pf/")
"""What staff's pages stand below, and what their devices call."""
SPELLINGS = ("/pc", "/Pc", "/pC", "/PC", "/pf", "/Pf", "/pF", "/PF")


def is_staff_path(path: str) -> bool:
    """Whether a path is below one of the staff doors, in any letter case."""
    return path[:4].lower() in ROOTS or path.lower() in {"/pc", "/pf"}


@dataclass(frozen=True)
class Pattern:
    """A path of an interface, matched without regard to letter case, with or without ``.html``."""

    expression: re.Pattern[str]
    kinds: dict[str, Callable[[str], Any]]

    def match(self, path: str) -> dict[str, Any] | None:
        found = self.expression.fullmatch(path)
        return None if found is None else {name: self.kinds[name](text) for name, text in found.groupdict().items()}


@lru_cache(maxsize=4096)
def pattern_of(rule: str) -> Pattern:
    """Return the pattern of a rule such as ``/pc/orders/<order_no>``."""
    parts: list[str] = []
    kinds: dict[str, Callable[[str], Any]] = {}
    end = 0
    for place in _PLACE.finditer(rule):
        expression, kinds[place["name"]] = _KINDS[place["kind"]]
        parts += [re.escape(rule[end : place.start()]), f"(?P<{place['name']}>{expression})"]
        end = place.end()
    parts.append(re.escape(rule[end:].rstrip("/")))
    return Pattern(re.compile("".join(parts) + "/?", re.IGNORECASE), kinds)


def plain(path: str) -> str:
    """Return a path without the ending ``.html``."""
    return path[:-5] if path.lower().endswith(".html") else path


def without_html(arguments: dict[str, Any]) -> dict[str, Any]:
    """Take ``.html`` off the text that ends a path like ``/pc/orders/M1.html``."""
    if not request.path.lower().endswith(".html"):
        return arguments
    return {name: plain(value) if isinstance(value, str) else value for name, value in arguments.items()}


def own_path(target: str) -> str:
    """Return the target if it is a path below the staff door, else "" (no open redirect)."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return ""
    if parts.scheme or parts.netloc or "\\" in target or not is_staff_path(parts.path):
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
