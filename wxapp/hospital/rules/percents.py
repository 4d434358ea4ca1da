"""Shares as people write them."""

from __future__ import annotations


def percent(share_bp: int) -> str:
    """Return basis points in percent, without needless zeros: 8250 is ``82.5``."""
    whole, part = divmod(share_bp, 100)
    return f"{whole}.{part:02d}".rstrip("0") if part else str(whole)
