"""我的预约: one's appointments, and what can be done about them."""

from __future__ import annotations

from dataclasses import dataclass

from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from wxapp.booking import calendar_file, own_lists, queries, rules, settings
from wxapp.booking.forms import MoveForm, PressForm
from wxapp.booking.models import Booking, BookingStatus
from wxapp.booking.services import changes
from wxapp.booking.timetable import Whose
from wxapp.booking.views.choosing import strip_of
from wxapp.booking.views.door import asked_number, pages
from wxapp.core import actors, clock
from wxapp.core.addresses import absolute, path_of
from wxapp.core.errors import NotFound
from wxapp.core.forms import read_form
from wxapp.h5.identity import current_user
from wxapp.h5.notices import notice
from wxapp.h5.settings import HOSPITAL_ADDRESS, HOSPITAL_NAME

B = BookingStatus


@dataclass(frozen=True)
class StateTab:
    """One tab of the list."""

    key: str
    label: str
    statuses: tuple[BookingStatus, ...]


STATE_TABS = (
    StateTab("all", "全部", ()),
    StateTab("open", "待就诊", (B.BOOKED, B.TO_MOVE, B.ARRIVED)),
    StateTab("done", "已就诊", (B.DONE,)),
    StateTab("over", "取消/未到", (B.CANCELLED, B.MISSED)),
)
TONES = {B.BOOKED: "good", B.TO_MOVE: "bad", B.ARRIVED: "good", B.MISSED: "bad"}


@pages.page("/bookings")
def bookings() -> ResponseReturnValue:
    """The current patient's appointments by state, and where one stands in line."""
    user = current_user()
    state = next((tab for tab in STATE_TABS if tab.key == request.args.get("state")), STATE_TABS[0])
    asked = asked_number("page")
    page = 1 if asked is None else asked
    if not 1 <= page <= 500:
        raise NotFound
    cards, has_more = own_lists.own_bookings(
        user.id, user.current_patient_id, statuses=state.statuses, is_next_first=state.key == "open", page=page
    )
    is_first = page == 1 and state.key in {"all", "open"}
    return render_template(
        "booking/bookings.html",
        tabs=STATE_TABS,
        state=state,
        cards=cards,
        waits=own_lists.own_waits(user.id, user.current_patient_id) if is_first else [],
        tones=TONES,
        previous=url_for("booking.bookings", state=state.key, page=page - 1) if page > 1 else "",
        next=url_for("booking.bookings", state=state.key, page=page + 1) if has_more else "",
        page=page,
    )


def own(booking_no: str) -> Booking:
    """:raises NotFound: no booking of this user or of the current patient"""
    user = current_user()
    return queries.own_booking(user.id, user.current_patient_id, booking_no)


@pages.page("/bookings/<booking_no>")
def booking(booking_no: str) -> ResponseReturnValue:
    """One appointment: when, where, its code, and what can be done now."""
    found, now = own(booking_no), clock.now()
    is_late = rules.is_late(found.starts_at, now=now, hours=settings.CHANGE_HOURS())
    is_ahead = found.starts_at > now
    can_cancel = found.status is B.TO_MOVE or (
        found.status is B.BOOKED and is_ahead and (not is_late or settings.LATE_CANCEL())
    )
    return render_template(
        "booking/booking.html",
        booking=found,
        of=queries.place_of(found.session_id),
        tone=TONES.get(found.status, "calm"),
        can_move=found.status is B.TO_MOVE or (found.status is B.BOOKED and not is_late),
        can_cancel=can_cancel,
        is_late=is_late and found.status is B.BOOKED,
        counts=settings.COUNT_LATE(),
        change_hours=settings.CHANGE_HOURS(),
        scan_url=scan_address(found) if found.status is B.BOOKED and is_today_or_later(found) else "",
        code=" ".join(found.code[at : at + 4] for at in (0, 4, 8)),
        is_ahead=is_ahead,
        bring_along=settings.BRING_ALONG(),
        notice_text=queries.notice_of(found.project_id) if found.project_id else "",
        S=BookingStatus,
    )


def is_today_or_later(found: Booking) -> bool:
    return clock.hospital_day(found.starts_at) >= clock.today()


def scan_address(found: Booking) -> str:
    """Return the address in the code for check-in: the page of staff that reads it."""
    return absolute(path_of("booking_admin.scan", {"code": found.code}))


@pages.page("/bookings/<booking_no>/done")
def done(booking_no: str) -> ResponseReturnValue:
    """预约成功; who has bound no patient is told so and led to the binding."""
    found = own(booking_no)
    return render_template(
        "booking/done.html",
        booking=found,
        of=queries.place_of(found.session_id),
        bring_along=settings.BRING_ALONG(),
        is_open=found.status in (B.BOOKED, B.ARRIVED),
    )


@pages.page("/bookings/<booking_no>/calendar.ics")
def calendar(booking_no: str) -> ResponseReturnValue:
    """The appointment for the phone's calendar."""
    found = own(booking_no)
    text = calendar_file.of_booking(
        found,
        queries.place_of(found.session_id),
        hospital=HOSPITAL_NAME(),
        address=HOSPITAL_ADDRESS(),
        page=absolute(path_of("booking.booking", {"booking_no": found.no})),
        note=settings.BRING_ALONG(),
    )
    answer = make_response(text)
    answer.headers["Content-Type"] = "text/calendar; charset=utf-8"
    answer.headers["Content-Disposition"] = f'attachment; filename="{found.no}.ics"'
    return answer


@pages.action("/bookings/<booking_no>/cancel", shown_again_by=booking)
def cancel(booking_no: str) -> ResponseReturnValue:
    """Cancel; the time goes to others."""
    own(booking_no)
    read_form(PressForm)
    changes.cancel(booking_no, by=actors.wechat(current_user().id), reason="患者取消")
    notice("预约已取消")
    return redirect(url_for("booking.booking", booking_no=booking_no), 303)


@pages.page("/bookings/<booking_no>/move")
def move_page(booking_no: str) -> ResponseReturnValue:
    """Choose another time of the same physician or project, look at it once more, and move."""
    found, now = own(booking_no), clock.now()
    strip = strip_of(Whose(found.physician_id, found.project_id), now)
    wanted = asked_number("slot_id")
    chosen = next(
        (time for times in strip.sessions for time in times if time.slot_id == wanted and time.can_be_booked), None
    )
    return render_template(
        "booking/move.html",
        booking=found,
        of=queries.place_of(found.session_id),
        strip=strip,
        chosen=chosen,
        was_lost=wanted is not None and chosen is None,
        can_move=found.status is B.TO_MOVE
        or (found.status is B.BOOKED and not rules.is_late(found.starts_at, now=now, hours=settings.CHANGE_HOURS())),
    )


@pages.action("/bookings/<booking_no>/move", shown_again_by=move_page)
def move(booking_no: str) -> ResponseReturnValue:
    """确认改约."""
    own(booking_no)
    form = read_form(MoveForm)
    changes.move(booking_no, form.slot_id, by=actors.wechat(current_user().id), seen_version=form.version)
    notice("已改约到新的时间")
    return redirect(url_for("booking.booking", booking_no=booking_no), 303)
