"""The blueprint that the modules of this folder share, and what several of them ask of a request."""

from __future__ import annotations

from flask import request

from wxapp.core.errors import NotFound
from wxapp.h5.identity import current_user
from wxapp.h5.shell import Pages
from wxapp.patients.access import current_patient
from wxapp.patients.models import Patient

pages = Pages("mall", "wxapp.mall")


def number_in_address(name: str, *, default: int, most: int) -> int:
    """Read a number from the address; what is no number there is a wrong address.

    :raises NotFound: not a number, or out of its range
    """
    text = request.args.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 18) or not 1 <= int(text) <= most:
        raise NotFound
    return int(text)


def find_patient() -> Patient | None:
    """Return the current patient, or None while none is bound."""
    return current_patient() if current_user().current_patient_id else None
