"""Who did something, as text that fits every table: ``staff:12``, ``wechat:5``, ``system:close_unpaid``."""

from __future__ import annotations


def staff(staff_id: int) -> str:
    return f"staff:{staff_id}"


def wechat(user_id: int) -> str:
    return f"wechat:{user_id}"


def system(name: str) -> str:
    """A job, an event listener or an outside system."""
    return f"system:{name}"
