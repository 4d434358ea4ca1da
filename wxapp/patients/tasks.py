"""Housekeeping of what nobody needs any more. ``jobs/schedule.py`` says when."""

from __future__ import annotations

from wxapp.patients.services.looks import remove_old_looks
from wxapp.patients.services.pushes import remove_old_pushes
from wxapp.patients.services.sms_codes import remove_old_codes


def remove_old() -> int:
    """Remove old SMS codes, pushes that are no longer repeated, and looks of years ago; return how many."""
    return remove_old_codes() + remove_old_pushes() + remove_old_looks()
