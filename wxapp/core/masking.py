"""Personal data as pages show it (contract: formats). The whole value is shown only where a look is logged."""

from __future__ import annotations


def masked_name(name: str | None) -> str:
    """Return the first character, then one asterisk for each other: ``王*``."""
    return f"{name[0]}{'*' * (len(name) - 1)}" if name else "—"


def masked_id_number(number: str | None) -> str:
    """Return the first four, four asterisks, the last four: ``3503****1257``; a short one shows nothing."""
    if not number:
        return "—"
    return f"{number[:4]}****{number[-4:]}" if len(number) > 8 else "*" * len(number)


def masked_phone(phone: str | None) -> str:
    """Return the first three, four asterisks, the last four: ``138****0001``."""
    if not phone:
        return "—"
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) > 7 else "*" * len(phone)
