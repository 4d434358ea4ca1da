"""Orders to misbehave: what is to go wrong at which endpoint, how often.

A fault hits an endpoint by name. ``endpoints.endpoint`` applies it around incoming calls; whoever pushes to the
backend asks for the outgoing kinds itself (``callback``, ``pay/notify``).
"""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What can go wrong."""

    DELAY = "delay"
    """Answer after ``seconds``."""
    STATUS = "status"
    """HTTP ``status`` instead of an answer, no effect."""
    ACT_THEN_STATUS = "act_then_status"
    """The effect takes place, then HTTP ``status``."""
    HANG = "hang"
    """No effect, no answer: the connection is cut after ``seconds``."""
    ACT_THEN_HANG = "act_then_hang"
    """The effect takes place, no answer comes."""
    ERROR = "error"
    """The error ``code`` and ``message`` in the family's own form, no effect."""
    EXPIRED_TOKEN = "expired_token"
    """As if the access token had run out (42001)."""
    QUOTA = "quota"
    """As if the daily quota were used up (45009)."""
    CUT_BODY = "cut_body"
    """The effect takes place, half of the answer comes."""
    SLOW_BODY = "slow_body"
    """The effect takes place, the answer drips in over ``seconds``."""
    WRONG_SIGNATURE = "wrong_signature"
    """Answer or push carries a signature that does not verify; the effect takes place."""
    DUPLICATE = "duplicate"
    """A push is delivered twice, in parallel."""
    OUT_OF_ORDER = "out_of_order"
    """A push is held back until the next one has been delivered (or ``seconds`` have passed)."""
    LOST = "lost"
    """A push is never delivered."""
    EARLY = "early"
    """The event about a call is delivered before the call is answered."""


BEFORE = frozenset({Kind.DELAY, Kind.STATUS, Kind.HANG, Kind.ERROR, Kind.EXPIRED_TOKEN, Kind.QUOTA})
AFTER = frozenset({Kind.ACT_THEN_STATUS, Kind.ACT_THEN_HANG, Kind.CUT_BODY, Kind.SLOW_BODY, Kind.WRONG_SIGNATURE})
OUTGOING = frozenset(
    {Kind.DELAY, Kind.ERROR, Kind.WRONG_SIGNATURE, Kind.DUPLICATE, Kind.OUT_OF_ORDER, Kind.LOST, Kind.EARLY}
)
"""An ``error`` on a push changes what it reports (``message``), e.g. the status of a template message."""


@dataclass(kw_only=True)
class Fault:
    """One order. ``left`` counts the calls it still hits; None means until it is taken back."""

    id: int
    endpoint: str
    """Exact name, or a beginning followed by ``*``."""
    kind: Kind
    left: int | None = 1
    seconds: float = 0.0
    status: int = 502
    code: str = ""
    message: str = ""
    probability: float = 1.0
    seed: int = 0
    hits: int = 0
    dice: random.Random = field(default_factory=random.Random, repr=False, compare=False)

    def as_json(self) -> dict[str, Any]:
        """Return the order as plain values."""
        shown = ("id", "endpoint", "kind", "left", "seconds", "status", "code", "message", "probability", "hits")
        return {name: getattr(self, name) for name in shown}

    def hits_endpoint(self, name: str) -> bool:
        """Tell whether the order is meant for this endpoint."""
        return name.startswith(self.endpoint[:-1]) if self.endpoint.endswith("*") else name == self.endpoint


class Faults:
    """The list of standing orders; safe to use from many threads."""

    def __init__(self) -> None:
        self._orders: list[Fault] = []
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self.released = threading.Event()
        """Set for a moment by ``clear``: hanging calls end early."""

    def order(
        self,
        endpoint: str,
        kind: Kind | str,
        *,
        count: int | None = 1,
        seconds: float = 0.0,
        status: int = 502,
        code: str = "",
        message: str = "",
        chance: tuple[float, int] = (1.0, 0),
    ) -> Fault:
        """Order a fault; ``chance`` is the probability of hitting a call, and the seed of the dice.

        :raises ValueError: the kind is unknown, the count is below 1 or the probability not within 0..1.
        """
        probability, seed = chance
        if count is not None and count < 1:
            raise ValueError("count must be at least 1, or null for 'until taken back'")
        if not 0 < probability <= 1:
            raise ValueError("probability must be above 0 and at most 1")
        fault = Fault(
            id=next(self._numbers),
            endpoint=endpoint,
            kind=Kind(kind),
            left=count,
            seconds=seconds,
            status=status,
            code=code,
            message=message,
            probability=probability,
            seed=seed,
            dice=random.Random(seed),
        )
        with self._lock:
            self._orders.append(fault)
        return fault

    def take(self, endpoint: str, kinds: Collection[Kind]) -> list[Fault]:
        """Return the orders of these kinds that hit this call, and count them down."""
        hit: list[Fault] = []
        with self._lock:
            for fault in self._orders:
                if fault.kind not in kinds or not fault.hits_endpoint(endpoint):
                    continue
                if fault.probability < 1 and fault.dice.random() >= fault.probability:
                    continue
                fault.hits += 1
                if fault.left is not None:
                    fault.left -= 1
                hit.append(fault)
            self._orders = [fault for fault in self._orders if fault.left is None or fault.left > 0]
        return hit

    def standing(self) -> list[Fault]:
        """Return the orders that still wait for a call."""
        with self._lock:
            return list(self._orders)

    def take_back(self, fault_id: int) -> bool:
        """Drop one order; tell whether it was there."""
        with self._lock:
            before = len(self._orders)
            self._orders = [fault for fault in self._orders if fault.id != fault_id]
            return len(self._orders) < before

    def clear(self) -> None:
        """Drop all orders and let go of the calls that hang."""
        with self._lock:
            self._orders = []
        self.released.set()
        self.released = threading.Event()
