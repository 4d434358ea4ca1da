"""What becomes of a commission as its order goes on: values in, values out."""

from __future__ import annotations

from datetime import datetime, timedelta


def kept(amount_fen: int, *, line_fen: int, refunded_fen: int) -> int:
    """Return what is left of a commission when so much of its line went back; the remainder stays with the hospital.

    >>> kept(1_000, line_fen=9_900, refunded_fen=3_300)
    666
    >>> kept(1_000, line_fen=9_900, refunded_fen=9_900)
    0
    """
    return amount_fen * (line_fen - refunded_fen) // line_fen


def reversal_due(amount_fen: int, *, line_fen: int, refunded_fen: int, reversed_fen: int) -> int:
    """Return what is still to be taken back, given all refunds of the line so far: many parts end at the whole.

    >>> reversal_due(1_000, line_fen=9_900, refunded_fen=6_600, reversed_fen=334)
    333
    """
    return amount_fen - kept(amount_fen, line_fen=line_fen, refunded_fen=refunded_fen) - reversed_fen


def due_at(done_at: datetime | None, *, wait_days: int) -> datetime | None:
    """Return from when on a commission may be made available; never, as long as its order is not done."""
    return None if done_at is None else done_at + timedelta(days=wait_days)
