"""Prices of projects: each with the moment from which it holds, and none is ever overwritten."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.admin.versions import save_version
from wxapp.core import clock
from wxapp.core.db import change, db, insert_row, transaction
from wxapp.core.errors import Invalid, NotFound
from wxapp.hospital.errors import PriceClash
from wxapp.hospital.models import Project, ProjectPrice


def set_price(
    project_id: int, price_fen: int, *, valid_from: datetime | None, seen_version: int, by: str
) -> ProjectPrice:
    """Give a project another price, from now on (``valid_from`` None) or from a later moment.

    Quotes made before keep the price they were made with.

    :raises Invalid: the moment has passed, or there is nothing to change
    :raises PriceClash: another price holds from this very moment
    :raises Stale: somebody else has changed the project since the form was shown
    """
    now = clock.now()
    if valid_from is not None and valid_from <= now:
        raise Invalid({"valid_from": "生效日期应在今天之后；立即生效请留空"})
    with transaction():
        save_version(Project, project_id, seen=seen_version, changed_at=now, changed_by=by)
        if valid_from is None and db.session.get_one(Project, project_id).price_fen == price_fen:
            raise Invalid({"price": "与现在的价格相同"})
        try:
            price_id = insert_row(
                ProjectPrice,
                project_id=project_id,
                price_fen=price_fen,
                valid_from=valid_from or now,
                made_at=now,
                made_by=by,
            )
        except IntegrityError:
            raise PriceClash(field="valid_from") from None
        price = db.session.get_one(ProjectPrice, price_id)
        if valid_from is None:
            put_price_in_force(price)
    return price


def put_price_in_force(price: ProjectPrice) -> bool:
    """Let a price hold if it stands and none newer does; return whether it did.

    The condition stands in the statement: the job and a person who changes the price may meet.
    """
    stands = sa.exists().where(ProjectPrice.id == price.id, ProjectPrice.withdrawn == 0)
    step = sa.update(Project).where(
        Project.id == price.project_id, Project.priced_from < price.valid_from, stands
    )  # fmt: skip
    with transaction():
        done = change(step.values(price_fen=price.price_fen, priced_from=price.valid_from)) == 1
        if done:
            db.session.refresh(db.session.get_one(Project, price.project_id))
    return done


def withdraw_price(price_id: int, *, by: str) -> ProjectPrice:
    """Take a future price back; it stays in the history as withdrawn.

    :raises NotFound: there is none, it holds already, or it was withdrawn
    """
    now = clock.now()
    with transaction():
        price = db.session.get(ProjectPrice, price_id)
        if price is None:
            raise NotFound
        # The project first, as whoever puts a price in force does: of both, one goes before the other.
        db.session.execute(sa.select(Project.id).where(Project.id == price.project_id).with_for_update())
        step = sa.update(ProjectPrice).where(
            ProjectPrice.id == price_id, ProjectPrice.withdrawn == 0, ProjectPrice.valid_from > now
        )
        if not change(step.values(withdrawn=ProjectPrice.id, withdrawn_at=now, withdrawn_by=by)):
            raise NotFound("这个价格已经生效或已撤回")
        db.session.refresh(price)
    return price
