"""Versions of the flow (流程设置): each change makes a new one, none is ever rewritten."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from wxapp.core import clock
from wxapp.core.db import insert_row, transaction
from wxapp.core.errors import Invalid, Stale
from wxapp.hospital import queries
from wxapp.hospital.models import Flow
from wxapp.hospital.rules import flows

MOST_MINUTES = 1440


def save_flow(flow: flows.FlowRules, *, seen: int, by: str) -> int:
    """Put a new version of the flow in force for visits that begin from now on; return its key.

    Running visits keep the version they began with.

    :param seen: the version that was changed, 0 for the built-in one
    :raises Invalid: a step that every visit needs is off, or nothing has changed
    :raises Stale: somebody else has saved a version meanwhile
    """
    errors = {}
    for step in flow.steps:
        if step.name in flows.ALWAYS_ON and (not step.is_on or step.may_be_skipped):
            errors[f"{step.name}_on"] = f"{flows.LABELS[step.name]}不能停用或跳过"
        if not 0 <= step.warn_minutes <= MOST_MINUTES:
            errors[f"{step.name}_warn"] = f"超时提醒应在0至{MOST_MINUTES}分钟之间"
    if not 0 <= flow.review_below_bp <= flows.EACH_IS_REVIEWED:
        errors["review_below"] = "审核线应在0至100之间"
    if errors:
        raise Invalid(errors)
    with transaction():
        newest = queries.newest_flow_id()
        if (newest or 0) != seen:
            raise Stale
        if queries.flow_of(newest) == flow:
            raise Invalid({}, "没有变化，不需要保存新版本")
        try:
            # Of two who changed the same version, the unique key lets one follow it.
            return insert_row(Flow, steps=flows.to_text(flow), follows=seen, made_at=clock.now(), made_by=by)
        except IntegrityError:
            raise Stale from None
