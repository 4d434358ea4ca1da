"""When a message goes out: quiet hours, the gaps between tries, and when it is given up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta

MAX_TRIES = 8
GIVE_UP_AFTER = timedelta(hours=24)
"""Source of both: spec/messages.md."""
URGENT_WITH_ANOTHER_WAY = timedelta(minutes=30)
"""So long an urgent message waits for its first channel when it has a second one."""

LEASE = timedelta(seconds=60)
"""How long a sender keeps a delivery to itself. Longer than any call lasts, and a tenth of the ten minutes in
which WeChat knows a repeated ``client_msg_id``."""

QUIET_FROM, QUIET_UNTIL = time(22), time(8)


def is_quiet(local: datetime) -> bool:
    """Whether this moment, as the hospital's clocks show it, lies in the quiet hours."""
    return local.time() >= QUIET_FROM or local.time() < QUIET_UNTIL


def not_before(local: datetime, *, is_urgent: bool) -> datetime:
    """Return when a message that is due at this moment may go out; moments in the hospital's zone."""
    if is_urgent or not is_quiet(local):
        return local
    day = local.date() + timedelta(days=1) if local.time() >= QUIET_FROM else local.date()
    return datetime.combine(day, QUIET_UNTIL, local.tzinfo)


def gap(tries: int, *, chance: Callable[[], float]) -> timedelta:
    """Return how long to wait after so many tries: 5 s, 20 s, 80 s, … up to 8 h, each 20 % more or less.

    :param chance: gives numbers from 0 to 1, so that a crowd that failed together does not come back together
    """
    seconds = min(5 * 4 ** (tries - 1), 8 * 3600)
    return timedelta(seconds=seconds * (0.8 + 0.4 * chance()))


def give_up_after(*, is_urgent: bool, has_another_way: bool) -> timedelta:
    return URGENT_WITH_ANOTHER_WAY if is_urgent and has_another_way else GIVE_UP_AFTER


def is_given_up(tries: int, *, age: timedelta, patience: timedelta) -> bool:
    """Whether a delivery that failed again has been tried often or long enough."""
    return tries >= MAX_TRIES or age >= patience
