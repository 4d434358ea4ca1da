"""The legal moves of deliveries and broadcasts.

What the sender does by itself is guarded by its lease and not written down move by move: two hundred thousand
deliveries a day would double their rows. What people do (sending a dead letter again) is.
"""

from __future__ import annotations

from wxapp.core.states import Machine
from wxapp.messages.models import BroadcastState as B
from wxapp.messages.models import DeliveryState as S

DELIVERY = Machine(
    {
        S.NEW: {S.SENDING, S.DEAD, S.UNREACHABLE},
        S.SENDING: {S.NEW, S.SENT, S.UNREACHABLE, S.DEAD},
        S.SENT: {S.DELIVERED, S.UNREACHABLE, S.DEAD},
        S.UNREACHABLE: {S.NEW},
        S.DEAD: {S.NEW},
    },
    attribute="state",
)

UNDER_WAY = (S.NEW, S.SENDING, S.SENT, S.DELIVERED)
"""States in which no other channel is tried."""

BROADCAST = Machine(
    {B.DRAFT: {B.RUNNING, B.STOPPED}, B.RUNNING: {B.STOPPED, B.DONE}, B.STOPPED: {B.RUNNING}},
    attribute="state",
)
