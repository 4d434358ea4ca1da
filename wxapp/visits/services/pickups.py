"""Pickups (接乘): the wish, the driver, and what the driver says on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from wxapp.admin.identity import Staff
from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.core.errors import Invalid, NotFound, Stale
from wxapp.core.masking import masked_name
from wxapp.core.permissions import Permission
from wxapp.messages.receivers import Receiver
from wxapp.messages.services import notify
from wxapp.messages.taps import Tap
from wxapp.patients.queries import patient_names
from wxapp.staff.models import Member
from wxapp.visits.departure_settings import PICKUP_MINUTES
from wxapp.visits.models import Part, Pickup, PickupStatus, Stage, Visit
from wxapp.visits.procedure_errors import Overlap, PickupMoved
from wxapp.visits.queries.crew import who_may
from wxapp.visits.queries.pickups import find_pickup, get_pickup, trips_near
from wxapp.visits.services import stages
from wxapp.visits.services.people import set_people
from wxapp.visits.states import PICKUP

S = PickupStatus
TASK = "st_task_0000001"
OWN_TRIPS = "visits_admin.own_trip_list"
_FREE = {"driver_id": None, "driver_name": "", "assigned_at": None, "started_at": None, "on_board_at": None}


@dataclass(frozen=True)
class Wish:
    """Where and when the patient wants to be fetched."""

    place: str
    at: datetime
    people: int = 1
    note: str = ""


@dataclass(frozen=True)
class Seen:
    """A pickup as a page showed it; ``version`` None: the caller saw no page."""

    id: int
    version: int | None = None


def wish_for(visit_id: int, wish: Wish, *, by: Staff, seen: int | None = None) -> int:
    """Write down that a patient who is expected wants to be fetched, or change that; return the pickup's id.

    A driver who is assigned stays so and is told. A wish that was cancelled waits again.

    :raises PickupMoved: the patient has come, or is under way
    :raises Stale: somebody else has changed the wish meanwhile
    :raises Invalid: the time has passed
    """
    if wish.at < clock.now() - timedelta(hours=1):
        raise Invalid({"at": "接送时间不能早于现在"})
    values = {"place": wish.place, "at": wish.at, "people": wish.people, "note": wish.note}
    with transaction():
        visit = stages.hold(visit_id)
        _check_expected(visit)
        pickup = find_pickup(visit_id)
        if pickup is None:
            pickup = Pickup(visit_id=visit_id, created_at=clock.now(), created_by=by.actor, **values)
            db.session.add(pickup)
            db.session.flush()  # the caller leads on to it
            return pickup.id
        _check_version(pickup, seen)
        if pickup.status not in (S.WAITING, S.ASSIGNED, S.CANCELLED):
            raise PickupMoved
        if pickup.status is S.CANCELLED:
            _move(pickup, S.WAITING, by=by, why="重新登记接送", cancelled_at=None)
        for name, value in values.items():
            setattr(pickup, name, value)
        pickup.version += 1
        if pickup.driver_id is not None:
            _tell(pickup, visit, pickup.driver_id, "（时间或地点有变动）")
        return pickup.id


def assign(wanted: Sequence[Seen], driver_id: int, *, by: Staff, anyway: bool = False) -> None:
    """Give one or several pickups to a driver, also ones that another driver had; all of them or none. Both are told.

    :param anyway: although the driver has another trip near one of these times
    :raises Overlap: there is such a trip, and nobody has said that it does not matter
    :raises PickupMoved: a patient has come, or is under way
    :raises Stale: somebody else has changed one meanwhile
    :raises Invalid: this member of staff drives nobody
    """
    names = {member.id: member.name for member in who_may(Permission.PICKUP_DRIVE)}
    if driver_id not in names:
        raise Invalid({"driver_id": "请从名单中选择司机"})
    with transaction():
        held = _hold(wanted)
        _hold_driver(driver_id)
        pickups = [pickup for pickup, _ in held]
        for pickup, visit in held:
            _check_expected(visit)
            if pickup.status not in (S.WAITING, S.ASSIGNED):
                raise PickupMoved
        if not anyway:
            _check_overlap(pickups, driver_id)
        for pickup, visit in held:
            if pickup.status is S.ASSIGNED and pickup.driver_id == driver_id:
                continue
            before = pickup.driver_id
            _move(
                pickup, S.ASSIGNED, by=by, why=f"分配给{names[driver_id]}",
                driver_id=driver_id, driver_name=names[driver_id], assigned_at=clock.now(),
            )  # fmt: skip
            set_people(visit.id, Part.DRIVER, [driver_id])
            stages.touch(visit)
            _tell(pickup, visit, driver_id)
            if before is not None:
                _tell(pickup, visit, before, "（已改派他人，您无需前往）")


def take_back(wanted: Seen, *, by: Staff) -> None:
    """Take a pickup from its driver, who is told; it waits for another one.

    :raises PickupMoved: no driver has it, the driver has set off, or the patient has come
    :raises Stale: somebody else has changed it meanwhile
    """
    with transaction():
        [(pickup, visit)] = _hold([wanted])
        _check_expected(visit)
        if pickup.status is not S.ASSIGNED or pickup.driver_id is None:
            raise PickupMoved
        before = pickup.driver_id
        _move(pickup, S.WAITING, by=by, why="退回待分配", **_FREE)
        _free(visit)
        _tell(pickup, visit, before, "（已收回，您无需前往）")


def cancel(wanted: Seen, *, why: str, by: Staff) -> None:
    """Cancel a pickup: the patient comes by himself or not at all. A driver who has it is told.

    :raises PickupMoved: the patient is in the car or has arrived by it, or it is cancelled already
    :raises Stale: somebody else has changed it meanwhile
    """
    with transaction():
        [(pickup, visit)] = _hold([wanted])
        if not PICKUP.allows(pickup.status, S.CANCELLED):
            raise PickupMoved
        before = pickup.driver_id
        _move(pickup, S.CANCELLED, by=by, why=why[:200], cancelled_at=clock.now(), **_FREE)
        _free(visit)
        if before is not None:
            _tell(pickup, visit, before, "（已取消，您无需前往）")


def restore(wanted: Seen, *, by: Staff) -> None:
    """Let a cancelled pickup wait again.

    :raises PickupMoved: it is not cancelled, or the patient has come
    :raises Stale: somebody else has changed it meanwhile
    """
    with transaction():
        [(pickup, visit)] = _hold([wanted])
        _check_expected(visit)
        if pickup.status is not S.CANCELLED:
            raise PickupMoved
        _move(pickup, S.WAITING, by=by, why="恢复接送", cancelled_at=None)


def drop(visit: Visit, *, why: str, by: str) -> None:
    """Cancel the pickup of a visit that is refused, if any. Inside the transaction of whoever holds the visit."""
    pickup = find_pickup(visit.id)
    if pickup is None or not PICKUP.allows(pickup.status, S.CANCELLED):
        return
    before = pickup.driver_id
    PICKUP.move(
        pickup, S.CANCELLED, by=by, why=why[:200], version=pickup.version + 1, cancelled_at=clock.now(), **_FREE
    )
    if before is not None:
        set_people(visit.id, Part.DRIVER, [])
        _tell(pickup, visit, before, "（已取消，您无需前往）")


# --- the driver ------------------------------------------------------------------------------------------------------

_SAYS: dict[PickupStatus, str] = {S.ON_THE_WAY: "started_at", S.ON_BOARD: "on_board_at", S.DELIVERED: "delivered_at"}


def report(pickup_id: int, new: PickupStatus, *, driver: Staff) -> None:
    """Note what a driver says of his own trip: set off, the patient is in the car, delivered. Twice changes nothing.

    :raises NotFound: another driver's trip, or none
    :raises PickupMoved: it is not the next thing to say, or the trip was cancelled
    """
    with transaction():
        pickup = _own(pickup_id, driver)
        if pickup.status is new:
            return
        if new is S.ON_THE_WAY and clock.hospital_day(pickup.at) > clock.today():
            raise PickupMoved("还没有到接送日期")
        _say(pickup, new, by=driver, why="司机更新", **{_SAYS[new]: clock.now()})


def step_back(pickup_id: int, *, driver: Staff) -> None:
    """Take back that the driver has set off.

    :raises NotFound: another driver's trip, or none
    :raises PickupMoved: he has not, or the patient is in the car
    """
    with transaction():
        pickup = _own(pickup_id, driver)
        if pickup.status is not S.ON_THE_WAY:
            raise PickupMoved
        _say(pickup, S.ASSIGNED, by=driver, why="撤销出发", started_at=None)


def _own(pickup_id: int, driver: Staff) -> Pickup:
    pickup = get_pickup(pickup_id)
    if pickup.driver_id != driver.id:
        raise NotFound("没有这次接送，或已改派他人")
    [(held, _)] = _hold([Seen(pickup_id)])
    if held.driver_id != driver.id:
        raise NotFound("没有这次接送，或已改派他人")
    return held


def _say(pickup: Pickup, new: PickupStatus, *, by: Staff, why: str, **values: Any) -> None:
    if not PICKUP.allows(pickup.status, new):
        raise PickupMoved
    _move(pickup, new, by=by, why=why, **values)


# --- parts -----------------------------------------------------------------------------------------------------------


def _hold(wanted: Sequence[Seen]) -> list[tuple[Pickup, Visit]]:
    """Return pickups with their visits, which nobody else changes before the transaction ends."""
    seen = {one.id: one.version for one in wanted}
    found = [get_pickup(pickup_id) for pickup_id in seen]
    held = []
    for pickup in sorted(found, key=lambda one: one.visit_id):  # one order for all, else two could wait for each other
        visit = stages.hold(pickup.visit_id)
        pickup = get_pickup(pickup.id)  # noqa: PLW2901 - as it is now that it is held
        _check_version(pickup, seen[pickup.id])
        held.append((pickup, visit))
    return held


def _hold_driver(driver_id: int) -> None:
    """Let nobody else assign to a driver before the transaction ends: whoever comes next sees the trips of this one."""
    # SQLite has no FOR UPDATE; there the transaction holds the whole database.
    db.session.execute(sa.select(Member.id).where(Member.id == driver_id).with_for_update())


def _check_version(pickup: Pickup, seen: int | None) -> None:
    if seen is not None and pickup.version != seen:
        raise Stale


def _check_expected(visit: Visit) -> None:
    if visit.stage is not Stage.BOOKED:
        raise PickupMoved("客户已到店或已拒绝，无需接送")


def _check_overlap(pickups: Sequence[Pickup], driver_id: int) -> None:
    gap = timedelta(minutes=PICKUP_MINUTES())
    own_ids = [pickup.id for pickup in pickups]
    times = sorted(pickup.at for pickup in pickups)
    close = {later for earlier, later in pairwise(times) if later - earlier < gap}
    for pickup in pickups:
        near = trips_near(driver_id, since=pickup.at - gap, until=pickup.at + gap, except_ids=own_ids)
        close |= {other.at for other in near}
    if close:
        told = "、".join(f"{clock.local(moment):%m-%d %H:%M}" for moment in sorted(close))
        raise Overlap(f"该司机在{told}已有接送，间隔少于{PICKUP_MINUTES()}分钟；如无妨请勾选“仍然分配”", field="anyway")


def _move(pickup: Pickup, new: PickupStatus, *, by: Staff, why: str, **values: Any) -> None:
    PICKUP.move(pickup, new, by=by.actor, why=why, version=pickup.version + 1, **values)


def _free(visit: Visit) -> None:
    set_people(visit.id, Part.DRIVER, [])
    stages.touch(visit)


def _tell(pickup: Pickup, visit: Visit, driver_id: int, more: str = "") -> None:
    """Tell a driver of a trip. Where to stands on the page behind the message only."""
    name = masked_name(patient_names([visit.patient_id]).get(visit.patient_id))
    notify(
        TASK,
        Receiver("staff", driver_id),
        {"task": f"接送{name}{pickup.people}人{more}", "at": pickup.at},
        tap=Tap(OWN_TRIPS),
    )
