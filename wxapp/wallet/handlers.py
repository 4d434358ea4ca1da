"""What the wallet does on hearing of its own facts."""

from __future__ import annotations

from wxapp.core.events import on
from wxapp.messages import taps
from wxapp.wallet import queries
from wxapp.wallet.events import BalanceChanged
from wxapp.wallet.messages import tell_balance


@on(BalanceChanged)
def tell_owner(event: BalanceChanged) -> None:
    """Every change of a balance is told. It is not part of the payment's transaction, which holds a lock."""
    tell_balance(
        event.patient_id,
        transfer_id=event.transfer_id,
        label=event.label,
        amount_fen=event.amount_fen,
        balance_fen=event.balance_fen,
        at=queries.get_transfer(event.transfer_id).at,
    )


taps.register("bills", "wallet.bills")
