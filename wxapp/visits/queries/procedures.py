"""The operation part of visits."""

from __future__ import annotations

import sqlalchemy as sa

from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.visits.models import Procedure


def find_procedure(visit_id: int) -> Procedure | None:
    """Return the procedure of a visit as it is now; None before the visit was collected."""
    wanted = sa.select(Procedure).where(Procedure.visit_id == visit_id).execution_options(populate_existing=True)
    return db.session.scalars(wanted).one_or_none()


def get_procedure(visit_id: int) -> Procedure:
    """:raises NotFound: the visit has none: it is not collected"""
    procedure = find_procedure(visit_id)
    if procedure is None:
        raise NotFound("这张到院单还没有收银，暂无手术流程")
    return procedure
