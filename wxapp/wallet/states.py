"""Moves of a counter movement."""

from __future__ import annotations

from wxapp.core.states import Machine
from wxapp.wallet.models import CounterStatus

COUNTER = Machine(
    {
        CounterStatus.REQUESTED: {CounterStatus.DONE, CounterStatus.REJECTED},
    }
)
