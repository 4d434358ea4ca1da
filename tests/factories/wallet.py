"""Balances, made the way they come into being."""

from __future__ import annotations

import itertools

from wxapp.wallet import services
from wxapp.wallet.kinds import TOP_UP_COUNTER

_numbers = itertools.count(1)


def make_balance(patient_id: int, amount_fen: int) -> int:
    """Give a patient stored value; return the account's number."""
    account_id = services.patient_account(patient_id)
    services.transfer(
        kind=TOP_UP_COUNTER,
        source=f"factory-{next(_numbers)}",
        payer_id=services.house_account("channel.cash"),
        payee_id=account_id,
        amount_fen=amount_fen,
    )
    return account_id
