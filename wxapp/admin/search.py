"""The search box of the top bar: packages register who finds what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wxapp.admin.identity import Staff
from wxapp.core.permissions import Permission

MOST = 10
"""Hits shown of each kind."""


@dataclass(frozen=True)
class Hit:
    """Something that was found; personal data in it is masked by who found it."""

    title: str
    url: str
    detail: str = ""


@dataclass(frozen=True)
class Found:
    """The hits of one kind."""

    kind: str
    hits: list[Hit]


Finder = Callable[[str], Sequence[Hit]]
_finders: dict[str, tuple[Permission, Finder]] = {}


def register(kind: str, permission: Permission, find: Finder) -> None:
    """Register who finds things of a kind (its Chinese name), for those who have the right.

    :param find: gets the stripped text (never empty) and returns at most ``MOST`` hits
    """
    _finders[kind] = (permission, find)


def kinds(staff: Staff) -> list[str]:
    return [kind for kind, (permission, _) in _finders.items() if staff.may(permission)]


def find_all(text: str, staff: Staff) -> list[Found]:
    """Return what this person may find."""
    found = []
    for kind, (permission, find) in _finders.items():
        if staff.may(permission) and (hits := list(find(text))[:MOST]):
            found.append(Found(kind, hits))
    return found
