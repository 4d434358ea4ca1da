"""Staff pages: the calendar (日程), by day or by a physician's week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import request, url_for
from pydantic import Field

from wxapp.admin import menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.identity import current_staff
from wxapp.booking import hours, openings, sheets
from wxapp.booking.admin.door import interface
from wxapp.booking.admin.shown import STATES, department_options, who_options
from wxapp.booking.errors import SlotClosed
from wxapp.booking.models import BookingStatus
from wxapp.booking.services import changes
from wxapp.booking.staff_forms import FIRST_DAY, LAST_DAY, DropForm
from wxapp.core import clock
from wxapp.core.errors import Invalid
from wxapp.core.forms import Form, read_form
from wxapp.core.permissions import Permission
from wxapp.h5.kept import forget_public_pages


class _Query(Form):
    """What the calendar shows; what makes no sense counts as not asked for."""

    view: str = Field("day", pattern="^(day|week)$")
    day: date | None = Field(None, ge=FIRST_DAY, le=LAST_DAY)
    who: str = Field("", max_length=30)
    department: str = Field("", max_length=40)


@dataclass(frozen=True)
class Event:
    """What the calendar draws: a booking, or a session as its ground. Moments are the hospital's, without offset."""

    id: str
    kind: str
    column: str
    start: str
    end: str
    title: str
    tone: str
    url: str
    can_move: bool = False
    version: int = 0


def _asked() -> _Query:
    known = {name: request.args[name] for name in _Query.model_fields if request.args.get(name)}
    try:
        return _Query.model_validate(known)
    except ValueError:
        return _Query()


@interface("booking.calendar", GET="/pc/booking/calendar", permission=Permission.BOOKING_READ)
def calendar() -> Page:
    """The day with a column for each physician and project, or the week of one of them.

    The same stands below it as a list, for keyboards and for browsers without script.
    """
    asked, choices = _asked(), who_options()
    is_week = asked.view == "week"
    who = asked.who if asked.who in dict(choices) else ""
    if is_week and not who and choices:
        who = choices[0][0]
    departments = department_options()
    department = asked.department if asked.department in dict(departments) and not is_week else ""
    day = asked.day or clock.today()
    since, days = (day - timedelta(days=day.weekday()), 7) if is_week else (day, 1)
    shown = sheets.calendar(since=since, days=days, who=who, department=department)
    step = timedelta(days=days)
    kept: dict[str, Any] = {"view": asked.view, "who": who, "department": department}
    may_move = current_staff().may(Permission.BOOKING_WRITE)
    return Page(
        "booking/admin/calendar.html",
        view=asked.view,
        day=day,
        since=since,
        who=who,
        department=department,
        columns=shown.columns,
        events=_events(shown, may_move=may_move),
        title=f"{since:%Y-%m-%d} 至 {since + timedelta(days=6):%m-%d}" if is_week else _day_title(day),
        _choices=choices,
        _departments=departments,
        _states=STATES,
        _list=_by_column(shown),
        _urls={
            "before": url_for("booking_admin.calendar", day=day - step, **kept),
            "after": url_for("booking_admin.calendar", day=day + step, **kept),
            "today": url_for("booking_admin.calendar", **kept),
            "day": url_for("booking_admin.calendar", **{**kept, "view": "day"}, day=day),
            "week": url_for("booking_admin.calendar", **{**kept, "view": "week"}, day=day),
        },
        _bounds=_bounds(shown),
    )


def _day_title(day: date) -> str:
    return f"{day:%Y-%m-%d} {hours.WEEKDAYS[day.weekday()]}"


def _by_column(shown: sheets.Calendar) -> list[tuple[sheets.Column, list[sheets.Shown]]]:
    return [(column, [one for one in shown.bookings if one.column == column.id]) for column in shown.columns]


def _bounds(shown: sheets.Calendar) -> tuple[str, str]:
    """Return from when to when the calendar is drawn: whole hours around all that is in it."""
    all_: list[sheets.Work | sheets.Shown] = [*shown.work, *shown.bookings]
    starts = [hours.minute_of(one.starts_at) for one in all_]
    ends = [hours.minute_of(one.ends_at) or 1440 for one in all_]
    first, last = min([480, *starts]) // 60 * 60, -(-max([1080, *ends]) // 60) * 60
    return hours.minute_text(first), hours.minute_text(last)


def _events(shown: sheets.Calendar, *, may_move: bool) -> list[Event]:
    grounds = [
        Event(
            f"session-{one.id}", "session", one.column, _wall(one.starts_at), _wall(one.ends_at),
            f"{one.taken}/{one.seats}" if one.is_open else "停诊",
            "open" if one.is_open and one.taken < one.seats else "full" if one.is_open else "closed",
            url_for("booking_admin.session_page", booking_session_id=one.id),
        )
        for one in shown.work
    ]  # fmt: skip
    movable = (BookingStatus.BOOKED, BookingStatus.TO_MOVE)
    return grounds + [
        Event(
            one.no, "booking", one.column, _wall(one.starts_at), _wall(one.ends_at), one.contact,
            STATES[one.status].tone, url_for("booking_admin.booking", booking_no=one.no),
            may_move and one.status in movable, one.version,
        )
        for one in shown.bookings
    ]  # fmt: skip


def _wall(moment: datetime) -> str:
    return f"{clock.local(moment):%Y-%m-%dT%H:%M:%S}"


@interface(
    "booking.drop",
    POST="/pc/booking/bookings/<booking_no>/drop",
    permission=Permission.BOOKING_WRITE,
    audit="在日程上改约",
)
def drop(booking_no: str) -> Done:
    """Move a booking to where it was dropped: into the free time of that physician or project that lies there.

    :raises SlotClosed: there is no free time at this place
    """
    form = read_form(DropForm)
    moment = hours.moment_of(form.day, form.at)
    meant = [slot for slot in openings.free_slots(form.who, form.day) if slot.starts_at <= moment < slot.ends_at]
    if not meant:
        raise SlotClosed("这里没有可约的号，请拖到有余号的时间")
    seen_by = current_staff().actor
    changes.move(booking_no, meant[0].id, by=seen_by, is_staff=True, seen_version=form.version)
    forget_public_pages()
    found = sheets.get_booking(booking_no)
    told = f"{clock.local(meant[0].starts_at):%m-%d %H:%M}"
    return Done(f"已改到{told}", version=found.booking.version, start=_wall(meant[0].starts_at))


def read_day(text: str) -> date:
    """:raises Invalid: no day"""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not FIRST_DAY <= day <= LAST_DAY:
        raise Invalid({"day": "日期格式不正确"})
    return day


menu.entry("预约", "日程", "booking_admin.calendar", Permission.BOOKING_READ, 10)
