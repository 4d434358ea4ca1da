"""What visits tell."""

from __future__ import annotations

from dataclasses import dataclass

from wxapp.core.events import Event


@dataclass(frozen=True)
class VisitArrived(Event):
    """The patient has come to the hospital."""

    visit_id: int
    patient_id: int


@dataclass(frozen=True)
class QuoteMade(Event):
    """A revision of the quote waits for review."""

    visit_id: int
    quote_id: int


@dataclass(frozen=True)
class VisitLeft(Event):
    """The patient has left the hospital."""

    visit_id: int
    patient_id: int
