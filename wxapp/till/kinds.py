"""How the transfers of the till are called on statements. Each has ``entry:<id>`` as its source."""

from __future__ import annotations

from wxapp.wallet.kinds import name_kind

COLLECTED = name_kind("till.collected", "收银收款")
VOIDED = name_kind("till.voided", "收银冲回")
DEPOSIT = name_kind("till.deposit", "收定金")
DEPOSIT_USED = name_kind("till.deposit_used", "定金抵扣")
DEPOSIT_RETURNED = name_kind("till.deposit_returned", "退定金")

TAKEN = (COLLECTED, DEPOSIT, DEPOSIT_USED)
"""What an entry is booked with; it has exactly one of them."""
GIVEN_BACK = (VOIDED, DEPOSIT_RETURNED)
"""What a voided entry is booked back with."""


def source_of(entry_id: int) -> str:
    return f"entry:{entry_id}"
