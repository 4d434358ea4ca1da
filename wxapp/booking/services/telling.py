"""What people are told of their appointments, and to whom it goes."""

from __future__ import annotations

from datetime import datetime

from wxapp.booking.models import Booking, Wait
from wxapp.booking.queries import Place
from wxapp.core.masking import masked_name
from wxapp.messages.receivers import Receiver
from wxapp.messages.services import notify
from wxapp.messages.taps import Tap

BOOKED = "pt_booking_0000001"
REMINDER = "pt_booking_0000002"
CHANGED = "pt_booking_0000003"
OFFER = "pt_booking_0000004"

CONTACT_RECEIVER = "booking_contact"
"""Somebody who booked by phone and is known by that phone only."""

NO_PLACE = "请到一楼导诊台咨询"


def receiver_of(*, booking_id: int, patient_id: int | None, wechat_user_id: int | None) -> Receiver:
    """Return who hears of a booking: whoever has the patient bound, else the WeChat user, else the phone."""
    if patient_id is not None:
        return Receiver("patient", patient_id)
    if wechat_user_id is not None:
        return Receiver("wechat_user", wechat_user_id)
    return Receiver(CONTACT_RECEIVER, booking_id)


def tell(code: str, booking: Booking, of: Place, *, reason: str = "", starts_at: datetime | None = None) -> None:
    """Tell the person of a booking; ``starts_at`` is the time that is meant, when it is not the present one."""
    notify(
        code,
        receiver_of(booking_id=booking.id, patient_id=booking.patient_id, wechat_user_id=booking.wechat_user_id),
        fields(booking.no, booking.contact_name, of, starts_at or booking.starts_at)
        | ({"reason": reason} if reason else {}),
    )


def fields(number: str, name: str, of: Place, starts_at: datetime) -> dict[str, object]:
    """Return what every message about a time says."""
    return {
        "booking_no": number,
        "patient": masked_name(name),
        "department": of.label,
        "starts_at": starts_at,
        "place": of.place or NO_PLACE,
    }


def tell_offer(wait: Wait, of: Place, *, starts_at: datetime, expires_at: datetime) -> None:
    """Tell somebody in line that a seat is kept for a short while."""
    _tell_wait(OFFER, wait, of, starts_at, {"expires_at": expires_at})


def tell_wait_closed(wait: Wait, of: Place, *, starts_at: datetime, reason: str) -> None:
    """Tell somebody in line that there is nothing to wait for any more."""
    _tell_wait(CHANGED, wait, of, starts_at, {"reason": reason})


def _tell_wait(code: str, wait: Wait, of: Place, starts_at: datetime, more: dict[str, object]) -> None:
    receiver = receiver_of(booking_id=0, patient_id=wait.patient_id, wechat_user_id=wait.wechat_user_id)
    context = fields(f"候补{wait.id}", wait.contact_name, of, starts_at) | more | {"wait_id": wait.id}
    notify(code, receiver, context, tap=Tap("booking.wait", {"wait_id": wait.id}))
