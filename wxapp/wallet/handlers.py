"""What the wallet does on hearing of its own facts, and of the balance passwords."""

from __future__ import annotations

from datetime import datetime

from wxapp.core.events import on
from wxapp.messages import taps
from wxapp.patients.events import BalancePasswordReset
from wxapp.wallet import exporting, queries  # noqa: F401 - exporting: its part of what a patient may take away
from wxapp.wallet.events import BalanceChanged
from wxapp.wallet.messages import tell_balance, tell_password_reset


@on(BalanceChanged)
def tell_owner(event: BalanceChanged) -> None:
    """Every change of a balance is told. It is not part of the payment's transaction, which holds a lock."""
    tell_balance(
        event.patient_id,
        transfer_id=event.transfer_id,
        label=event.label,
        amount_fen=event.amount_fen,
        balance_fen=event.balance_fen,
        at=queries.moment_of(event.transfer_id),
    )


@on(BalancePasswordReset)
def tell_of_password(event: BalancePasswordReset) -> None:
    """Who has not asked for a new balance password must hear of it."""
    tell_password_reset(
        event.patient_id,
        balance_fen=queries.patient_balance(event.patient_id),
        at=datetime.fromisoformat(event.at),
    )


taps.register("bills", "wallet.bills")
