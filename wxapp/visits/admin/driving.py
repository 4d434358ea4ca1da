"""A driver's own trips, on the phone."""

from __future__ import annotations

from flask import url_for

from wxapp.admin import audit, dashboard, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.audit import looked_at
from wxapp.admin.identity import current_staff
from wxapp.core import clock
from wxapp.core.permissions import Permission
from wxapp.visits.admin.door import interface
from wxapp.visits.admin.pickups import STATES
from wxapp.visits.models import PickupStatus
from wxapp.visits.queries.pickups import count_own, own_trips
from wxapp.visits.services import pickups as services

P = Permission.PICKUP_DRIVE
S = PickupStatus
_NEXT = {
    S.ASSIGNED: ("已出发", "visits_admin.set_off"),
    S.ON_THE_WAY: ("已接到", "visits_admin.picked_up"),
    S.ON_BOARD: ("已送达", "visits_admin.delivered"),
}
"""What a driver says next of a trip."""


@interface("driver.mine", GET="/pc/driver/mine", permission=P)
def own_trip_list() -> Page:
    """The driver's own trips, those of today first; the look at their places is logged."""
    me = current_staff().id
    looked_at("driver", me, "本人接送的地点")  # first: what is loaded before a change is loaded again after it
    trips = own_trips(me)
    today = clock.today()
    return Page(
        "visits/admin/driver.html",
        trips=[
            {
                "id": trip.id,
                "status": trip.pickup.status,
                "at": trip.pickup.at,
                "place": trip.pickup.place,
                "people": trip.pickup.people,
                "note": trip.pickup.note,
                "patient": trip.patient.name,
                "phone": trip.patient.phone,
            }
            for trip in trips
        ],
        _today=[trip for trip in trips if clock.hospital_day(trip.pickup.at) <= today],
        _later=[trip for trip in trips if clock.hospital_day(trip.pickup.at) > today],
        _next=_NEXT,
        _states=STATES,
    )


def own_trips_again(pickup_id: int) -> Page:  # noqa: ARG001 - which trip it was about
    """The trips with the reason why nothing was noted."""
    return own_trip_list()


@interface(
    "driver.set_off", POST="/pc/driver/mine/<int:pickup_id>/set-off", permission=P, audit="司机已出发",
    form_page=own_trips_again,
)  # fmt: skip
def set_off(pickup_id: int) -> Done:
    """The driver has set off."""
    return _report(pickup_id, S.ON_THE_WAY, "已记录出发，请注意行车安全")


@interface(
    "driver.picked_up", POST="/pc/driver/mine/<int:pickup_id>/picked-up", permission=P, audit="司机已接到",
    form_page=own_trips_again,
)  # fmt: skip
def picked_up(pickup_id: int) -> Done:
    """The patient is in the car."""
    return _report(pickup_id, S.ON_BOARD, "已记录接到客户")


@interface(
    "driver.delivered", POST="/pc/driver/mine/<int:pickup_id>/delivered", permission=P, audit="司机已送达",
    form_page=own_trips_again,
)  # fmt: skip
def delivered(pickup_id: int) -> Done:
    """The patient is at the hospital."""
    return _report(pickup_id, S.DELIVERED, "已记录送达，辛苦了")


@interface(
    "driver.step_back", POST="/pc/driver/mine/<int:pickup_id>/step-back", permission=P, audit="司机撤销出发",
    form_page=own_trips_again,
)  # fmt: skip
def step_back(pickup_id: int) -> Done:
    """The driver has not set off after all."""
    services.step_back(pickup_id, driver=current_staff())
    audit.about(f"pickup:{pickup_id}")
    return Done("已撤销出发", location=url_for("visits_admin.own_trip_list"))


def _report(pickup_id: int, new: PickupStatus, told: str) -> Done:
    services.report(pickup_id, new, driver=current_staff())
    audit.about(f"pickup:{pickup_id}")
    return Done(told, location=url_for("visits_admin.own_trip_list"))


def _cards(today: int) -> dashboard.Card:
    return dashboard.Card("我的接送", str(today), "今日未完成", url_for("visits_admin.own_trip_list"), "map-pin")


dashboard.dashboard_counts(30, P, lambda: count_own(current_staff().id), _cards)
menu.entry("司机分配", "我的接送", "visits_admin.own_trip_list", P, 30)
