"""How the people who look after refunds are reached."""

from __future__ import annotations

from collections.abc import Sequence

from wxapp.messages import receivers, taps
from wxapp.messages.receivers import Address


def addresses_of_operations(_id: int) -> Sequence[Address]:
    """Return how operations is reached: not at all until WeCom is connected; the staff pages count what waits."""
    return ()


receivers.register("operations", addresses_of_operations)
taps.register("admin refunds", "payments_admin.refunds")
