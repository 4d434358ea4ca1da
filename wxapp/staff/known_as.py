"""What else the owner of a member's phone is to the hospital; packages above say it for the member's page."""

from __future__ import annotations

from collections.abc import Callable

Note = Callable[[str], str]

_notes: dict[str, Note] = {}


def register(name: str, note: Note) -> None:
    """Add what says a sentence about a phone, "" when there is nothing to say."""
    _notes[name] = note


def notes(phone: str) -> list[str]:
    """Return the sentences about a member's phone."""
    return [text for note in _notes.values() if (text := note(phone))] if phone else []
