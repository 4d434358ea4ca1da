"""What is about to change a balance: packages above say it, the page of bills shows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Pending:
    """A change that is not in the balance yet, or already out of it and not at its goal.

    :ivar amount_fen: negative: on its way out
    :ivar address: the page on which more is told of it
    """

    label: str
    note: str
    amount_fen: int
    at: datetime
    address: str


_sources: list[Callable[[int], Sequence[Pending]]] = []


def register(find: Callable[[int], Sequence[Pending]]) -> None:
    """Add what a package knows: ``find`` gets the patient's id. Called once when it is imported."""
    if find not in _sources:
        _sources.append(find)


def pending_of(patient_id: int) -> list[Pending]:
    """Return what is under way for a patient, the latest first."""
    found = [one for find in _sources for one in find(patient_id)]
    return sorted(found, key=lambda one: one.at, reverse=True)
