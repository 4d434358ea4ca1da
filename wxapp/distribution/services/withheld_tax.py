"""Recording that withheld tax was paid to the tax office. The money itself leaves by the bank, not by this program."""

from __future__ import annotations

from wxapp.admin import audit
from wxapp.core import ids
from wxapp.core.db import transaction
from wxapp.core.errors import Invalid
from wxapp.core.money import yuan
from wxapp.distribution import kinds
from wxapp.distribution.queries import withheld_tax as queries
from wxapp.wallet import services as wallet

CHANNEL = "channel.transfer"
"""Tax is paid by a bank transfer."""

audit.label(queries.RECORDED, "登记代扣税缴纳")


def record_tax_payment(amount_fen: int, *, note: str, by: str) -> str:
    """Book tax as paid and return the payment's number. Never more is paid than was withheld, whoever else records.

    :param note: number of the tax office's receipt
    :raises Invalid: less than this is open
    """
    with transaction():
        # The step of the sequence holds everybody else until this ends; the account of the house has no row to hold.
        no = str(ids.next_number("distribution.tax_payments"))
        if amount_fen > (open_fen := queries.open_fen()):
            raise Invalid({"amount": f"待缴税款只有{yuan(open_fen)}元" if open_fen > 0 else "目前没有待缴的税款"})
        wallet.transfer(
            kind=kinds.WITHDRAWAL_TAX_PAID,
            source=no,
            payer_id=wallet.house_account(queries.ACCOUNT),
            payee_id=wallet.house_account(CHANNEL),
            amount_fen=amount_fen,
            memo=note,
        )
        audit.record(queries.RECORDED, queries.subject_of(no), f"{yuan(amount_fen)}元，{note}", by=by)
        return no
