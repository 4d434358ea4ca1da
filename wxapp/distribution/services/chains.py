"""Chains of inviters are changed one at a time."""

from __future__ import annotations

from wxapp.core import ids
from wxapp.core.db import in_transaction


def one_change_at_a_time() -> None:
    """Wait until nobody else changes who invited whom, and keep others waiting until this transaction ends.

    Whoever is given an inviter must not stand above him. That is looked at and then written, and no key could keep
    two moves apart that make a circle only together. Rows are read after this, not before.
    """
    if not in_transaction():
        raise RuntimeError("a row is held by a transaction only")
    ids.next_number("distribution.chains")
