"""Rules of invoices: whom they may be made out to."""

from __future__ import annotations

import re

_CREDIT_CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""Signs of a unified social credit code, each worth its place (GB 32100-2015: without I, O, S, V, Z)."""

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_OLD_TAX_NO = re.compile(r"[0-9A-Z]{15}|[0-9A-Z]{20}")

MAX_TITLES = 10
"""So many are kept for one user; the one that was used longest ago makes room."""


def plain_tax_no(text: str) -> str:
    """Return a tax number as it is printed: without blanks, in capitals."""
    return re.sub(r"[\s-]", "", text).upper()


def is_tax_no(number: str) -> bool:
    """Whether this can be a taxpayer's number: a unified social credit code, or an old one of 15 or 20 signs."""
    return is_credit_code(number) if len(number) == 18 else bool(_OLD_TAX_NO.fullmatch(number))


def is_credit_code(code: str) -> bool:
    """Whether the last sign of a unified social credit code fits the others (GB 32100-2015, ISO 7064 MOD 31-3)."""
    if len(code) != 18 or any(sign not in _CREDIT_CODE for sign in code):
        return False
    total = sum(_CREDIT_CODE.index(sign) * pow(3, place, 31) for place, sign in enumerate(code[:17]))
    return _CREDIT_CODE[(31 - total % 31) % 31] == code[17]


def is_email(text: str) -> bool:
    return len(text) <= 100 and _EMAIL.fullmatch(text) is not None


def is_mobile(text: str) -> bool:
    return _MOBILE.fullmatch(text) is not None


def masked_email(text: str) -> str:
    """Return the first character and the host: ``l***@example.com``."""
    name, at, host = text.partition("@")
    return f"{name[:1]}***@{host}" if at else ""


def amount_left(*, total_fen: int, refunded_fen: int) -> int:
    """Return what an invoice over an order is for: paid less given back."""
    return max(0, total_fen - refunded_fen)
