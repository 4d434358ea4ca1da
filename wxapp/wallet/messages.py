"""What the wallet tells people."""

from __future__ import annotations

from datetime import datetime

from wxapp.messages.receivers import Receiver
from wxapp.messages.services import notify

CODES = ("pt_wallet_0000001",)


def tell_balance(
    patient_id: int, *, transfer_id: int, label: str, amount_fen: int, balance_fen: int, at: datetime
) -> None:
    """Tell a patient of one change of the balance, once."""
    notify(
        "pt_wallet_0000001",
        Receiver("patient", patient_id),
        {"subject": label, "amount": amount_fen, "balance": balance_fen, "at": at},
        once=str(transfer_id),
    )


def tell_password_reset(patient_id: int, *, balance_fen: int, at: datetime) -> None:
    """Tell a patient that the balance password was replaced without the old one, once."""
    notify(
        "pt_wallet_0000001",
        Receiver("patient", patient_id),
        {"subject": "余额密码已重置", "amount": 0, "balance": balance_fen, "at": at},
        once=f"password:{at.isoformat()}",
    )
