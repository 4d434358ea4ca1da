"""Timed work of booking."""

from __future__ import annotations

from wxapp.booking.services import holds, reminders, waiting


def expire_holds(*, limit: int = 500) -> int:
    """End holds and offers that ran out; offer what is free to those in line. Nothing depends on it but the hurry."""
    return holds.expire_overdue(limit=limit) + waiting.offer_free_seats(limit=limit)


def remind(*, limit: int = 500) -> int:
    """Remind of tomorrow's appointments, and of those in some hours; return how many were told."""
    return reminders.remind(limit=limit)


def close_past_days(*, limit: int = 20_000) -> int:
    """Note who did not come on past days, and end their lines; return how many rows were ended."""
    return reminders.close_past_days(limit=limit) + waiting.close_past(limit=limit)
