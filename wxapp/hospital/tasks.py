"""Timed work of the hospital's configuration."""

from __future__ import annotations

from wxapp.core import clock
from wxapp.hospital import queries
from wxapp.hospital.services.prices import put_price_in_force


def put_prices_in_force(*, limit: int = 200) -> int:
    """Let prices hold whose moment has come; return how many did."""
    return sum(put_price_in_force(price) for price in queries.due_prices(clock.now(), limit=limit))
