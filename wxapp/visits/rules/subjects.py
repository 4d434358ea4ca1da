"""How other packages, that know no visits, name one: receipts, deposits and uploads have a subject."""

from __future__ import annotations

KIND = "visit"


def subject_of(visit_id: int) -> str:
    """Return the subject of a visit, e.g. ``visit:12``."""
    return f"{KIND}:{visit_id}"
