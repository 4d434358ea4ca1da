"""Days on which a physician, a project or the whole house is not there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from wxapp.booking import listings
from wxapp.booking.models import Leave, Session, SessionStatus
from wxapp.booking.services import rosters
from wxapp.booking.services.settling import UNDECIDED, Decision, one_roster_at_a_time, settle
from wxapp.core import clock
from wxapp.core.db import change, db, insert_row, transaction
from wxapp.core.errors import Invalid, NotFound

LONGEST_DAYS = 366


@dataclass(frozen=True)
class Absence:
    """Who is away and when; with neither physician nor project named it is the whole house."""

    physician_id: int | None
    project_id: int | None
    first_day: date
    last_day: date
    reason: str = ""


def add_leave(absence: Absence, *, by: str, decision: Decision = UNDECIDED) -> int:
    """Write a leave down and take the sessions of those days off the roster, as staff decided; return its key.

    :raises BookingsAffected: there are bookings on those days and staff have to decide first
    :raises Invalid: the days make no sense
    """
    _check(absence)
    with transaction():
        one_roster_at_a_time()
        leave_id = insert_row(
            Leave,
            physician_id=absence.physician_id,
            project_id=absence.project_id,
            first_day=absence.first_day,
            last_day=absence.last_day,
            reason=absence.reason,
            made_at=clock.now(),
            made_by=by,
        )
        settle(_sessions_within(absence), decision, by=by)
        return leave_id


def remove_leave(leave_id: int) -> int:
    """Take a leave back; return how many sessions the roster makes again for its days.

    :raises NotFound: it is gone already
    """
    with transaction():
        one_roster_at_a_time()
        if not change(sa.delete(Leave).where(Leave.id == leave_id)):
            raise NotFound
    return rosters.make_sessions()


def _check(absence: Absence) -> None:
    if absence.last_day < absence.first_day:
        raise Invalid({"last_day": "结束日期不能早于开始日期"})
    if absence.last_day < clock.today():
        raise Invalid({"last_day": "这些日期已经过去"})
    if (absence.last_day - absence.first_day).days >= LONGEST_DAYS:
        raise Invalid({"last_day": "一次最多登记一年"})
    if absence.physician_id or absence.project_id:
        try:
            listings.get_who(absence.physician_id, absence.project_id)
        except NotFound:
            raise Invalid({"who": "请选择医生或项目"}) from None


def _sessions_within(absence: Absence) -> list[int]:
    statement = sa.select(Session.id).where(
        Session.day.between(absence.first_day, absence.last_day),
        Session.status == SessionStatus.OPEN,
        listings.has_not_begun(),
    )
    if absence.physician_id:
        statement = statement.where(Session.physician_id == absence.physician_id)
    if absence.project_id:
        statement = statement.where(Session.project_id == absence.project_id)
    return list(db.session.scalars(statement.order_by(Session.day, Session.id)))
