"""New words for 《分销员协议》."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.core.errors import Invalid, Stale
from wxapp.distribution.models import Agreement
from wxapp.distribution.queries import agreements


def add_agreement(text: str, *, valid_from: datetime, by: str) -> Agreement:
    """Keep new words; who agreed to earlier ones stays bound by those.

    :raises Invalid: they would hold before now, or are those that hold already
    :raises Stale: somebody else made a version at the same moment
    """
    now = clock.now()
    if clock.local(valid_from).date() < clock.today():
        raise Invalid({"valid_from": "生效日期不能早于今天"})
    if agreements.present().text == text:
        raise Invalid({"text": "内容与现行版本相同"})
    row = Agreement(version=_next_version(), text=text, valid_from=max(valid_from, now), made_by=by, made_at=now)
    try:
        with transaction():
            db.session.add(row)
    except IntegrityError:
        raise Stale from None
    return row


def _next_version() -> str:
    """Return today's date, with a number from the second version of a day on."""
    day = clock.today().isoformat()
    made = db.session.scalar(sa.select(sa.func.count()).where(Agreement.version.like(f"{day}%")))
    return f"{day}-{made + 1}" if made else day
