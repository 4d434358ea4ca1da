"""Who advises whom: consultants, how busy they are, and which visits are theirs to quote."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from wxapp.admin.identity import Staff
from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.core.permissions import Permission
from wxapp.hospital import queries as hospital
from wxapp.staff import queries as staff
from wxapp.visits.models import Stage, Visit
from wxapp.visits.queries.visits import SEES_ALL, find_open_visit

WAIT_FOR_TRIAGE = (Stage.ARRIVED, Stage.EXAMINING)
WITH_CONSULTANT = (Stage.TRIAGED, Stage.SENT_BACK)
"""Where the consultant is the one who has to act."""


@dataclass(frozen=True)
class Workload:
    """A consultant and how busy the day is.

    :ivar today: visits of today that were given to this person
    :ivar busy: those whose quote is still to be made
    """

    id: int
    name: str
    today: int
    busy: int

    @property
    def is_free(self) -> bool:
        return self.busy == 0


def workloads(day: date) -> list[Workload]:
    """Return the active consultants, who is free and had least first."""
    counted = sa.select(
        Visit.consultant_id,
        sa.func.count().label("today"),
        sa.func.sum(sa.case((Visit.stage.in_(WITH_CONSULTANT), 1), else_=0)).label("busy"),
    ).where(Visit.day == day, Visit.consultant_id.is_not(None))
    found = {row.consultant_id: row for row in db.session.execute(counted.group_by(Visit.consultant_id))}
    made = []
    for member in staff.active_who_may(Permission.CONSULT):
        row = found.get(member.id)
        made.append(Workload(member.id, member.name, row.today if row else 0, int(row.busy) if row else 0))
    return sorted(made, key=lambda one: (one.busy, one.today))


def get_named_visit(named: int) -> Visit:
    """Return the visit with this number, or else the only open one of the patient with this number.

    :raises NotFound: neither
    """
    visit = db.session.get(Visit, named) or find_open_visit(named)
    if visit is None:
        raise NotFound("没有这张到院单")
    return visit


def advised_by(member: Staff) -> sa.ColumnElement[bool]:
    """Return the condition for the visits that somebody may quote: the own ones, for those who work with all, all.

    Where patients are not triaged, those who wait are everybody's until somebody receives them.
    """
    if any(member.may(permission) for permission in SEES_ALL):
        return sa.true()
    own = Visit.consultant_id == member.id
    if hospital.flow_of(hospital.newest_flow_id()).step("triage").is_on:
        return own
    return sa.or_(own, sa.and_(Visit.consultant_id.is_(None), Visit.stage.in_(WAIT_FOR_TRIAGE)))


def get_advised(visit_id: int, *, by: Staff) -> Visit:
    """:raises NotFound: no such visit, or another consultant's"""
    wanted = sa.select(Visit).where(Visit.id == visit_id, advised_by(by))
    visit = db.session.scalars(wanted).one_or_none()
    if visit is None:
        raise NotFound("没有这张到院单，或不是由您接待")
    return visit
