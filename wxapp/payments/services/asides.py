"""The ledger's side of refunds: money is set aside when a refund is approved and leaves when it is back."""

from __future__ import annotations

from wxapp.payments.kinds import REFUND_ASIDE, REFUND_PAID
from wxapp.payments.models import Method, RefundPart
from wxapp.wallet.services import house_account, patient_account, transfer


def set_aside(refund_no: str, part: RefundPart, *, from_account_id: int) -> None:
    """Move a part's money to the clearing account, once."""
    transfer(
        kind=REFUND_ASIDE,
        source=source_of(refund_no, part),
        payer_id=from_account_id,
        payee_id=house_account("clearing.refund"),
        amount_fen=part.amount_fen,
    )


def book_paid(refund_no: str, part: RefundPart, *, patient_id: int | None, way: Method | None = None) -> None:
    """Move a part's money from the clearing account to where it went, once."""
    way = way or part.channel
    if way is Method.BALANCE:
        if patient_id is None:
            raise LookupError(f"refund {refund_no} has no patient whose balance it came from")
        account_id = patient_account(patient_id)
    else:
        account_id = house_account(f"channel.{way.value}")
    transfer(
        kind=REFUND_PAID,
        source=source_of(refund_no, part),
        payer_id=house_account("clearing.refund"),
        payee_id=account_id,
        amount_fen=part.amount_fen,
    )


def source_of(refund_no: str, part: RefundPart) -> str:
    """Return what names a part in the ledger; it stays when the channel needs a new number."""
    return f"{refund_no}/{part.attempt_id}"
