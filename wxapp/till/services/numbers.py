"""Numbers of receipts and deposits. Draw them before the transaction that writes them."""

from __future__ import annotations

from wxapp.core import clock, ids


def new_receipt_no() -> str:
    """Return SJ, the hospital's day and the number of the day, e.g. ``SJ202603020001``.

    One series with the receipts of the mall's payments at the counter: no two papers have the same number.
    """
    return _numbered("SJ", "payments.receipt")


def new_deposit_no() -> str:
    """Return DJ, the hospital's day and the number of the day, e.g. ``DJ202603020001``."""
    return _numbered("DJ", "till.deposit")


def _numbered(prefix: str, series: str) -> str:
    today = clock.today()
    return f"{prefix}{today:%Y%m%d}{ids.next_in_day(series, today):04d}"
