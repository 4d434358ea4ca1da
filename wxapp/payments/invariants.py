"""All invariants of money in one list: those of the ledger and those of payments."""

from __future__ import annotations

from wxapp.payments import services as payments
from wxapp.wallet import services as wallet
from wxapp.wallet.services import Check


def check_all() -> list[Check]:
    """Recompute every invariant; nothing is repaired."""
    return [*wallet.invariants(), *payments.invariants()]
