"""Who may see an upload: the package of what it is attached to says so, by a function that it registers here."""

from __future__ import annotations

from collections.abc import Callable

from wxapp.admin.identity import Staff
from wxapp.uploads.models import Upload

MaySee = Callable[[Staff, int], bool]

_may_see: dict[str, MaySee] = {}


def may_see(kind: str, function: MaySee) -> None:
    """Set who may see what is attached to ``kind:<id>``; the function gets who looks and that id."""
    _may_see[kind] = function


def is_seen_by(upload: Upload, staff: Staff) -> bool:
    """Whether this person may look at an upload. What is not attached yet is seen by who uploaded it."""
    if not upload.subject:
        return upload.uploaded_by == staff.actor
    kind, _, number = upload.subject.partition(":")
    decide = _may_see.get(kind)
    return decide is not None and number.isdigit() and decide(staff, int(number))
