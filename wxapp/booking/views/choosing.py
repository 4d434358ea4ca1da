"""Choosing: whom or what, a day, a time; then for whom, and it is booked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from wxapp.booking import queries, settings, timetable
from wxapp.booking.forms import ChooseForm, ContactForm, PressForm, ProjectForm
from wxapp.booking.models import HoldStatus, Source
from wxapp.booking.services import bookings, holds
from wxapp.booking.timetable import Day, Period, Time, Whose
from wxapp.booking.views.door import asked_day, contact_of, find_patient, pages
from wxapp.core import actors, clock
from wxapp.core.errors import NotFound
from wxapp.core.forms import read_form
from wxapp.directory import queries as directory
from wxapp.h5.identity import current_user
from wxapp.h5.notices import notice

WAYS = {"expert": "预约专家", "project": "预约项目"}
LEAST_DAYS = 7


@pages.page("/booking")
def home() -> ResponseReturnValue:
    """预约: the physicians with their next free day, or the projects and the check-ups bought before."""
    way = request.args.get("way", "expert")
    way = way if way in WAYS else "expert"
    now = clock.now()
    order_no = request.args.get("order_no", "")[:20]
    free: dict[int, date] = timetable.next_free_days(of_projects=way == "project", now=now)
    found: dict[str, Any] = {"physicians": [], "projects": [], "orders": []}
    if way == "expert":
        found["physicians"] = directory.shown_physicians()
    else:
        found["projects"] = queries.shown_projects()
        found["orders"] = bookings.bookable_orders(current_user().current_patient_id)
    return render_template(
        "booking/home.html", ways=WAYS, way=way, free=free, order_no=order_no, is_online=settings.ONLINE(), **found
    )


# --- a physician's times ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Strip:
    """The days that can be looked at, and the times of the chosen one."""

    days: list[Day]
    chosen: date
    sessions: list[list[Time]]
    """The times of the chosen day by session."""

    @property
    def day(self) -> Day:
        return next((one for one in self.days if one.day == self.chosen), Day(self.chosen, 0, False, None))


def strip_of(whose: Whose, now: datetime) -> Strip:
    """Return the days of a physician or project, and the times of the day that the address names.

    Without one it is the first day with something free.

    :raises NotFound: the address names no day of the strip
    """
    today = clock.hospital_day(now)
    times = timetable.free_times(whose, today, today + timedelta(days=timetable.DAYS - 1), now=now)
    last = max((time.day for time in times), default=today)
    days = timetable.days_of(times, today, max(LEAST_DAYS, (last - today).days + 1))
    asked = asked_day()
    if asked is not None and not today <= asked <= today + timedelta(days=timetable.DAYS):
        raise NotFound
    chosen = asked or next((one.day for one in days if one.free), today)
    by_session: dict[int, list[Time]] = {}
    for time in times:
        if time.day == chosen:
            by_session.setdefault(time.session_id, []).append(time)
    return Strip(days, chosen, list(by_session.values()))


@pages.page("/booking/physicians/<int:physician_id>")
def physician(physician_id: int) -> ResponseReturnValue:
    """排班情况: a physician's days and free times. How many are free is all that is told."""
    found = directory.shown_physician(physician_id)
    return render_template(
        "booking/physician.html",
        physician=found,
        strip=strip_of(Whose(physician_id=physician_id), clock.now()),
        is_online=settings.ONLINE(),
    )


@pages.action("/booking/physicians/<int:physician_id>", shown_again_by=physician)
def choose(physician_id: int) -> ResponseReturnValue:
    """Keep a time of this physician while the form is filled in."""
    directory.shown_physician(physician_id)
    form = read_form(ChooseForm)
    if queries.slot_info(form.slot_id, now=clock.now()).of.physician_id != physician_id:
        raise NotFound
    user, patient = current_user(), find_patient()
    hold_id = holds.hold_seat(
        form.slot_id,
        wechat_user_id=user.id,
        patient_id=patient.id if patient else None,
        by=actors.wechat(user.id),
    )
    return redirect(url_for("booking.hold", hold_id=hold_id), 303)


@pages.page("/booking/holds/<int:hold_id>")
def hold(hold_id: int) -> ResponseReturnValue:
    """The form of a time that is kept: for whom, remark, and how long it is still kept."""
    kept = queries.own_hold(current_user().id, hold_id)
    if kept.wait_id is not None:
        raise NotFound
    now = clock.now()
    slot, patient = queries.slot_info(kept.slot_id, now=now), find_patient()
    is_kept = kept.status is HoldStatus.ACTIVE and kept.expires_at > now
    return render_template(
        "booking/hold.html",
        hold=kept,
        slot=slot,
        patient=patient,
        is_kept=is_kept,
        is_used=kept.status is HoldStatus.USED,
        seconds=max(0, int((kept.expires_at - now).total_seconds())),
        orders=bookings.bookable_orders(patient.id) if patient and is_kept else [],
        bring_along=settings.BRING_ALONG(),
    )


@pages.action("/booking/holds/<int:hold_id>", shown_again_by=hold)
def confirm(hold_id: int) -> ResponseReturnValue:
    """确认预约."""
    user = current_user()
    kept = queries.own_hold(user.id, hold_id)
    form, patient = read_form(ContactForm), find_patient()
    booking_no = bookings.book(
        kept.slot_id,
        contact_of(form, patient),
        wechat_user_id=user.id,
        patient_id=patient.id if patient else None,
        source=Source.ONLINE,
        by=actors.wechat(user.id),
        once_key=form.once,
        hold_id=hold_id,
    )
    return redirect(url_for("booking.done", booking_no=booking_no), 303)


@pages.action("/booking/holds/<int:hold_id>/release")
def release(hold_id: int) -> ResponseReturnValue:
    """Give the time up and go back to the others."""
    user = current_user()
    kept = queries.own_hold(user.id, hold_id)
    if kept.wait_id is not None:  # an offer is let go on the page of the line; it may be of a project
        raise NotFound
    read_form(PressForm)
    slot = queries.slot_info(kept.slot_id, now=clock.now())
    holds.let_go(kept, by=actors.wechat(user.id))
    notice("已放弃该时间")
    return redirect(url_for("booking.physician", physician_id=slot.of.physician_id, day=slot.day.isoformat()), 303)


# --- a project -------------------------------------------------------------------------------------------------------


@pages.page("/booking/projects/<int:project_id>")
def project(project_id: int) -> ResponseReturnValue:
    """The form of a project: for whom, when, and for which check-up bought before."""
    found = queries.shown_project(project_id)
    strip, patient = strip_of(Whose(project_id=project_id), clock.now()), find_patient()
    times = [time for times in strip.sessions for time in times]
    free = {period: sum(one.free for one in times if one.period is period and one.can_be_booked) for period in Period}
    return render_template(
        "booking/project.html",
        project=found,
        strip=strip,
        patient=patient,
        periods=[(period, free[period]) for period in Period if any(one.period is period for one in times)],
        orders=bookings.bookable_orders(patient.id) if patient else [],
        order_no=request.args.get("order_no", "")[:20],
        is_online=settings.ONLINE(),
        bring_along=settings.BRING_ALONG(),
    )


@pages.action("/booking/projects/<int:project_id>", shown_again_by=project)
def book_project(project_id: int) -> ResponseReturnValue:
    """提交: the earliest free time of the chosen half day is booked."""
    queries.shown_project(project_id)
    form, user, patient = read_form(ProjectForm), current_user(), find_patient()
    booking_no = bookings.book_in_period(
        project_id,
        form.day,
        form.period,
        contact_of(form, patient),
        wechat_user_id=user.id,
        patient_id=patient.id if patient else None,
        by=actors.wechat(user.id),
        once_key=form.once,
    )
    return redirect(url_for("booking.done", booking_no=booking_no), 303)
