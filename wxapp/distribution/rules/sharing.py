"""What comes of a scan or an opening, and how long WeChat's ticket is good."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from wxapp.core.labels import Labelled

TICKET_LIFE = timedelta(days=30)
"""The longest that WeChat gives a temporary code."""
RENEWED_BEFORE = timedelta(days=7)
"""A poster that is drawn today works at least so long."""

_TOKEN = re.compile(r"[0-9a-f]{32}")


class Bar(Labelled):
    """Why an invitation or share has no effect, in the order in which it is looked for."""

    OWN = "own", "本人的推广"
    INACTIVE = "inactive", "分销员已停用"
    EXPIRED = "expired", "二维码已过期"


def is_token(text: str) -> bool:
    """Whether this may be the token of a scene: what is not needs no look into the tables."""
    return _TOKEN.fullmatch(text) is not None


def has_expired(expires_at: datetime | None, *, at: datetime) -> bool:
    """Whether the ticket had run out; one of which we never heard how long it lives has not."""
    return expires_at is not None and expires_at <= at


def needs_renewal(expires_at: datetime | None, *, now: datetime) -> bool:
    return expires_at is None or expires_at - now < RENEWED_BEFORE


def bar_of(*, is_own: bool, is_active: bool, has_expired: bool) -> Bar | None:
    """Return why a scan or an opening has no effect, or None when it has one."""
    if is_own:
        return Bar.OWN
    if not is_active:
        return Bar.INACTIVE
    return Bar.EXPIRED if has_expired else None
