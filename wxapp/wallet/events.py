"""Facts that the wallet tells."""

from __future__ import annotations

from dataclasses import dataclass

from wxapp.core.events import Event


@dataclass(frozen=True)
class BalanceChanged(Event):
    """A patient's balance changed. ``amount_fen`` is negative when it fell."""

    patient_id: int
    transfer_id: int
    label: str
    amount_fen: int
    balance_fen: int
