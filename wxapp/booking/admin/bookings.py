"""Staff pages: one booking, and what becomes of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import request, url_for

from wxapp.admin import audit
from wxapp.admin.answers import Done, Page
from wxapp.admin.audit import looked_at
from wxapp.admin.fields import ShownForm
from wxapp.admin.identity import current_staff, remember_names
from wxapp.booking import openings, sheets
from wxapp.booking.admin.calendar import read_day
from wxapp.booking.admin.door import interface
from wxapp.booking.admin.shown import STATES, who_options
from wxapp.booking.models import BookingStatus
from wxapp.booking.services import arrivals, changes
from wxapp.booking.staff_forms import CancelForm, CheckInForm, MoveForm
from wxapp.core import clock
from wxapp.core.errors import Forbidden, Invalid
from wxapp.core.forms import read_form
from wxapp.core.masking import masked_id_number, masked_name, masked_phone
from wxapp.core.permissions import Permission
from wxapp.core.states import history
from wxapp.h5.kept import forget_public_pages

DAYS_AHEAD = 28
"""So many days are offered when staff book or move."""
B = BookingStatus


def booking_url(booking_no: str) -> str:
    return url_for("booking_admin.booking", booking_no=booking_no)


@interface("booking.booking", GET="/pc/booking/bookings/<booking_no>", permission=Permission.BOOKING_READ)
def booking(booking_no: str) -> Page:
    """One booking, masked, with its history; the look is logged."""
    looked_at("booking", booking_no, "预约详情")
    return _booking_page(booking_no)


def _booking_page(booking_no: str, *, is_whole: bool = False) -> Page:
    found = sheets.get_booking(booking_no)
    one = found.booking
    steps = history(one)
    remember_names([one.made_by, *(step.actor for step in steps)])
    may_write = current_staff().may(Permission.BOOKING_WRITE)
    is_open = one.status in (B.BOOKED, B.TO_MOVE)
    was_refused = request.endpoint == "booking_admin.check_in" and one.status in (B.BOOKED, B.MISSED)
    return Page(
        "booking/admin/booking.html",
        booking=one,
        who=found.who,
        department=found.department,
        place=found.place,
        record_no=found.record_no,
        contact={
            "name": one.contact_name if is_whole else masked_name(one.contact_name),
            "phone": one.contact_phone if is_whole else masked_phone(one.contact_phone),
            "id_number": one.contact_id_number if is_whole else masked_id_number(one.contact_id_number),
        },
        steps=steps,
        can_arrive=may_write and one.status in (B.BOOKED, B.MISSED),
        can_undo=may_write and one.status is B.ARRIVED,
        can_finish=may_write and one.status is B.ARRIVED,
        can_move=may_write and is_open,
        can_cancel=may_write and is_open,
        can_reveal=not is_whole and current_staff().may(Permission.PATIENT_REVEAL),
        ask_anyway=may_write and was_refused,
        is_whole=is_whole,
        _state=STATES[one.status],
        _states={status.value: badge.label for status, badge in STATES.items()},
        _cancel_form=ShownForm(CancelForm),
    )


@interface(
    "booking.reveal",
    POST="/pc/booking/bookings/<booking_no>/reveal",
    permission=Permission.PATIENT_REVEAL,
    audit="查看预约人完整信息",
)
def reveal(booking_no: str) -> Page:
    """Show the whole name and numbers, this once; the look is logged."""
    if not current_staff().may(Permission.BOOKING_READ):
        raise Forbidden
    page = _booking_page(booking_no, is_whole=True)
    looked_at("booking", booking_no, "姓名、手机号、证件号")
    return page


@interface(
    "booking.check_in",
    POST="/pc/booking/bookings/<booking_no>/check-in",
    permission=Permission.BOOKING_WRITE,
    audit="预约签到",
    form_page=booking,
)
def check_in(booking_no: str) -> Done:
    """Check somebody in; on another day than the booked one only with ``anyway``."""
    form = read_form(CheckInForm)
    by = current_staff().actor
    if form.anyway:
        arrivals.check_in_anyway(booking_no, by=by)
        audit.about(f"booking:{booking_no}", "非预约日")
    else:
        changes.check_in(booking_no, by=by)
    found = sheets.get_booking(booking_no)
    time = f"{clock.local(found.booking.starts_at):%m-%d %H:%M}"
    back = None if request.referrer and "/booking/day" in request.referrer else _scan_url(found.booking.no)
    return Done(f"{masked_name(found.booking.contact_name)} 已签到：{time} {found.who}", location=back)


def _scan_url(booking_no: str) -> str:
    return url_for("booking_admin.scan", code=booking_no)


@interface(
    "booking.undo_check_in",
    POST="/pc/booking/bookings/<booking_no>/undo-check-in",
    permission=Permission.BOOKING_WRITE,
    audit="撤销签到",
    form_page=booking,
)
def undo_check_in(booking_no: str) -> Done:
    """Take a check-in back that was a mistake."""
    changes.undo_check_in(booking_no, by=current_staff().actor)
    return Done("已撤销签到", location=booking_url(booking_no))


@interface(
    "booking.finish",
    POST="/pc/booking/bookings/<booking_no>/finish",
    permission=Permission.BOOKING_WRITE,
    audit="完成就诊",
    form_page=booking,
)
def finish(booking_no: str) -> Done:
    """Note that the appointment has taken place."""
    changes.finish(booking_no, by=current_staff().actor)
    return Done("已记为就诊完成", location=booking_url(booking_no))


@interface(
    "booking.cancel",
    POST="/pc/booking/bookings/<booking_no>/cancel",
    permission=Permission.BOOKING_WRITE,
    audit="取消预约",
    form_page=booking,
)
def cancel(booking_no: str) -> Done:
    """Cancel for somebody, after the patients' time limit too; it does not count against them."""
    form = read_form(CancelForm)
    changes.cancel(booking_no, by=current_staff().actor, is_staff=True, reason=form.reason)
    forget_public_pages()
    audit.about(f"booking:{booking_no}", form.reason)
    return Done("预约已取消，已通知患者", location=booking_url(booking_no))


# --- another time ----------------------------------------------------------------------------------------------------


def free_times(who: str) -> dict[str, Any]:
    """Return the days of somebody with free seats, and the free times of the day that the address names."""
    today = clock.today()
    days = openings.free_days(who, since=today, until=today + timedelta(days=DAYS_AHEAD)) if who else []
    day = None
    if text := request.args.get("day"):
        try:
            day = read_day(text)
        except Invalid:
            day = None
    if day is None:
        day = next((one.day for one in days if one.free > 0), today)
    return {"days": days, "day": day, "slots": openings.free_slots(who, day) if who else []}


@interface("booking.move_page", GET="/pc/booking/bookings/<booking_no>/move", permission=Permission.BOOKING_WRITE)
def move_page(booking_no: str) -> Page:
    """The free times to which a booking may be moved: the same one's, or another's."""
    found = sheets.get_booking(booking_no)
    choices = who_options()
    asked = request.args.get("who", "")
    who = asked if asked in dict(choices) else found.who_key
    return Page(
        "booking/admin/move.html",
        booking=found.booking,
        who=who,
        present=found.who,
        contact=masked_name(found.booking.contact_name),
        **free_times(who),
        _choices=choices,
        _form=ShownForm(MoveForm),
        _state=STATES[found.booking.status],
    )


@interface(
    "booking.move",
    POST="/pc/booking/bookings/<booking_no>/move",
    permission=Permission.BOOKING_WRITE,
    audit="改约",
    form_page=move_page,
)
def move(booking_no: str) -> Done:
    """Move a booking, after the patients' time limit too; the patient is told."""
    form = read_form(MoveForm)
    changes.move(booking_no, form.slot_id, by=current_staff().actor, is_staff=True, seen_version=form.version)
    forget_public_pages()
    audit.about(f"booking:{booking_no}", form.reason)
    return Done("已改约，已通知患者", location=booking_url(booking_no))
