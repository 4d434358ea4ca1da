"""What tests of the use cases do and look at."""

from __future__ import annotations

import sqlalchemy as sa

from wxapp.booking import queries
from wxapp.booking.models import Booking, Slot
from wxapp.booking.services import holds
from wxapp.core import settings as core_settings
from wxapp.core.db import db
from wxapp.core.settings import Setting
from wxapp.messages.models import Message


def setting(one: Setting[object], value: object) -> None:
    core_settings.write(one, value, by="system:tests")
    core_settings.forget()


def get(number: str) -> Booking:
    db.session.expire_all()
    return queries.get_booking(number)


def told(code: str) -> list[Message]:
    return list(db.session.scalars(sa.select(Message).where(Message.code == code).order_by(Message.id)))


def hold(slot: Slot, user_id: int, patient_id: int | None = None) -> int:
    return holds.hold_seat(slot.id, wechat_user_id=user_id, patient_id=patient_id, by=f"wechat:{user_id}")
