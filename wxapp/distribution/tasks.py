"""Timed work of distribution."""

from __future__ import annotations

from wxapp.distribution.services import settling


def settle_commissions() -> int:
    """Make available what has waited long enough; return how many lines were."""
    return settling.settle_due()
