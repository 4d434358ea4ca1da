"""Moving a visit along: the only writer of its stage and of its steps' times."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import change, db, insert_row
from wxapp.core.errors import Forbidden, IllegalTransition, NotFound, Stale
from wxapp.hospital import queries as hospital
from wxapp.staff import queries as staff
from wxapp.visits.errors import StageMoved
from wxapp.visits.models import Stage, Step, StepKind, Visit
from wxapp.visits.states import VISIT


def hold(visit_id: int) -> Visit:
    """Return a visit whose row is locked until the transaction ends, as it is now.

    For use cases that check several things before they write: what is read afterwards does not change under them.

    :raises NotFound: no such visit
    """
    # SQLite has no FOR UPDATE; there the transaction holds the whole database.
    change(sa.update(Visit).where(Visit.id == visit_id).values(changed_at=Visit.changed_at))
    visit = db.session.get(Visit, visit_id, populate_existing=True)
    if visit is None:
        raise NotFound("没有这张到院单")
    return visit


def move(visit: Visit, new: Stage, *, by: str, why: str = "", **values: Any) -> None:
    """Move a visit that was read in this transaction, and set columns with it.

    The row is locked by the UPDATE that asks for the stage that was seen, so of two people exactly one goes on.

    :raises StageMoved: the visit is elsewhere now, or nothing leads from where it is to the new stage
    """
    try:
        VISIT.move(visit, new, by=by, why=why, version=Visit.version + 1, changed_at=clock.now(), **values)
    except IllegalTransition:
        raise StageMoved from None


def touch(visit: Visit) -> None:
    """Note that something about a visit that is held has changed, though it stays where it is: lists show it."""
    change(sa.update(Visit).where(Visit.id == visit.id).values(changed_at=clock.now()))


def check_version(visit: Visit, seen: int | None) -> None:
    """:raises Stale: the page on which this was decided showed an older version; None: the caller saw no page"""
    if seen is not None and visit.version != seen:
        raise Stale


def end_step(
    visit: Visit, kind: StepKind, *, staff_id: int | None, following: StepKind | None, at: datetime | None = None
) -> None:
    """Write down that a step of the visit has ended, and that the next one begins with it.

    A step that was never begun (it was skipped to) begins when the one that was current began. A step that ends again
    moves its end; one that begins again keeps its beginning.

    :param at: when it ended, if that was not just now, e.g. with the last picture
    :raises Forbidden: the visit's flow gives this step to other roles
    """
    if staff_id is not None:
        _check_roles(visit, kind, staff_id)
    now = at or clock.now()
    _write(visit.id, kind, started_at=visit.step_since, ended_at=now, staff_id=staff_id)
    if following is not None:
        _write(visit.id, following, started_at=now, ended_at=None, staff_id=None)
        change(sa.update(Visit).where(Visit.id == visit.id).values(current_step=following, step_since=now))


def _check_roles(visit: Visit, kind: StepKind, staff_id: int) -> None:
    """:raises Forbidden: the visit's flow gives this step to other roles"""
    if kind is StepKind.EXAMINATION:
        return  # each department says for itself who may upload
    roles = hospital.flow_of(visit.flow_id).step(kind.value).roles
    if roles and not staff.works_as(staff_id, roles):
        labels = "、".join(role.label for role in staff.roles() if role.name in roles)
        raise Forbidden(f"按流程设置，这一步由{labels or '其他角色'}办理")


def reopen_step(visit: Visit, kind: StepKind) -> None:
    """Write down that a step which had ended goes on: its end was a mistake. It keeps its beginning."""
    if not change(
        sa.update(Step).where(Step.visit_id == visit.id, Step.kind == kind).values(ended_at=None, staff_id=None)
    ):
        insert_row(Step, visit_id=visit.id, kind=kind, started_at=visit.step_since, ended_at=None, staff_id=None)
    return_to(visit, kind)


def return_to(visit: Visit, kind: StepKind) -> None:
    """Make a step current once more. One that had ended keeps its times until it ends again."""
    change(
        sa.update(Visit)
        .where(Visit.id == visit.id, Visit.current_step != kind)
        .values(current_step=kind, step_since=clock.now())
    )


def _write(
    visit_id: int, kind: StepKind, *, started_at: datetime, ended_at: datetime | None, staff_id: int | None
) -> None:
    there = sa.update(Step).where(Step.visit_id == visit_id, Step.kind == kind)
    # The visit's row is locked by its move, so nobody writes the same step between the two statements.
    if not change(there.values(ended_at=ended_at, staff_id=staff_id)):
        insert_row(Step, visit_id=visit_id, kind=kind, started_at=started_at, ended_at=ended_at, staff_id=staff_id)
