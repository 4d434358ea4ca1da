"""What intake knows of a patient besides the record, and what the next visit begins with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core import clock
from wxapp.core.db import change, db, insert_rows
from wxapp.staff import queries as staff
from wxapp.visits.models import Part, Pickup, PickupStatus, Profile, ProfilePerson, Stage, Visit


class Known(Protocol):
    """What an intake says of the patient; an empty text says nothing."""

    @property
    def province(self) -> str: ...
    @property
    def city(self) -> str: ...
    @property
    def area(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def tag(self) -> int: ...
    @property
    def lead_referrer_id(self) -> int: ...
    @property
    def referrer_ids(self) -> tuple[int, ...]: ...
    @property
    def escort_ids(self) -> tuple[int, ...]: ...


def keep_profile(patient_id: int, known: Known, *, by: str) -> None:
    """Write down what is known now; what is not said stays as it was. Inside the caller's transaction.

    The profile's row is locked from here on, so that of two intakes of one patient the people of one stay.
    """
    now = clock.now()
    texts = {name: value for name in ("province", "city", "area", "address") if (value := getattr(known, name))}
    values: dict[str, Any] = {
        **texts, "tag": known.tag, "lead_referrer_id": known.lead_referrer_id, "changed_at": now, "changed_by": by,
    }  # fmt: skip
    there = sa.update(Profile).where(Profile.patient_id == patient_id)
    if not change(there.values(version=Profile.version + 1, **values)):
        try:
            with db.session.begin_nested():
                db.session.add(Profile(patient_id=patient_id, created_at=now, **values))
        except IntegrityError:  # another intake has made it in this moment
            change(there.values(version=Profile.version + 1, **values))
    _keep_people(patient_id, Part.REFERRER, known.referrer_ids)
    _keep_people(patient_id, Part.ESCORT, known.escort_ids)


def _keep_people(patient_id: int, part: Part, staff_ids: Sequence[int]) -> None:
    change(sa.delete(ProfilePerson).where(ProfilePerson.patient_id == patient_id, ProfilePerson.part == part))
    ids = list(dict.fromkeys(staff_ids))
    names = staff.names(ids) if ids else {}
    insert_rows(
        ProfilePerson,
        [
            {"patient_id": patient_id, "part": part, "position": at, "staff_id": one, "name": names[one]}
            for at, one in enumerate(ids)
        ],
    )


FORGOTTEN = "（已删除）"
"""Stands for the place of a trip that is over, once the patient has asked to forget it."""


def forget_addresses(patient_ids: Sequence[int]) -> int:
    """Forget where these patients live and where they were fetched; return how many addresses that were.

    A trip that is still to come keeps its place: the driver needs it. Inside the caller's transaction.
    """
    if not patient_ids:
        return 0
    known = sa.or_(Profile.address.is_not(None), Profile.province != "", Profile.city != "", Profile.area != "")
    empty = {"address": None, "province": "", "city": "", "area": "", "changed_at": clock.now()}
    homes = change(
        sa.update(Profile)
        .where(Profile.patient_id.in_(patient_ids), known)
        .values(version=Profile.version + 1, **empty)
    )
    return homes + _forget_places(patient_ids)


def _forget_places(patient_ids: Sequence[int]) -> int:
    starts, _ = clock.day_bounds(clock.today())
    is_over = sa.or_(
        Pickup.status.in_([PickupStatus.DELIVERED, PickupStatus.CANCELLED]),
        Visit.stage != Stage.BOOKED,
        Pickup.at < starts,
    )
    trips = sa.select(Pickup).join(Visit, Visit.id == Pickup.visit_id).where(Visit.patient_id.in_(patient_ids), is_over)
    known = [trip for trip in db.session.scalars(trips) if trip.place != FORGOTTEN]
    for trip in known:
        trip.place, trip.note, trip.version = FORGOTTEN, "", trip.version + 1
    return len(known)
