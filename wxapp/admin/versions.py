"""Stale pages: a form carries the version of the row it shows, and of two people who saved one is told."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from wxapp.core.db import change, db
from wxapp.core.errors import NotFound, Stale


def save_version(model: type[Any], row_id: int, *, seen: int, **values: Any) -> None:
    """Change a row if it still has the version that the form showed; its version goes up by one.

    Call it inside the transaction of the change. ``model`` has the columns ``id`` and ``version``; columns given as
    ``values`` are written in the same statement. A row already loaded is refreshed.

    :raises Stale: somebody else has changed the row meanwhile
    :raises NotFound: the row is gone
    """
    step = sa.update(model).where(model.id == row_id, model.version == seen)
    if not change(step.values(version=model.version + 1, **values)):
        if db.session.scalar(sa.select(model.id).where(model.id == row_id)) is None:
            raise NotFound
        raise Stale
    loaded = db.session.identity_map.get(sa.orm.util.identity_key(model, row_id))
    if loaded is not None:
        db.session.refresh(loaded)
