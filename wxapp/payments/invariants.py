"""All invariants of money in one list: the ledger's, those of payments, and those of what is paid for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wxapp.core import events
from wxapp.payments import services as payments
from wxapp.wallet import services as wallet
from wxapp.wallet.services import Check

_subjects: list[Callable[[], Sequence[Check]]] = []


def register(recompute: Callable[[], Sequence[Check]]) -> None:
    """Add the invariants of a package above, e.g. that its orders know of their money; called when it is imported."""
    if recompute not in _subjects:
        _subjects.append(recompute)


def check_all() -> list[Check]:
    """Recompute every invariant; nothing is repaired."""
    return [*wallet.invariants(), *check_payments()]


def check_payments() -> list[Check]:
    """Recompute all but those of the ledger alone."""
    return [*payments.invariants(), _all_heard(), *(check for find in _subjects for check in find())]


def _all_heard() -> Check:
    given_up = events.given_up(limit=20)
    problems = tuple(f"{row.name} {row.id}：{row.last_error[:80]}" for row in given_up)
    return Check("events.heard", "没有放弃转告的内部事件", problems)
