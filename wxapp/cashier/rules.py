"""A payment as forms say it and pages show it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A payment as a form says it. What only loans have is None for others; ``bank_id`` and ``loan_fen`` repeat what
    method and amount say already, for forms that send both.
    """

    method: str
    amount_fen: int
    remark: str = ""
    periods: int | None = None
    repayment_day: int | None = None
    bank_id: int | None = None
    loan_fen: int | None = None


@dataclass(frozen=True)
class Terms:
    """How a loan is repaid."""

    periods: int
    repayment_day: int
