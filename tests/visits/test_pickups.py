"""Pickups: wishes, drivers, and what drivers say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from tests.factories.operations import as_staff, make_driver
from tests.factories.patients import make_patient
from tests.factories.staff import make_member
from tests.factories.visits import make_visit
from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.core.errors import Invalid, NotFound, Stale
from wxapp.messages.models import Message
from wxapp.staff.models import Member
from wxapp.visits.models import Part, Pickup, PickupStatus, Stage, Visit
from wxapp.visits.procedure_errors import Overlap, PickupMoved
from wxapp.visits.queries import people_of
from wxapp.visits.queries.pickups import assigned_pickups, get_pickup, masked_place, own_trips, waiting_pickups
from wxapp.visits.services import pickups, refusing, stages
from wxapp.visits.services.pickups import Seen, Wish

pytestmark = pytest.mark.usefixtures("app")
At = Callable[[str], None]
S = PickupStatus
CLERK = 1


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=clock.HOSPITAL_ZONE)


def clerk() -> pickups.Staff:
    return as_staff(make_member())


def wanted(at: str = "2026-03-03 09:00", **over: object) -> Pickup:
    """Return the wish of a patient who is expected."""
    visit = make_visit(day=moment(at).date(), appointed_at=moment(at) + timedelta(hours=1), **over)  # type: ignore[arg-type]
    return get_pickup(pickups.wish_for(visit.id, Wish("城南路18号3栋", moment(at), 2), by=clerk()))


def again(pickup: Pickup) -> Pickup:
    db.session.expire_all()
    return get_pickup(pickup.id)


def driver_of(pickup: Pickup) -> list[int]:
    return [one.staff_id for one in people_of([pickup.visit_id])[pickup.visit_id][Part.DRIVER]]


def told(driver: Member) -> list[str]:
    wanted = sa.select(Message.body).where(Message.receiver_kind == "staff", Message.receiver_id == driver.id)
    return list(db.session.scalars(wanted.order_by(Message.id)))


def give(driver: Member, *those: Pickup, anyway: bool = False) -> None:
    pickups.assign([Seen(one.id) for one in those], driver.id, by=clerk(), anyway=anyway)


# --- wishes ----------------------------------------------------------------------------------------------------------


def test_a_wish_waits_for_a_driver_until_the_patient_has_come() -> None:
    pickup = wanted()
    assert [one.id for one, _ in db.session.execute(waiting_pickups())] == [pickup.id]
    with transaction():
        stages.move(stages.hold(pickup.visit_id), Stage.ARRIVED, by="staff:1")
    assert db.session.execute(waiting_pickups()).all() == []


def test_a_wish_is_changed_by_whoever_saw_it_last() -> None:
    pickup = wanted()
    pickups.wish_for(pickup.visit_id, Wish("火车站", moment("2026-03-03 08:00")), by=clerk(), seen=1)
    assert (again(pickup).place, again(pickup).people, again(pickup).version) == ("火车站", 1, 2)
    with pytest.raises(Stale):
        pickups.wish_for(pickup.visit_id, Wish("机场", moment("2026-03-03 08:00")), by=clerk(), seen=1)


def test_nobody_is_fetched_in_the_past_or_after_coming() -> None:
    with pytest.raises(Invalid):
        wanted("2026-03-02 08:00")
    visit = make_visit(stage=Stage.ARRIVED)
    with pytest.raises(PickupMoved):
        pickups.wish_for(visit.id, Wish("城南路", moment("2026-03-03 09:00")), by=clerk())


def test_a_place_is_shown_in_part() -> None:
    assert [masked_place(text) for text in ("城南路18号3栋201室", "火车站")] == ["城南路18号***", "火车站"]


# --- assigning -------------------------------------------------------------------------------------------------------


def test_several_are_given_to_a_driver_at_once_who_is_told() -> None:
    driver = make_driver(name="孙师傅")
    one, two = wanted(patient=make_patient(name="王小明")), wanted("2026-03-03 14:00")
    give(driver, one, two)
    assert [(again(each).status, again(each).driver_name) for each in (one, two)] == [(S.ASSIGNED, "孙师傅")] * 2
    assert driver_of(one) == [driver.id]
    assert db.session.get_one(Visit, one.visit_id).driver_id == driver.id
    assert len(told(driver)) == 2
    assert "王**2人" in told(driver)[0]
    assert not any("城南路" in text for text in told(driver))


def test_only_drivers_drive() -> None:
    with pytest.raises(Invalid):
        give(make_member(), wanted())


def test_all_or_none_are_given() -> None:
    driver = make_driver()
    one, gone = wanted(), wanted("2026-03-03 14:00")
    pickups.cancel(Seen(gone.id), why="自行到院", by=clerk())
    with pytest.raises(PickupMoved):
        give(driver, one, gone)
    assert again(one).status is S.WAITING
    assert told(driver) == []


def test_a_list_that_has_become_old_is_refused() -> None:
    pickup = wanted()
    pickups.wish_for(pickup.visit_id, Wish("火车站", moment("2026-03-03 08:00")), by=clerk())
    with pytest.raises(Stale):
        pickups.assign([Seen(pickup.id, 1)], make_driver().id, by=clerk())


@pytest.mark.parametrize(
    ("other", "overlaps"),
    [("2026-03-03 09:00", True), ("2026-03-03 09:59", True), ("2026-03-03 08:01", True),
     ("2026-03-03 10:00", False), ("2026-03-03 08:00", False)],
)  # fmt: skip
def test_trips_close_to_each_other_are_warned_of(other: str, *, overlaps: bool) -> None:
    driver = make_driver()
    give(driver, wanted())
    pickup = wanted(other)
    if overlaps:
        with pytest.raises(Overlap):
            give(driver, pickup)
        assert again(pickup).status is S.WAITING
        give(driver, pickup, anyway=True)
    else:
        give(driver, pickup)
    assert again(pickup).status is S.ASSIGNED


def test_two_at_once_are_warned_of_too() -> None:
    driver = make_driver()
    with pytest.raises(Overlap):
        give(driver, wanted(), wanted("2026-03-03 09:30"))


def test_another_drivers_trip_hinders_nobody() -> None:
    give(make_driver(), wanted())
    give(make_driver(), wanted())


def test_a_trip_goes_to_another_driver_and_both_are_told() -> None:
    first, second = make_driver(), make_driver()
    pickup = wanted()
    give(first, pickup)
    give(second, pickup)
    assert again(pickup).driver_id == second.id
    assert driver_of(pickup) == [second.id]
    assert "您无需前往" in told(first)[-1]
    assert len(told(second)) == 1


def test_giving_it_to_the_same_driver_again_changes_nothing() -> None:
    driver = make_driver()
    pickup = wanted()
    give(driver, pickup)
    give(driver, pickup)
    assert len(told(driver)) == 1


def test_taken_back_it_waits_again() -> None:
    driver = make_driver()
    pickup = wanted()
    give(driver, pickup)
    pickups.take_back(Seen(pickup.id, again(pickup).version), by=clerk())
    assert (again(pickup).status, again(pickup).driver_id, driver_of(pickup)) == (S.WAITING, None, [])
    assert own_trips(driver.id) == []
    with pytest.raises(PickupMoved):
        pickups.take_back(Seen(pickup.id), by=clerk())


def test_who_has_come_is_not_put_back_into_the_list() -> None:
    pickup = wanted()
    give(make_driver(), pickup)
    with transaction():
        stages.move(stages.hold(pickup.visit_id), Stage.ARRIVED, by="staff:1")
    with pytest.raises(PickupMoved):
        pickups.take_back(Seen(pickup.id), by=clerk())
    pickups.cancel(Seen(pickup.id), why="自行到院", by=clerk())
    assert again(pickup).status is S.CANCELLED


def test_cancelled_it_can_be_restored() -> None:
    driver = make_driver()
    pickup = wanted()
    give(driver, pickup)
    pickups.cancel(Seen(pickup.id), why="自行到院", by=clerk())
    assert (again(pickup).status, driver_of(pickup)) == (S.CANCELLED, [])
    assert "已取消" in told(driver)[-1]
    with pytest.raises(PickupMoved):
        pickups.cancel(Seen(pickup.id), why="自行到院", by=clerk())
    pickups.restore(Seen(pickup.id), by=clerk())
    assert (again(pickup).status, again(pickup).cancelled_at) == (S.WAITING, None)


def test_a_changed_time_is_told_to_the_driver() -> None:
    driver = make_driver()
    pickup = wanted()
    give(driver, pickup)
    pickups.wish_for(pickup.visit_id, Wish("火车站", moment("2026-03-03 11:00")), by=clerk())
    assert again(pickup).driver_id == driver.id
    assert "变动" in told(driver)[-1]


def test_a_refused_visit_is_not_fetched() -> None:
    driver = make_driver()
    pickup = wanted()
    give(driver, pickup)
    refusing.refuse(pickup.visit_id, remark="客户取消", by="staff:1")
    assert (again(pickup).status, driver_of(pickup), own_trips(driver.id)) == (S.CANCELLED, [], [])


def test_the_list_of_trips_is_filtered() -> None:
    driver = make_driver()
    one, two = wanted(), wanted("2026-03-04 09:00")
    give(driver, one)
    give(make_driver(), two)

    def ids(**asked: object) -> list[int]:
        return [pickup.id for pickup, _ in db.session.execute(assigned_pickups(**asked))]  # type: ignore[arg-type]

    assert ids() == [one.id, two.id]
    assert ids(driver=str(driver.id)) == [one.id]
    assert ids(day=moment("2026-03-04 09:00").date()) == [two.id]
    assert ids(status="delivered") == []


# --- the driver ------------------------------------------------------------------------------------------------------


def test_a_driver_says_what_happens_on_the_way(at: At) -> None:
    driver = make_driver()
    pickup = wanted()
    give(driver, pickup)
    for time, new in (("08:30", S.ON_THE_WAY), ("09:05", S.ON_BOARD), ("09:40", S.DELIVERED)):
        at(f"2026-03-03 {time}")
        pickups.report(pickup.id, new, driver=as_staff(driver))
        at(f"2026-03-03 {time}:30")
        pickups.report(pickup.id, new, driver=as_staff(driver))
    row = again(pickup)
    times = [f"{clock.local(one):%H:%M:%S}" for one in (row.started_at, row.on_board_at, row.delivered_at) if one]
    assert (row.status, times) == (S.DELIVERED, ["08:30:00", "09:05:00", "09:40:00"])


def test_a_driver_skips_nothing_and_steps_back_once() -> None:
    driver = make_driver()
    pickup = wanted("2026-03-02 12:00")
    give(driver, pickup)
    with pytest.raises(PickupMoved):
        pickups.report(pickup.id, S.DELIVERED, driver=as_staff(driver))
    pickups.report(pickup.id, S.ON_THE_WAY, driver=as_staff(driver))
    pickups.step_back(pickup.id, driver=as_staff(driver))
    assert (again(pickup).status, again(pickup).started_at) == (S.ASSIGNED, None)
    with pytest.raises(PickupMoved):
        pickups.step_back(pickup.id, driver=as_staff(driver))


def test_nobody_sets_off_days_before() -> None:
    driver = make_driver()
    pickup = wanted("2026-03-03 00:30")
    give(driver, pickup)
    with pytest.raises(PickupMoved, match="接送日期"):
        pickups.report(pickup.id, S.ON_THE_WAY, driver=as_staff(driver))


def test_a_driver_has_only_own_trips() -> None:
    driver, other = make_driver(), make_driver()
    pickup = wanted("2026-03-02 12:00")
    give(driver, pickup)
    assert [trip.id for trip in own_trips(driver.id)] == [pickup.id]
    assert own_trips(other.id) == []
    with pytest.raises(NotFound):
        pickups.report(pickup.id, S.ON_THE_WAY, driver=as_staff(other))
    with pytest.raises(NotFound):
        pickups.step_back(pickup.id, driver=as_staff(other))
