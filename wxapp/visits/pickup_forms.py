"""Input of the pages about pickups, and about bookings before the patients come."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from wxapp.admin.wire import RowId, WireMoment
from wxapp.core.forms import Form

_MOST_DIGITS = 15


def _read_seen(value: object) -> object:
    if not isinstance(value, str):
        return value
    number, _, version = value.partition(":")
    if not all(part.isascii() and part.isdigit() and len(part) <= _MOST_DIGITS for part in (number, version or "1")):
        raise ValueError("请从列表中选择")
    return int(number), int(version) if version else None


def _read_all_seen(value: object) -> object:
    return tuple(_read_seen(one) for one in value) if isinstance(value, list | tuple) else _read_seen(value)


class AssignForm(Form):
    """Which trips a driver gets: ``12:3`` is a pickup as the page showed it, ``12`` comes from who saw no page."""

    pickups: Annotated[tuple[tuple[int, int | None], ...], BeforeValidator(_read_all_seen)] = Field(
        title="接送", min_length=1, max_length=50
    )
    driver_id: RowId = Field(title="司机")
    anyway: bool = Field(False, title="仍然分配")


class WishForm(Form):
    """Where and when a patient wants to be fetched."""

    id: RowId = Field(title="到院单")
    version: int | None = Field(None, ge=0)
    place: str = Field(title="接送地点", max_length=120)
    at: WireMoment = Field(title="接送时间")
    people: int = Field(1, title="人数", ge=1, le=20)
    note: str = Field("", title="备注", max_length=200)


class TripForm(Form):
    """One press about a trip."""

    version: int | None = Field(None, ge=0)


class CancelPickupForm(TripForm):
    why: str = Field(title="取消原因", max_length=200)


class NoteForm(Form):
    """What the desk notes on a booking."""

    version: int | None = Field(None, ge=0)
    lead_referrer_id: RowId | None = Field(None, title="主开发人")
    remark: str = Field("", title="备注", max_length=200)


class CancelAppointmentForm(Form):
    reason: str = Field(title="取消原因", max_length=60)
