"""Who wants to be fetched, by whom, and a driver's own trips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.patients.models import Patient
from wxapp.visits.models import Pickup, PickupStatus, Stage, Visit
from wxapp.visits.queries.procedures import Contact, contacts
from wxapp.visits.queries.visits import matches

S = PickupStatus
UNDER_WAY = (S.ASSIGNED, S.ON_THE_WAY, S.ON_BOARD)
"""Trips that take a driver's time."""


def get_pickup(pickup_id: int) -> Pickup:
    """:raises NotFound: no such pickup"""
    found = db.session.get(Pickup, pickup_id, populate_existing=True)
    if found is None:
        raise NotFound("没有这次接送")
    return found


def find_pickup(visit_id: int) -> Pickup | None:
    """Return the pickup of a visit as it is now; None when nobody wants one."""
    wanted = sa.select(Pickup).where(Pickup.visit_id == visit_id).execution_options(populate_existing=True)
    return db.session.scalars(wanted).one_or_none()


@dataclass(frozen=True)
class Fetched:
    """A visit with its patient, and its pickup if there is one."""

    visit: Visit
    patient: Patient
    pickup: Pickup | None


def get_fetched(*, visit_id: int) -> Fetched:
    """Return a visit with its pickup, with one question.

    :raises NotFound: no such visit
    """
    return _fetched(Visit.id == visit_id, "没有这张到院单")


def get_trip(pickup_id: int) -> tuple[Fetched, Pickup]:
    """Return a pickup with its visit, with one question.

    :raises NotFound: no such pickup
    """
    found = _fetched(Pickup.id == pickup_id, "没有这次接送")
    if found.pickup is None:
        raise NotFound("没有这次接送")
    return found, found.pickup


def _fetched(condition: sa.ColumnElement[bool], missing: str) -> Fetched:
    whole: list[Any] = [Visit, Patient, Pickup]
    wanted = sa.select(*whole).join(Patient, Patient.id == Visit.patient_id)
    found = db.session.execute(wanted.outerjoin(Pickup, Pickup.visit_id == Visit.id).where(condition)).one_or_none()
    if found is None:
        raise NotFound(missing)
    return Fetched(*found)


def _with_visits() -> sa.Select[Any]:
    both: list[Any] = [Pickup, Visit]
    return sa.select(*both).join(Visit, Visit.id == Pickup.visit_id)


def waiting_pickups(*, q: str = "", day: date | None = None) -> sa.Select[Any]:
    """Return wishes of today and later to which no driver is assigned, of patients who have not come yet."""
    wanted = _with_visits().where(Pickup.status == S.WAITING, Visit.stage == Stage.BOOKED)
    return _on(wanted, day, q)


def assigned_pickups(*, q: str = "", day: date | None = None, driver: str = "", status: str = "") -> sa.Select[Any]:
    """Return trips; those under way of today and later unless a state or a day is asked for."""
    wanted = _with_visits()
    if status:
        wanted = wanted.where(Pickup.status == S(status))
    elif day is not None or q.strip():
        wanted = wanted.where(Pickup.status != S.WAITING)
    else:
        wanted = wanted.where(Pickup.status.in_(UNDER_WAY))
    if driver:
        wanted = wanted.where(Pickup.driver_id == int(driver))
    return _on(wanted, day, q)


def _on(wanted: sa.Select[Any], day: date | None, q: str) -> sa.Select[Any]:
    starts, ends = clock.day_bounds(day or clock.today())
    if q.strip():
        wanted = wanted.where(matches(q))
    if day is not None:
        return wanted.where(Pickup.at >= starts, Pickup.at < ends)
    return wanted if q.strip() else wanted.where(Pickup.at >= starts)


@dataclass(frozen=True)
class PickupRow:
    """A pickup as lists show it; the patient and the place are masked."""

    id: int
    version: int
    visit_id: int
    visit_no: str
    stage: Stage
    status: PickupStatus
    patient: str
    phone: str
    place: str
    at: datetime
    appointed_at: datetime | None
    people: int
    note: str
    driver: str

    @property
    def key(self) -> str:
        """What a form sends of it: which one, and as it was seen."""
        return f"{self.id}:{self.version}"


def pickup_rows(found: Sequence[Any]) -> list[PickupRow]:
    """Return what a query of pickups found as rows, with one question more for any number of them."""
    patients = contacts({visit.patient_id for _, visit in found})
    return [
        PickupRow(
            id=one.id,
            version=one.version,
            visit_id=visit.id,
            visit_no=visit.visit_no,
            stage=visit.stage,
            status=one.status,
            patient=patients[visit.patient_id].name,
            phone=patients[visit.patient_id].phone,
            place=masked_place(one.place),
            at=one.at,
            appointed_at=visit.appointed_at,
            people=one.people,
            note=one.note,
            driver=one.driver_name,
        )
        for one, visit in found
    ]


def masked_place(place: str) -> str:
    """Return enough of an address to know the part of the town."""
    return place if len(place) <= 6 else f"{place[:6]}***"


@dataclass(frozen=True)
class Trip:
    """A driver's own trip; the place is whole, so whoever shows it notes the look."""

    pickup: Pickup
    visit_no: str
    appointed_at: datetime | None
    patient: Contact

    @property
    def id(self) -> int:
        return self.pickup.id


def own_trips(driver_id: int) -> list[Trip]:
    """Return a driver's trips of today and later, and of earlier days what was begun and not ended, the next first."""
    starts, _ = clock.day_bounds(clock.today())
    of_driver = _with_visits().where(Pickup.driver_id == driver_id)
    rows = db.session.execute(
        of_driver.where(
            sa.or_(
                sa.and_(Pickup.at >= starts, Pickup.status.in_([*UNDER_WAY, S.DELIVERED])),
                sa.and_(Pickup.at >= starts - timedelta(days=2), Pickup.status.in_([S.ON_THE_WAY, S.ON_BOARD])),
            )
        )
        .order_by(Pickup.at, Pickup.id)
        .limit(100)
    ).all()
    patients = contacts({visit.patient_id for _, visit in rows})
    return [Trip(one, visit.visit_no, visit.appointed_at, patients[visit.patient_id]) for one, visit in rows]


def trips_near(driver_id: int, *, since: datetime, until: datetime, except_ids: Sequence[int]) -> list[Pickup]:
    """Return a driver's other trips between two moments."""
    wanted = sa.select(Pickup).where(
        Pickup.driver_id == driver_id,
        Pickup.status.in_(UNDER_WAY),
        Pickup.at > since,
        Pickup.at < until,
        Pickup.id.not_in(list(except_ids)),
    )
    return list(db.session.scalars(wanted.order_by(Pickup.at)))


def count_waiting() -> list[sa.ScalarSelect[int]]:
    """Select how many wait for a driver, and how many trips of today are not ended."""
    starts, ends = clock.day_bounds(clock.today())
    of_all = sa.select(sa.func.count()).select_from(Pickup)
    waiting = of_all.join(Visit, Visit.id == Pickup.visit_id).where(
        Pickup.status == S.WAITING, Pickup.at >= starts, Visit.stage == Stage.BOOKED
    )
    today = of_all.where(Pickup.status.in_(UNDER_WAY), Pickup.at >= starts, Pickup.at < ends)
    return [waiting.scalar_subquery(), today.scalar_subquery()]


def count_own(driver_id: int) -> list[sa.ScalarSelect[int]]:
    """Select how many trips of today a driver still has before him."""
    starts, ends = clock.day_bounds(clock.today())
    wanted = sa.select(sa.func.count()).where(
        Pickup.driver_id == driver_id, Pickup.status.in_(UNDER_WAY), Pickup.at >= starts, Pickup.at < ends
    )
    return [wanted.scalar_subquery()]
