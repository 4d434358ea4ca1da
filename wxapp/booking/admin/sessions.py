"""Staff pages: sessions, extra ones, and closing one with people in it."""

from __future__ import annotations

from flask import request, url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Badge, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.tables import Action, Table
from wxapp.booking import listings, openings, sheets
from wxapp.booking.admin.door import interface
from wxapp.booking.admin.shown import SESSION_STATES, STATES, department_options, who_options
from wxapp.booking.models import Session, SessionStatus
from wxapp.booking.services import rosters
from wxapp.booking.services.rosters import Work
from wxapp.booking.services.sessions import close_session
from wxapp.booking.staff_forms import CloseForm, ExtraForm
from wxapp.core import clock
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.h5.kept import forget_public_pages


def _url(session_id: int) -> str:
    return url_for("booking_admin.session_page", booking_session_id=session_id)


SESSIONS = Table(
    "booking.sessions",
    title="班次",
    columns=(
        Column(
            "day",
            "日期",
            link=lambda row: _url(row.id),
            value=lambda row: row.day_text,
            sort=(Session.day, Session.starts_minute),
        ),
        Column("span", "时段"),
        Column("who", "医生或项目", below=lambda row: row.department),
        Column("place", "地点"),
        Column("booked", "已约", kind="number"),
        Column("seats", "号源", kind="number"),
        Column("waiting", "候补", kind="number"),
        Column("status", "状态", kind="badge", badges=SESSION_STATES, below=lambda row: row.closed_reason),
        Column("is_extra", "来源", kind="badge", badges={True: Badge("加号", "blue"), False: Badge("排班", "grey")}),
    ),
    filters=(
        Filter("since", "从", kind="day"),
        Filter("until", "到", kind="day"),
        Filter("who", "医生或项目", kind="choice", choices=who_options),
        Filter("department", "科室", kind="choice", choices=department_options),
        Filter("status", "状态", kind="choice", choices=[(one.value, one.label) for one in SessionStatus]),
    ),
    actions=(
        Action("查看", lambda row: _url(row.id)),
        Action(
            "停诊",
            lambda row: f"{_url(row.id)}#close",
            Permission.ROSTER_WRITE,
            tone="danger",
            when=lambda row: row.status is SessionStatus.OPEN and not row.is_over,
        ),
    ),
    sort="day",
    key=Session.id,
    make=listings.make_session_row,
    empty="还没有班次，请先设置每周排班",
)


@interface("booking.sessions", GET="/pc/booking/sessions", permission=Permission.BOOKING_READ)
def session_list() -> Page:
    """Sessions from today on."""
    return Page("booking/admin/sessions.html", table=SESSIONS.load(listings.sessions_for_staff))


@interface("booking.session", GET="/pc/booking/sessions/<int:booking_session_id>", permission=Permission.BOOKING_READ)
def session_page(booking_session_id: int) -> Page:
    """One session: who is booked in it, and how it may be closed."""
    session = listings.get_session(booking_session_id)
    may_close = session.status is SessionStatus.OPEN and current_staff().may(Permission.ROSTER_WRITE)
    others = openings.sessions_to_move_to(session) if may_close and session.booked else []
    targets = [(str(one.id), f"{one.told}（余{one.seats - one.booked}）") for one in others]
    return Page(
        "booking/admin/session.html",
        session=session,
        bookings=sheets.bookings_of_session(booking_session_id),
        state=SESSION_STATES[session.status],
        can_close=may_close,
        targets=targets,
        _states=STATES,
        _close_form=ShownForm(
            CloseForm,
            options={"move_to": targets},
            kinds={"move_to": "select"},
            help={"reason": "会告知已预约的患者", "move_to": "放得下的先改到该班次，其余收到停诊通知后自行改约"},
        ),
    )


@interface(
    "booking.session_close",
    POST="/pc/booking/sessions/<int:booking_session_id>/close",
    permission=Permission.ROSTER_WRITE,
    audit="停诊",
    form_page=session_page,
)
def close(booking_session_id: int) -> Done:
    """Close a session; everybody who is booked is told once."""
    form = read_form(CloseForm)
    closed = close_session(booking_session_id, reason=form.reason, by=current_staff().actor, move_to=form.move_to)
    forget_public_pages()
    parts = [f"{closed.moved}人已改到其他班次"] if closed.moved else []
    parts += [f"{closed.to_move}人已收到停诊通知"] if closed.to_move else []
    audit.about(f"session:{booking_session_id}", "，".join([form.reason, *parts]))
    return Done(
        "，".join(["已停诊", *parts]), location=_url(booking_session_id), moved=closed.moved, to_move=closed.to_move
    )


@interface("booking.session_new", GET="/pc/booking/sessions/new", permission=Permission.ROSTER_WRITE)
def extra_form() -> Page:
    """An empty form for an extra session."""
    values = {
        "who": request.args.get("who", ""),
        "day": clock.today(),
        "starts": "13:30",
        "ends": "17:00",
        "slot_minutes": 30,
        "capacity": 2,
    }
    form = ShownForm(
        ExtraForm,
        values=values,
        options={"who": who_options()},
        kinds={"starts": "text", "ends": "text", "fee": "money"},
        help={"starts": "例如 08:30", "fee": "仅供患者查看，到院支付"},
    )
    return Page("booking/admin/session_new.html", form=form)


@interface(
    "booking.session_add",
    POST="/pc/booking/sessions/new",
    permission=Permission.ROSTER_WRITE,
    audit="增加班次",
    form_page=extra_form,
)
def add_extra() -> Done:
    """Put an extra session on a day, open for booking at once."""
    form = read_form(ExtraForm)
    work = Work(
        *listings.split_who(form.who), form.starts, form.ends, form.slot_minutes, form.capacity, form.place,
        form.fee or 0,
    )  # fmt: skip
    by = current_staff().actor
    session_id = once("booking.add_session", form, lambda: str(rosters.add_session(work, form.day, by=by)))
    forget_public_pages()
    audit.about(f"session:{session_id}", f"{form.who} {form.day}")
    return Done("班次已增加，患者可以预约", location=_url(int(session_id)), id=int(session_id))


menu.entry("预约", "班次与停诊", "booking_admin.session_list", Permission.BOOKING_READ, 50)
