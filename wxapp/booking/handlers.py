"""What booking does on hearing of others, and what others may ask of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wxapp.booking import queries
from wxapp.booking.services import joining
from wxapp.booking.services.telling import CONTACT_RECEIVER
from wxapp.core import clock
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


export.part("bookings", exported)
