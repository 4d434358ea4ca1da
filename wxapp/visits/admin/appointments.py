"""Staff pages: bookings before the patients come (手机预约)."""

from __future__ import annotations

from datetime import date, timedelta

from flask import request, url_for

from wxapp.admin import audit, dashboard, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.audit import looked_at
from wxapp.admin.cells import Badge, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff, remember_names
from wxapp.admin.tables import Action, Table
from wxapp.booking import hours
from wxapp.booking.listings import all_who
from wxapp.booking.models import Booking, Source
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.h5.kept import forget_public_pages
from wxapp.staff.queries import members
from wxapp.visits.admin.door import interface
from wxapp.visits.listings import visit_url
from wxapp.visits.models import Appointment
from wxapp.visits.pickup_forms import CancelAppointmentForm, NoteForm
from wxapp.visits.queries.appointments import (
    AppointmentRow,
    State,
    appointment_row,
    appointments,
    count_new,
    get_appointment,
    sheet_of,
)
from wxapp.visits.services import appointments as services

P = Permission
STATES = {
    State.NEW: Badge(State.NEW.label, "amber"),
    State.CONFIRMED: Badge(State.CONFIRMED.label, "blue"),
    State.TO_MOVE: Badge(State.TO_MOVE.label, "red"),
    State.ARRIVED: Badge(State.ARRIVED.label, "green"),
    State.DONE: Badge(State.DONE.label, "grey"),
    State.CANCELLED: Badge(State.CANCELLED.label, "grey"),
    State.MISSED: Badge(State.MISSED.label, "red"),
}


def _url(booking_no: str) -> str:
    return url_for("visits_admin.appointment", booking_no=booking_no)


def intake_url(row: AppointmentRow) -> str:
    """Return the page that makes a patient and a visit of a booking."""
    return f"/pc/user/add?booking_no={row.no}"


def _who_options() -> list[tuple[str, str]]:
    return [(one.key, one.label) for one in all_who()]


def _becomes_visit(row: AppointmentRow) -> bool:
    return row.visit_id is None and row.state in (State.NEW, State.CONFIRMED, State.ARRIVED)


LIST = Table(
    "visits.appointments",
    title="预约列表",
    columns=(
        Column("starts_at", "时间", kind="moment", sort=(Booking.starts_at, Booking.id)),
        Column("contact", "预约人", below=lambda row: row.phone),
        Column("who", "医生或项目", below=lambda row: row.department),
        Column("state", "状态", kind="badge", badges=STATES),
        Column("referrer", "主开发人"),
        Column("remark", "备注"),
        Column("no", "预约号", kind="code", link=lambda row: _url(row.no), below=lambda row: row.source.label),
        Column(
            "visit_no", "到院单", kind="code", link=lambda row: visit_url(row.visit_id) if row.visit_id else "",
        ),
    ),
    filters=(
        Filter("q", "查找", placeholder="预约号、姓名或手机号，须完整", is_private=True),
        Filter("day", "日期", kind="day"),
        Filter("state", "状态", kind="choice", choices=[(one.value, one.label) for one in State]),
        Filter("who", "医生或项目", kind="choice", choices=_who_options),
        Filter("source", "来源", kind="choice", choices=[(one.value, one.label) for one in Source]),
    ),
    actions=(
        Action(
            "确认", lambda row: url_for("visits_admin.confirm_appointment", booking_no=row.no), P.BOOKING_WRITE,
            post=True, when=lambda row: row.state is State.NEW,
        ),
        Action("转客户", intake_url, P.VISIT_INTAKE, when=_becomes_visit),
        Action("查看", lambda row: _url(row.no)),
    ),
    sort="starts_at",
    key=Booking.id,
    make=appointment_row,
    empty="近期没有预约",
)  # fmt: skip


@interface("appointment.index", GET="/pc/appointment/index", permission=P.BOOKING_READ)
def appointment_list() -> Page:
    """The bookings of today and later, and what the desk has done about them."""
    return Page("visits/admin/appointments.html", table=LIST.load(appointments))


@interface("appointment.page", GET="/pc/appointment/bookings/<booking_no>", permission=P.BOOKING_READ)
def appointment(booking_no: str) -> Page:
    """One booking, masked, with what can be done about it; the look is logged."""
    found = get_appointment(booking_no)
    looked_at("booking", booking_no, "预约详情")
    noted = found.noted
    if noted is not None:
        remember_names([actor for actor in (noted.confirmed_by, noted.changed_by) if actor])
    values = {"lead_referrer_id": noted.lead_referrer_id, "remark": noted.note} if noted else {}
    may_write = current_staff().may(P.BOOKING_WRITE)
    return Page(
        "visits/admin/appointment.html",
        appointment=found.row,
        _noted=noted,
        _version=noted.version if noted else 0,
        _note_form=ShownForm(NoteForm, values=values, options={"lead_referrer_id": _referrers(noted)}),
        _cancel_form=ShownForm(CancelAppointmentForm),
        _state=STATES[found.row.state],
        _may_write=may_write,
        _can_confirm=may_write and found.row.state is State.NEW,
        _can_move=may_write and found.row.is_open,
        _intake_url=intake_url(found.row) if _becomes_visit(found.row) and current_staff().may(P.VISIT_INTAKE) else "",
        _visit_url=visit_url(found.row.visit_id) if found.row.visit_id else "",
    )


def _referrers(noted: Appointment | None) -> list[tuple[str, str]]:
    """Return who wins patients, by their role; everybody where the hospital has no such role."""
    rows = db.session.scalars(members(role="referrer", state="on")).all()
    found = [(str(one.id), one.name) for one in rows or db.session.scalars(members(state="on"))]
    if noted and noted.lead_referrer_id and str(noted.lead_referrer_id) not in dict(found):
        found.insert(0, (str(noted.lead_referrer_id), noted.lead_referrer_name))
    return found


@interface(
    "appointment.confirm",
    POST="/pc/appointment/bookings/<booking_no>/confirm",
    permission=P.BOOKING_WRITE,
    audit="确认预约",
    form_page=appointment,
)
def confirm_appointment(booking_no: str) -> Done:
    """Note that the patient comes at that time."""
    services.confirm(booking_no, by=current_staff().actor)
    return Done("预约已确认")


@interface(
    "appointment.note",
    POST="/pc/appointment/bookings/<booking_no>/note",
    permission=P.BOOKING_WRITE,
    audit="登记预约主开发人",
    form_page=appointment,
)
def note_appointment(booking_no: str) -> Done:
    """Note who won the patient."""
    form = read_form(NoteForm)
    services.note(
        booking_no,
        lead_referrer_id=form.lead_referrer_id,
        remark=form.remark,
        by=current_staff().actor,
        seen=form.version,
    )
    return Done("已保存", location=_url(booking_no))


@interface(
    "appointment.cancel",
    POST="/pc/appointment/bookings/<booking_no>/cancel",
    permission=P.BOOKING_WRITE,
    audit="取消预约",
    form_page=appointment,
)
def cancel_appointment(booking_no: str) -> Done:
    """Cancel a booking; the patient is told."""
    form = read_form(CancelAppointmentForm)
    services.cancel(booking_no, reason=form.reason, by=current_staff().actor)
    forget_public_pages()
    audit.about(f"booking:{booking_no}", form.reason)
    return Done("预约已取消，已通知客户", location=_url(booking_no))


@interface("appointment.sheet", GET="/pc/appointment/sheet", permission=P.BOOKING_READ)
def appointment_sheet() -> Page:
    """The appointments of a day on paper, masked; the look is logged."""
    day = _asked_day()
    rows = sheet_of(day)
    looked_at("booking", day.isoformat(), "当日预约单")
    return Page(
        "visits/admin/appointment_sheet.html",
        day=day,
        appointments=rows,
        _states=STATES,
        _day_text=f"{day:%Y-%m-%d} {hours.WEEKDAYS[day.weekday()]}",
        _before=url_for("visits_admin.appointment_sheet", day=day - timedelta(days=1)),
        _after=url_for("visits_admin.appointment_sheet", day=day + timedelta(days=1)),
        _today=url_for("visits_admin.appointment_sheet"),
    )


def _asked_day() -> date:
    """Return the day that the address names, today for none or for what is no day."""
    try:
        day = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return clock.today()
    return day if 2000 <= day.year < 2200 else clock.today()


# --- elsewhere -------------------------------------------------------------------------------------------------------


def _cards(unconfirmed: int, today: int) -> dashboard.Card:
    return dashboard.Card(
        "待确认预约", str(unconfirmed), f"今日待到院{today}",
        url_for("visits_admin.appointment_list", state=State.NEW.value), "device-mobile",
        "attention" if unconfirmed else "plain",
    )  # fmt: skip


dashboard.dashboard_counts(16, P.BOOKING_WRITE, count_new, _cards)
menu.group("手机预约", "device-mobile", 3)
menu.entry("手机预约", "预约列表", "visits_admin.appointment_list", P.BOOKING_READ, 10)
menu.entry("手机预约", "当日预约单", "visits_admin.appointment_sheet", P.BOOKING_READ, 20)
