"""What others may hear about members."""

from __future__ import annotations

from dataclasses import dataclass

from wxapp.core.events import Event


@dataclass(frozen=True)
class MemberAtWork(Event):
    """Somebody works here under the phone in the member's row: the account was made, changed or switched on."""

    member_id: int
