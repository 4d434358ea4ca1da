"""Who advises whom: consultants, how busy they are, and which visits are theirs to quote."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wxapp.admin.identity import Staff
from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.core.permissions import Permission
from wxapp.hospital import queries as hospital
from wxapp.hospital.models import Category
from wxapp.patients.models import Patient
from wxapp.staff.models import EVERYTHING, Member, Role
from wxapp.staff.queries import permissions_in
from wxapp.visits.models import Interest, Stage, Visit
from wxapp.visits.queries.visits import find_open_visit, sees_all, visible_to
from wxapp.visits.rules.codes import visit_word

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
    """Return the active consultants, who is free and had least first, with one question."""
    busy = sa.func.sum(sa.case((Visit.stage.in_(WITH_CONSULTANT), 1), else_=0))
    counted = (
        sa.select(Visit.consultant_id, sa.func.count().label("today"), busy.label("busy"))
        .where(Visit.day == day, Visit.consultant_id.is_not(None))
        .group_by(Visit.consultant_id)
        .subquery()
    )
    wanted = (
        sa.select(Member.id, Member.name, Role.permissions, counted.c.today, counted.c.busy)
        .join(Member.roles)
        .outerjoin(counted, counted.c.consultant_id == Member.id)
        .where(Member.is_active, Role.permissions != EVERYTHING)
        .order_by(Member.name, Member.id)
    )
    found = {
        row.id: Workload(row.id, row.name, row.today or 0, int(row.busy or 0))
        for row in db.session.execute(wanted)
        if Permission.CONSULT in permissions_in(row.permissions)
    }
    return sorted(found.values(), key=lambda one: (one.busy, one.today))


@dataclass(frozen=True)
class Heading:
    """What stands above the forms about a visit: it was read once and belongs to no session.

    :ivar name: the patient's, whole: the look is logged
    :ivar interests: names of categories
    """

    visit: Visit
    name: str
    record_no: str
    kind: str
    interests: str
    consultant: str
    lead_referrer: str


def heading_of(visit_id: int) -> Heading:
    """Return visit, patient and people as forms show them, with one question.

    :raises NotFound: no such visit
    """
    return _heading_if(visit_id, sa.true(), "没有这张到院单")


def _heading_if(visit_id: int, condition: sa.ColumnElement[bool], why_not: str) -> Heading:
    consultant, referrer = aliased(Member), aliased(Member)
    interests = (
        sa.select(sa.func.group_concat(Category.name))
        .join(Interest, Interest.category_id == Category.id)
        .where(Interest.visit_id == Visit.id)
        .correlate(Visit)
        .scalar_subquery()
    )
    wanted = (
        sa.select(Visit, Patient, consultant.name, referrer.name, interests)
        .join(Patient, Patient.id == Visit.patient_id)
        .outerjoin(consultant, consultant.id == Visit.consultant_id)
        .outerjoin(referrer, referrer.id == Visit.lead_referrer_id)
        .where(Visit.id == visit_id, condition)
        .execution_options(populate_existing=True)
    )
    row = db.session.execute(wanted).one_or_none()
    if row is None:
        raise NotFound(why_not)
    visit, patient, consultant_name, referrer_name, names = row
    # A copy, of no session: the look is logged next, and what that commits would have the visit read again.
    copy = Visit(**{column.key: getattr(visit, column.key) for column in sa.inspect(Visit).column_attrs})
    return Heading(
        copy, patient.name, patient.record_no, visit_word(is_first=visit.is_first),
        "、".join((names or "").split(",")), consultant_name or "", referrer_name or "",
    )  # fmt: skip


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
    if sees_all(member):
        return sa.true()
    own = Visit.consultant_id == member.id
    if hospital.flow_of(hospital.newest_flow_id()).step("triage").is_on:
        return own
    return sa.or_(own, sa.and_(Visit.consultant_id.is_(None), Visit.stage.in_(WAIT_FOR_TRIAGE)))


def count_sent_back(member: Staff) -> int:
    """Return how many quotes that somebody may change wait for that, sent back by review."""
    wanted = sa.select(sa.func.count()).select_from(Visit).where(advised_by(member), Visit.stage == Stage.SENT_BACK)
    return db.session.scalars(wanted).one()


def get_advised(visit_id: int, *, by: Staff) -> Visit:
    """:raises NotFound: no such visit, or another consultant's"""
    return _only(visit_id, advised_by(by), "没有这张到院单，或不是由您接待")


def advised_heading(visit_id: int, *, by: Staff) -> Heading:
    """:raises NotFound: no such visit, or another consultant's"""
    return _heading_if(visit_id, advised_by(by), "没有这张到院单，或不是由您接待")


def seen_heading(visit_id: int, *, by: Staff) -> Heading:
    """:raises NotFound: no such visit, or not one that this person may see"""
    return _heading_if(visit_id, visible_to(by), "没有这张到院单，或不在您的范围内")


def _only(visit_id: int, condition: sa.ColumnElement[bool], why_not: str) -> Visit:
    visit = db.session.scalars(sa.select(Visit).where(Visit.id == visit_id, condition)).one_or_none()
    if visit is None:
        raise NotFound(why_not)
    return visit
