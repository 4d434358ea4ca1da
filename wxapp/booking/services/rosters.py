"""Weekly rosters (排班), and the sessions that are made from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta

import sqlalchemy as sa

from wxapp.admin.versions import save_version
from wxapp.booking import hours, listings
from wxapp.booking.models import Leave, Plan, Session, SessionStatus, Slot
from wxapp.booking.roster_errors import Overlaps
from wxapp.booking.services.settling import UNDECIDED, Decision, one_roster_at_a_time, settle
from wxapp.core import actors, clock
from wxapp.core.apart import each_apart
from wxapp.core.db import change, db, insert_row, transaction
from wxapp.core.errors import Invalid, NotFound
from wxapp.directory.queries import get_physician

AHEAD_DAYS = 28
"""Sessions are made at least so many days ahead, so that staff can plan with them before they are released."""
BY_JOB = actors.system("booking.make_sessions")


@dataclass(frozen=True)
class Work:
    """Whose time is booked, from when to when, and how it is cut. Exactly one of physician and project is named."""

    physician_id: int | None
    project_id: int | None
    starts_minute: int
    ends_minute: int
    slot_minutes: int
    capacity: int
    place: str = ""
    fee_fen: int = 0


@dataclass(frozen=True)
class Line:
    """A line of the weekly roster."""

    work: Work
    weekday: int
    valid_from: date
    valid_until: date | None
    release_days: int
    release_minute: int


def add_plans(line: Line, weekdays: Iterable[int], *, by: str) -> list[int]:
    """Put a line on the roster for each of these weekdays, make its sessions, and return the keys of the lines.

    :raises Overlaps: the physician has another line at that time
    :raises Invalid: the line makes no sense
    """
    check_work(line.work)
    with transaction():
        one_roster_at_a_time()
        added = []
        for weekday in sorted(set(weekdays)):
            one = replace(line, weekday=weekday)
            _refuse_overlapping_line(one, but=0)
            plan_id = insert_row(Plan, **_columns(one), is_active=True, version=1, **_stamp(by))
            _make_sessions_of(db.session.get_one(Plan, plan_id), None, by=by)
            added.append(plan_id)
        return added


def copy_plan(plan_id: int, weekdays: Iterable[int], *, by: str) -> list[int]:
    """Repeat a line on other weekdays.

    :raises Overlaps: the physician has another line at that time
    """
    plan = listings.get_plan(plan_id)
    wanted = set(weekdays) - {plan.weekday}
    if not wanted:
        raise Invalid({"weekdays": "请选择其他星期"})
    return add_plans(line_of(plan), wanted, by=by)


def change_plan(plan_id: int, line: Line, *, seen_version: int, by: str, decision: Decision = UNDECIDED) -> None:
    """Change a line and make its future sessions anew.

    Where only place, fee, release or seats differ, the sessions stay and follow; a slot keeps at least the seats that
    are taken. Sessions with people in them that no longer fit are kept or closed, as staff decided.

    :raises BookingsAffected: staff have to decide first
    :raises Overlaps: the physician has another line at that time
    :raises Stale: somebody else has changed the line since the form was shown
    """
    check_work(line.work)
    with transaction():
        one_roster_at_a_time()
        before = line_of(listings.get_plan(plan_id))
        if (before.work.physician_id, before.work.project_id) != (line.work.physician_id, line.work.project_id):
            raise Invalid({"who": "不能改为其他医生或项目，请新增一条排班"})
        _refuse_overlapping_line(line, but=plan_id)
        save_version(Plan, plan_id, seen=seen_version, **_columns(line), is_active=True, **_stamp(by))
        future = _future_sessions(plan_id)
        leaving = [row.id for row in future if not (_cut(before) == _cut(line) and _is_valid(line, row.day))]
        settle(leaving, decision, by=by)
        _follow(line, [row for row in future if row.id not in leaving])
        _make_sessions_of(db.session.get_one(Plan, plan_id), None, by=by)


def end_plan(plan_id: int, *, last_day: date, seen_version: int, by: str, decision: Decision = UNDECIDED) -> None:
    """End a line after a day; sessions after it go, or are kept or closed, as staff decided.

    :raises BookingsAffected: staff have to decide first
    :raises Stale: somebody else has changed the line since the form was shown
    """
    with transaction():
        one_roster_at_a_time()
        save_version(
            Plan, plan_id, seen=seen_version, valid_until=last_day, is_active=last_day >= clock.today(), **_stamp(by)
        )
        settle([row.id for row in _future_sessions(plan_id) if row.day > last_day], decision, by=by)


def add_session(work: Work, day: date, *, by: str) -> int:
    """Put an extra session on a day (加号), open for booking at once, and return its key.

    :raises Overlaps: the physician works elsewhere at that time
    :raises Invalid: it would be over already, or makes no sense
    """
    check_work(work)
    if hours.moment_of(day, work.ends_minute) <= clock.now():
        raise Invalid({"day": "这段时间已经过去"})
    with transaction():
        one_roster_at_a_time()
        if work.physician_id and any(_meets(work, *span) for span in _open_spans(work.physician_id, [day])[day]):
            raise Overlaps(field="starts")
        return _insert_session(work, day, plan_id=None, released_at=clock.now(), by=by)


# --- making sessions -------------------------------------------------------------------------------------------------


def make_sessions(until: date | None = None) -> int:
    """Make the sessions that the roster has and the table has not, up to a day; return how many were made.

    Without a day each line is followed as far as it is released, and at least ``AHEAD_DAYS``. A session is made once
    for a line and a day: what was closed is not made again, days of leave are left out. One transaction a line.
    """
    plans = listings.plans_in_force(clock.today())
    db.session.commit()  # ends the read; each line is a transaction of its own
    return each_apart(lambda plan_id: _make_sessions_apart(plan_id, until), plans, what="booking: line of the roster")


def _make_sessions_apart(plan_id: int, until: date | None) -> int:
    with transaction():
        one_roster_at_a_time()
        return _make_sessions_of(db.session.get_one(Plan, plan_id), until, by=BY_JOB)


def _make_sessions_of(plan: Plan, until: date | None, *, by: str) -> int:
    days = _days_to_make(plan, until)
    spans = _open_spans(plan.physician_id, days) if plan.physician_id else {}
    made = 0
    for day in days:
        line = line_of(plan)
        if any(_meets(line.work, *span) for span in spans.get(day, ())):
            continue  # an extra session of that physician stands there
        released_at = hours.moment_of(day - timedelta(days=plan.release_days), plan.release_minute)
        _insert_session(line.work, day, plan_id=plan.id, released_at=released_at, by=by)
        made += 1
    return made


def _days_to_make(plan: Plan, until: date | None) -> list[date]:
    if not plan.is_active:
        return []
    today, now = clock.today(), clock.now()
    last = until or today + timedelta(days=max(plan.release_days + 1, AHEAD_DAYS))
    first, last = max(today, plan.valid_from), min(last, plan.valid_until or last)
    known = set(db.session.scalars(sa.select(Session.day).where(Session.plan_id == plan.id, Session.day >= first)))
    away = _leaves(plan, first, last)
    return [
        day
        for day in (first + timedelta(days=n) for n in range((last - first).days + 1))
        if day.weekday() == plan.weekday
        and day not in known
        and not any(leave.first_day <= day <= leave.last_day for leave in away)
        and hours.moment_of(day, plan.ends_minute) > now
    ]


def _leaves(plan: Plan, first: date, last: date) -> list[Leave]:
    house = sa.and_(Leave.physician_id.is_(None), Leave.project_id.is_(None))
    own = Leave.physician_id == plan.physician_id if plan.physician_id else Leave.project_id == plan.project_id
    meets = (Leave.first_day <= last, Leave.last_day >= first)
    return list(db.session.scalars(sa.select(Leave).where(sa.or_(house, own), *meets)))


def _insert_session(work: Work, day: date, *, plan_id: int | None, released_at: object, by: str) -> int:
    columns = asdict(work)
    capacity = columns.pop("capacity")
    session_id = insert_row(
        Session, **columns, plan_id=plan_id, day=day, released_at=released_at, made_at=clock.now(), made_by=by
    )
    bounds = hours.slot_bounds(work.starts_minute, work.ends_minute, work.slot_minutes)
    db.session.execute(
        sa.insert(Slot),
        [
            {
                "session_id": session_id,
                "starts_at": hours.moment_of(day, starts),
                "ends_at": hours.moment_of(day, ends),
                "capacity": capacity,
            }
            for starts, ends in bounds
        ],
    )
    return session_id


# --- what the rules look at ------------------------------------------------------------------------------------------


def line_of(plan: Plan) -> Line:
    """Return a line as a value."""
    work = Work(
        plan.physician_id, plan.project_id, plan.starts_minute, plan.ends_minute, plan.slot_minutes, plan.capacity,
        plan.place, plan.fee_fen,
    )  # fmt: skip
    return Line(work, plan.weekday, plan.valid_from, plan.valid_until, plan.release_days, plan.release_minute)


def check_work(work: Work) -> None:
    """:raises Invalid: nobody is named, who is named does not exist, or the times make no sense"""
    if work.ends_minute <= work.starts_minute:
        raise Invalid({"ends": "结束时间应晚于开始时间"})
    if work.ends_minute - work.starts_minute < work.slot_minutes:
        raise Invalid({"slot_minutes": "每个号的时长超过了整个时段"})
    try:
        if work.physician_id:
            get_physician(work.physician_id)
        else:
            listings.get_project(work.project_id or 0)
    except NotFound:
        raise Invalid({"who": "请选择医生或项目"}) from None


def _columns(line: Line) -> dict[str, object]:
    rest = asdict(line)
    work: dict[str, object] = rest.pop("work")
    return work | rest


def _stamp(by: str) -> dict[str, object]:
    return {"changed_at": clock.now(), "changed_by": by}


def _cut(line: Line) -> tuple[int, int, int, int]:
    return line.weekday, line.work.starts_minute, line.work.ends_minute, line.work.slot_minutes


def _is_valid(line: Line, day: date) -> bool:
    return line.valid_from <= day <= (line.valid_until or day)


def _meets(work: Work, starts_minute: int, ends_minute: int) -> bool:
    """Half-open: who ends at ten and begins at ten elsewhere does not overlap."""
    return work.starts_minute < ends_minute and starts_minute < work.ends_minute


def _refuse_overlapping_line(line: Line, *, but: int) -> None:
    if not line.work.physician_id:
        return
    others = sa.select(Plan.id).where(
        Plan.physician_id == line.work.physician_id,
        Plan.weekday == line.weekday,
        Plan.is_active,
        Plan.id != but,
        Plan.starts_minute < line.work.ends_minute,
        Plan.ends_minute > line.work.starts_minute,
        sa.or_(Plan.valid_until.is_(None), Plan.valid_until >= line.valid_from),
    )
    if line.valid_until:
        others = others.where(Plan.valid_from <= line.valid_until)
    if db.session.scalars(others.limit(1)).first() is not None:
        raise Overlaps(f"该医生{hours.WEEKDAYS[line.weekday]}的这段时间已有排班", field="starts")


def _open_spans(physician_id: int, days: list[date]) -> dict[date, list[tuple[int, int]]]:
    """Return when a physician works on these days."""
    spans: dict[date, list[tuple[int, int]]] = {day: [] for day in days}
    rows = db.session.execute(
        sa.select(Session.day, Session.starts_minute, Session.ends_minute).where(
            Session.physician_id == physician_id, Session.day.in_(days), Session.status == SessionStatus.OPEN
        )
    )
    for day, starts, ends in rows:
        spans[day].append((starts, ends))
    return spans


def _future_sessions(plan_id: int) -> list[sa.Row[tuple[int, date]]]:
    """Return the open sessions of a line that have not begun."""
    return list(
        db.session.execute(
            sa.select(Session.id, Session.day)
            .where(Session.plan_id == plan_id, Session.status == SessionStatus.OPEN, listings.has_not_begun())
            .order_by(Session.day)
        )
    )


def _follow(line: Line, rows: list[sa.Row[tuple[int, date]]]) -> None:
    """Let sessions that stay have what the line now says of place, fee, release and seats."""
    for row in rows:
        released_at = hours.moment_of(row.day - timedelta(days=line.release_days), line.release_minute)
        change(
            sa.update(Session)
            .where(Session.id == row.id)
            .values(place=line.work.place, fee_fen=line.work.fee_fen, released_at=released_at)
        )
        seats = sa.case((Slot.taken > line.work.capacity, Slot.taken), else_=line.work.capacity)
        change(sa.update(Slot).where(Slot.session_id == row.id).values(capacity=seats))
