"""Timed work of the wallet."""

from __future__ import annotations

import logging

from wxapp.wallet import services

log = logging.getLogger(__name__)


def close_days() -> int:
    """Close every hospital day that is over and not closed yet; return how many were closed."""
    return services.close_missed_days()


def check_ledger() -> int:
    """Recompute the invariants of the ledger; each that is broken is an error in the log. Return how many are."""
    broken = [check for check in services.invariants() if not check.holds]
    for check in broken:
        log.error("invariant %s is broken: %s", check.name, check.text)
    return len(broken)
