"""候补: standing in line for a full session, and the seat that is offered."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from wxapp.booking import own_lists, queries, settings
from wxapp.booking.forms import AcceptForm, LineForm, PressForm
from wxapp.booking.models import SessionStatus, Wait, WaitStatus
from wxapp.booking.services import waiting
from wxapp.booking.views.door import asked_number, contact_of, find_patient, pages
from wxapp.core import actors, clock
from wxapp.core.errors import NotFound
from wxapp.core.forms import read_form
from wxapp.h5.identity import current_user
from wxapp.h5.notices import notice

TONES = {WaitStatus.WAITING: "wait", WaitStatus.OFFERED: "good", WaitStatus.ACCEPTED: "good"}


@pages.page("/booking/waits/new")
def wait_form() -> ResponseReturnValue:
    """Who wants to stand in line, and for what."""
    asked = request.form.get("session_id", "") if request.method == "POST" else ""
    session_id = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= 18 else asked_number("session_id")
    if session_id is None:
        raise NotFound
    session = queries.get_session(session_id)
    if session.released_at > clock.now() or session.status is not SessionStatus.OPEN or session.day < clock.today():
        raise NotFound
    return render_template(
        "booking/wait_form.html",
        session=session,
        of=queries.place_of(session_id),
        patient=find_patient(),
        offer_minutes=settings.OFFER_MINUTES(),
    )


@pages.action("/booking/waits", shown_again_by=wait_form)
def join_line() -> ResponseReturnValue:
    """加入候补; pressing twice stands in line once."""
    form, user, patient = read_form(LineForm), current_user(), find_patient()
    wait_id = waiting.join_line(
        form.session_id,
        contact_of(form, patient),
        wechat_user_id=user.id,
        patient_id=patient.id if patient else None,
    )
    notice("已加入候补，有号时会通知您")
    return redirect(url_for("booking.wait", wait_id=wait_id), 303)


def _own(wait_id: int) -> Wait:
    user = current_user()
    return queries.own_wait(user.id, user.current_patient_id, wait_id)


@pages.page("/booking/waits/<int:wait_id>")
def wait(wait_id: int) -> ResponseReturnValue:
    """One's place in line, or the time that is offered."""
    found, now = _own(wait_id), clock.now()
    is_offered = (
        found.status is WaitStatus.OFFERED and found.offer_expires_at is not None and found.offer_expires_at > now
    )
    session = queries.get_session(found.session_id)
    return render_template(
        "booking/wait.html",
        wait=found,
        session=session,
        of=queries.place_of(found.session_id),
        slot=queries.slot_info(found.offered_slot_id, now=now) if is_offered and found.offered_slot_id else None,
        is_offered=is_offered,
        has_lapsed=found.status is WaitStatus.LAPSED or (found.status is WaitStatus.OFFERED and not is_offered),
        place=own_lists.place_in_line(found) if found.status is WaitStatus.WAITING else 0,
        seconds=int((found.offer_expires_at - now).total_seconds()) if is_offered and found.offer_expires_at else 0,
        tone=TONES.get(found.status, "calm"),
        offer_minutes=settings.OFFER_MINUTES(),
        S=WaitStatus,
    )


@pages.action("/booking/waits/<int:wait_id>/accept", shown_again_by=wait)
def accept(wait_id: int) -> ResponseReturnValue:
    """Take the time that is offered."""
    found = _own(wait_id)
    form = read_form(AcceptForm)
    booking_no = waiting.accept(found, by=actors.wechat(current_user().id), once_key=form.once)
    return redirect(url_for("booking.done", booking_no=booking_no), 303)


@pages.action("/booking/waits/<int:wait_id>/leave", shown_again_by=wait)
def leave(wait_id: int) -> ResponseReturnValue:
    """Leave the line, or let the offered time go to the next."""
    _own(wait_id)
    read_form(PressForm)
    waiting.leave_line(wait_id, by=actors.wechat(current_user().id))
    notice("已退出候补")
    return redirect(url_for("booking.bookings"), 303)
