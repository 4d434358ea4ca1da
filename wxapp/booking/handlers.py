"""What booking does on hearing of others, and what others may ask of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from wxapp.booking import queries
from wxapp.booking.models import Booking
from wxapp.booking.services import joining, waiting
from wxapp.booking.services.telling import CONTACT_RECEIVER
from wxapp.core import actors, clock
from wxapp.core.events import on
from wxapp.messages import receivers, taps
from wxapp.messages.entry import Channel
from wxapp.messages.receivers import Address
from wxapp.patients import export
from wxapp.patients.events import PatientBound

taps.register("booking detail", "booking.booking", "booking_no")
taps.register("accept the slot", "booking.wait", "wait_id")


@on(PatientBound)
def join_patient(event: PatientBound) -> None:
    joining.join_patient(event.wechat_user_id, event.patient_id)


def addresses_of_contact(booking_id: int) -> Sequence[Address]:
    """Return how somebody is reached who booked by phone and is neither a patient nor a WeChat user."""
    phone = queries.contact_phone(booking_id)
    return [Address(Channel.SMS, phone)] if phone else []


receivers.register(CONTACT_RECEIVER, addresses_of_contact)


def exported(patient_id: int) -> list[Mapping[str, Any]]:
    """Return what is stored of a patient's bookings, in full."""
    return [
        {
            "no": booking.no,
            "starts_at": clock.local(booking.starts_at).isoformat(timespec="minutes"),
            "of": of.label,
            "place": of.place,
            "contact_name": booking.contact_name,
            "contact_phone": booking.contact_phone,
            "contact_id_number": booking.contact_id_number or None,
            "order_no": booking.order_no or None,
            "remark": booking.remark,
            "source": booking.source.value,
            "status": booking.status.value,
            "made_at": clock.local(booking.made_at).isoformat(timespec="seconds"),
        }
        for booking, of in queries.bookings_of_patient(patient_id)
    ]


def _bookings_of(patient_ids: Sequence[int]) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).where(Booking.patient_id.in_(patient_ids)).scalar_subquery()


def _leave_lines(user_id: int) -> int:
    waits = queries.open_waits_of_user(user_id)
    for wait_id in waits:
        waiting.leave_line(wait_id, by=actors.system("erasure"))
    return len(waits)


export.part(
    "bookings",
    exported,
    label="预约记录",
    why="安排就诊、通知改约，并在到院时核对",
    kept_for="与门诊病历一同保存，自最后一次就诊起不少于15年",
    count=_bookings_of,
)
export.goes("waits", "候补排队", _leave_lines)
