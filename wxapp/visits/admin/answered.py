"""What a change of a visit answers: a sentence for people, the contract's word for programs."""

from __future__ import annotations

from typing import Any

from wxapp.admin.answers import Done
from wxapp.admin.interface import wants_json


def done(told: str, *, location: str | None = None, **extra: Any) -> Done:
    """Return the answer to a change that was made; further keys are for programs."""
    return Done("操作成功" if wants_json() else told, location=location, **extra)
