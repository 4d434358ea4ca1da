"""Who waits to leave, and who has left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.hospital.models import Flow
from wxapp.hospital.rules import flows
from wxapp.visits.models import Departure, Procedure, ProcedureStatus, Stage, Visit
from wxapp.visits.queries.procedures import HERE, with_visits
from wxapp.visits.queries.visits import matches

ALL_HERE, LEFT = "here", "left"
IN_ORDER = (Stage.COLLECTED, Stage.IN_PROCEDURE)
"""From here a visit can be left; one with something to collect can't."""


def departures(*, q: str = "", state: str = "", day: date | None = None) -> sa.Select[Any]:
    """Return procedures with their visits.

    :param state: those that wait to leave (collected, the operation done) unless it says all that are here, or those
        that have left
    :param day: on which they left, today unless given
    """
    wanted = with_visits()
    if q.strip():
        wanted = wanted.where(matches(q))
    if state == LEFT or (day is not None and not state):
        starts, ends = clock.day_bounds(day or clock.today())
        wanted = wanted.where(Visit.stage == Stage.LEFT)
        return wanted if q.strip() and day is None else wanted.where(Visit.left_at >= starts, Visit.left_at < ends)
    if state == ALL_HERE or q.strip():
        return wanted.where(Visit.stage.in_(HERE))
    return wanted.where(_may_leave())


def _may_leave() -> sa.ColumnElement[bool]:
    is_done = sa.and_(Visit.stage.in_(IN_ORDER), Procedure.status == ProcedureStatus.DONE)
    without = _flows_without_operation()
    if not without:
        return is_done
    return sa.or_(is_done, sa.and_(Visit.stage == Stage.COLLECTED, Visit.flow_id.in_(without)))


def _flows_without_operation() -> Sequence[int]:
    """Return the versions of the flow in which nobody is operated."""
    rows = db.session.execute(sa.select(Flow.id, Flow.steps))
    return [row.id for row in rows if not flows.from_text(row.steps).step("operation").is_on]


def departures_of(visit_id: int) -> list[Departure]:
    """Return the departures of a visit, the newest first; those before it were undone."""
    wanted = sa.select(Departure).where(Departure.visit_id == visit_id).order_by(Departure.id.desc())
    return list(db.session.scalars(wanted))


def last_departure(visit_id: int) -> Departure | None:
    """Return the departure that counts; None when the patient is still here."""
    wanted = (
        sa.select(Departure)
        .where(Departure.visit_id == visit_id, Departure.undone_at.is_(None))
        .order_by(Departure.id.desc())
        .limit(1)
    )
    return db.session.scalars(wanted).one_or_none()


def count_leaving() -> list[sa.ScalarSelect[int]]:
    """Select how many wait to leave, and how many have left today."""
    of_all = sa.select(sa.func.count()).select_from(Visit)
    waiting = of_all.join(Procedure, Procedure.visit_id == Visit.id).where(
        Visit.stage.in_(IN_ORDER), Procedure.status == ProcedureStatus.DONE
    )
    starts, ends = clock.day_bounds(clock.today())
    left = of_all.where(Visit.left_at >= starts, Visit.left_at < ends)
    return [waiting.scalar_subquery(), left.scalar_subquery()]
