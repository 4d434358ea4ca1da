"""What staff's pages show of rosters and sessions: a fixed number of queries each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from wxapp.booking import hours
from wxapp.booking.models import (
    Booking,
    BookingStatus,
    Hold,
    HoldStatus,
    Leave,
    Plan,
    Project,
    Session,
    SessionStatus,
    Slot,
    Wait,
    WaitStatus,
)
from wxapp.booking.states import HAS_SEAT
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.directory.models import Physician

IN_LINE = (WaitStatus.WAITING, WaitStatus.OFFERED)

who_name = sa.func.coalesce(Physician.name, Project.name, "")
who_department = sa.func.coalesce(Physician.department, Project.department, "")

who_place = sa.func.coalesce(sa.func.nullif(Session.place, ""), Project.place, "")
"""Where a session takes place: as its roster says, else where its project does."""


@dataclass(frozen=True)
class Who:
    """A physician or a project, as what is booked. ``key`` is ``physician:3`` or ``project:5``."""

    key: str
    name: str
    department: str

    @property
    def label(self) -> str:
        return f"{self.name}（{self.department}）" if self.department else self.name


def all_who() -> list[Who]:
    """Return everybody and everything that can be booked, physicians first."""
    physicians = sa.select(Physician.id, Physician.name, Physician.department).order_by(
        Physician.position, Physician.id
    )
    projects = sa.select(Project.id, Project.name, Project.department).order_by(Project.position, Project.id)
    return [Who(f"physician:{row[0]}", row[1], row[2]) for row in db.session.execute(physicians)] + [
        Who(f"project:{row[0]}", row[1], row[2]) for row in db.session.execute(projects)
    ]


def split_who(key: str) -> tuple[int | None, int | None]:
    """Return physician and project of a key; neither for an empty one."""
    kind, _, number = key.partition(":")
    if not number:
        return None, None
    return (int(number), None) if kind == "physician" else (None, int(number))


def who_key(physician_id: int | None, project_id: int | None) -> str:
    if physician_id:
        return f"physician:{physician_id}"
    return f"project:{project_id}" if project_id else ""


def get_who(physician_id: int | None, project_id: int | None) -> Who:
    """:raises NotFound: no such physician or project"""
    found: Physician | Project | None = None
    if physician_id:
        found = db.session.get(Physician, physician_id)
    elif project_id:
        found = db.session.get(Project, project_id)
    if found is None:
        raise NotFound
    return Who(who_key(physician_id, project_id), found.name, found.department)


def get_project(project_id: int) -> Project:
    """:raises NotFound: no such project"""
    project = db.session.get(Project, project_id)
    if project is None:
        raise NotFound
    return project


def projects_for_staff() -> sa.Select[Any]:
    return sa.select(Project)


# --- the weekly roster -----------------------------------------------------------------------------------------------


def get_plan(plan_id: int) -> Plan:
    """:raises NotFound: no such line"""
    plan = db.session.get(Plan, plan_id)
    if plan is None:
        raise NotFound
    return plan


def plans_in_force(today: date) -> list[int]:
    """Return the lines that may still make sessions."""
    lasts = sa.or_(Plan.valid_until.is_(None), Plan.valid_until >= today)
    return list(db.session.scalars(sa.select(Plan.id).where(Plan.is_active, lasts).order_by(Plan.id)))


@dataclass(frozen=True)
class PlanCell:
    """A line of the roster as the week's grid shows it."""

    id: int
    weekday: int
    span: str
    detail: str
    validity: str


@dataclass(frozen=True)
class PlanRow:
    """A physician or project with its lines of each weekday."""

    who: Who
    days: tuple[tuple[PlanCell, ...], ...]


def weekly_roster(today: date, *, department: str = "") -> list[PlanRow]:
    """Return the lines in force or to come, by physician and project and weekday."""
    lasts = sa.or_(Plan.valid_until.is_(None), Plan.valid_until >= today)
    statement = (
        with_who(sa.select(Plan, who_name, who_department), Plan)
        .where(Plan.is_active, lasts)
        .order_by(Plan.project_id, Physician.position, Plan.physician_id, Plan.starts_minute, Plan.id)
    )
    if department:
        statement = statement.where(who_department == department)
    found: dict[Who, list[list[PlanCell]]] = {}
    for plan, name, its_department in db.session.execute(statement):
        who = Who(who_key(plan.physician_id, plan.project_id), name, its_department)
        days = found.setdefault(who, [[] for _ in hours.WEEKDAYS])
        days[plan.weekday].append(_plan_cell(plan, today))
    return [PlanRow(who, tuple(tuple(day) for day in days)) for who, days in found.items()]


def _plan_cell(plan: Plan, today: date) -> PlanCell:
    span = f"{hours.minute_text(plan.starts_minute)}–{hours.minute_text(plan.ends_minute)}"
    slots = len(hours.slot_bounds(plan.starts_minute, plan.ends_minute, plan.slot_minutes))
    detail = f"每{plan.slot_minutes}分钟{plan.capacity}人，共{slots * plan.capacity}号"
    parts = [f"{plan.valid_from:%m-%d}起"] if plan.valid_from > today else []
    parts += [f"至{plan.valid_until:%m-%d}"] if plan.valid_until else []
    return PlanCell(plan.id, plan.weekday, span, detail, "，".join(parts))


def departments() -> list[str]:
    """Return the departments of physicians and projects."""
    both = sa.union(sa.select(Physician.department), sa.select(Project.department)).subquery()
    return [name for name in db.session.scalars(sa.select(both.c[0]).order_by(both.c[0])) if name]


def leaves_for_staff(*, is_past: bool) -> sa.Select[Any]:
    """Return leaves with who is away; the whole house has no name."""
    statement = with_who(
        sa.select(
            Leave.id, Leave.first_day, Leave.last_day, Leave.reason, Leave.made_at, Leave.made_by,
            who_name.label("who"),
        ),
        Leave,
    )  # fmt: skip
    today = clock.today()
    return statement.where(Leave.last_day < today if is_past else Leave.last_day >= today)


# --- sessions --------------------------------------------------------------------------------------------------------


def has_not_begun() -> sa.ColumnElement[bool]:
    """Whether a session lies ahead."""
    now = clock.now()
    today = clock.hospital_day(now)
    return sa.or_(Session.day > today, sa.and_(Session.day == today, Session.starts_minute > hours.minute_of(now)))


def with_who(statement: Any, model: Any) -> sa.Select[Any]:
    """Join who is booked, physician or project, to a statement."""
    joined: sa.Select[Any] = statement.outerjoin(Physician, Physician.id == model.physician_id).outerjoin(
        Project, Project.id == model.project_id
    )
    return joined


_seats = sa.select(sa.cast(sa.func.coalesce(sa.func.sum(Slot.capacity), 0), sa.Integer)).where(
    Slot.session_id == Session.id
)
_people = sa.select(sa.func.count()).where(Booking.session_id == Session.id, Booking.status.in_(HAS_SEAT))
_waits = sa.select(sa.func.count()).where(Wait.session_id == Session.id, Wait.status.in_(IN_LINE))


def overdue_holds() -> sa.ScalarSelect[int]:
    """Count the holds of a slot whose time is over though its seat was not given back yet."""
    return (
        sa.select(sa.func.count())
        .where(Hold.slot_id == Slot.id, Hold.status == HoldStatus.ACTIVE, Hold.expires_at <= clock.now())
        .correlate(Slot)
        .scalar_subquery()
    )


@dataclass(frozen=True)
class SessionRow:
    """A session as lists and its page show it."""

    id: int
    day: date
    starts_minute: int
    ends_minute: int
    who: str
    department: str
    place: str
    status: SessionStatus
    is_extra: bool
    seats: int
    booked: int
    waiting: int
    closed_reason: str
    closed_by: str
    released_at: datetime
    physician_id: int | None
    project_id: int | None

    @property
    def span(self) -> str:
        return f"{hours.minute_text(self.starts_minute)}–{hours.minute_text(self.ends_minute)}"

    @property
    def day_text(self) -> str:
        return hours.day_text(self.day)

    @property
    def told(self) -> str:
        return f"{self.day_text} {self.span} {self.who}"

    @property
    def is_over(self) -> bool:
        return hours.moment_of(self.day, self.ends_minute) <= clock.now()


def select_sessions() -> sa.Select[Any]:
    statement = sa.select(
        Session.id,
        Session.day,
        Session.starts_minute,
        Session.ends_minute,
        who_name.label("who"),
        who_department.label("department"),
        who_place.label("place"),
        Session.status,
        Session.plan_id.is_(None).label("is_extra"),
        _seats.scalar_subquery().label("seats"),
        _people.scalar_subquery().label("booked"),
        _waits.scalar_subquery().label("waiting"),
        Session.closed_reason,
        Session.closed_by,
        Session.released_at,
        Session.physician_id,
        Session.project_id,
    )
    return with_who(statement.select_from(Session), Session)


def make_session_row(row: Any) -> SessionRow:
    return SessionRow(*row)


def sessions_for_staff(
    *, since: date | None, until: date | None, who: str, department: str, status: str
) -> sa.Select[Any]:
    """Return sessions; from today on unless days are given."""
    statement = select_sessions()
    physician_id, project_id = split_who(who)
    if physician_id:
        statement = statement.where(Session.physician_id == physician_id)
    if project_id:
        statement = statement.where(Session.project_id == project_id)
    if department:
        statement = statement.where(who_department == department)
    if status:
        statement = statement.where(Session.status == SessionStatus(status))
    if since or not until:
        statement = statement.where(Session.day >= (since or clock.today()))
    if until:
        statement = statement.where(Session.day <= until)
    return statement


def get_session(session_id: int) -> SessionRow:
    """:raises NotFound: no such session"""
    row = db.session.execute(select_sessions().where(Session.id == session_id)).one_or_none()
    if row is None:
        raise NotFound
    return SessionRow(*row)


def some_sessions(session_ids: Collection[int]) -> list[SessionRow]:
    rows = db.session.execute(
        select_sessions().where(Session.id.in_(session_ids)).order_by(Session.day, Session.starts_minute, Session.id)
    )
    return [SessionRow(*row) for row in rows]


def sessions_with_people(session_ids: Collection[int]) -> list[int]:
    """Return those in which somebody is booked, holds a seat or stands in line."""
    if not session_ids:
        return []
    has_seat = sa.exists().where(Slot.session_id == Session.id, Slot.taken > 0)
    has_line = sa.exists().where(Wait.session_id == Session.id, Wait.status.in_(IN_LINE))
    statement = sa.select(Session.id).where(Session.id.in_(session_ids), sa.or_(has_seat, has_line))
    return list(db.session.scalars(statement.order_by(Session.id)))


def told_of_sessions(session_ids: Collection[int], *, most: int = 5) -> str:
    """Return these sessions in words."""
    rows = some_sessions(session_ids)
    told = "；".join(f"{row.told}（{row.booked}人）" for row in rows[:most])
    return f"{told}等{len(rows)}个班次" if len(rows) > most else told


@dataclass(frozen=True)
class Booked:
    """Somebody who is to come to a session."""

    no: str
    version: int
    minute: int


def booked_in(session_id: int) -> list[Booked]:
    """Return who is still to come to a session, in the order of their times."""
    rows = db.session.execute(
        sa.select(Booking.no, Booking.version, Booking.starts_at)
        .where(Booking.session_id == session_id, Booking.status == BookingStatus.BOOKED)
        .order_by(Booking.starts_at, Booking.id)
    )
    return [Booked(no, version, hours.minute_of(starts_at)) for no, version, starts_at in rows]
