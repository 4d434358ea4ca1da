"""Where a tap leads: the contract's names of pages, filled by the packages that have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wxapp.core.addresses import path_of


@dataclass(frozen=True)
class Tap:
    """A page by its endpoint and arguments."""

    endpoint: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


_pages: dict[str, tuple[str, tuple[str, ...]]] = {}


def register(name: str, endpoint: str, *fields: str) -> None:
    """Say which page the contract's name means; ``fields`` of the message's context become its arguments."""
    _pages[name] = (endpoint, fields)


def path(name: str | None, context: Mapping[str, Any], tap: Tap | None = None) -> str:
    """Return the path that a tap on this message opens, "" when there is none."""
    if tap is not None:
        return path_of(tap.endpoint, tap.arguments)
    if name is None or name not in _pages:
        return ""
    endpoint, fields = _pages[name]
    return path_of(endpoint, {each: context[each] for each in fields if each in context})
