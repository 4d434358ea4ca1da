"""Refusing a visit (拒绝), and restoring it (恢复)."""

from __future__ import annotations

from wxapp.core.db import transaction
from wxapp.visits.errors import StageMoved
from wxapp.visits.models import Stage
from wxapp.visits.services import pickups, stages
from wxapp.visits.states import VISIT


def refuse(visit_id: int, *, remark: str, by: str, version: int | None = None) -> None:
    """End a visit before anything is collected for it; it remembers where it stood. A car that was to fetch the
    patient is called off.

    :param version: what the page showed; None: the caller saw no page
    :raises NotFound: no such visit
    :raises Stale: the page showed an older version
    :raises StageMoved: it is refused already, or collected
    """
    with transaction():
        visit = stages.hold(visit_id)
        stages.check_version(visit, version)
        if not VISIT.allows(visit.stage, Stage.REFUSED):
            raise StageMoved
        stages.move(visit, Stage.REFUSED, by=by, why=remark, stage_before=visit.stage.value)
        pickups.drop(visit, why=remark, by=by)


def restore(visit_id: int, *, remark: str, by: str, version: int | None = None) -> Stage:
    """Bring a refused visit back to where it stood, and return that stage.

    :raises NotFound: no such visit
    :raises Stale: the page showed an older version
    :raises StageMoved: it is not refused
    """
    with transaction():
        visit = stages.hold(visit_id)
        stages.check_version(visit, version)
        if visit.stage is not Stage.REFUSED:
            raise StageMoved
        before = Stage(visit.stage_before)
        stages.move(visit, before, by=by, why=remark, stage_before="")
        return before
