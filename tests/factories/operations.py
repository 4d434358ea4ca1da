"""Members of staff at the end of a visit, and visits that are that far."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.factories.staff import make_member, make_role
from tests.factories.visits import make_visit
from wxapp.admin.identity import Staff
from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.core.permissions import Permission
from wxapp.patients.models import Patient
from wxapp.staff.models import Member
from wxapp.visits.models import PickupStatus, Stage, Visit
from wxapp.visits.queries.pickups import get_pickup
from wxapp.visits.services import leaving, pickups, procedures
from wxapp.visits.services.leaving import Leaving
from wxapp.visits.services.pickups import Seen, Wish
from wxapp.visits.services.procedures import Arrangement

P = Permission
OPERATES = {P.VISIT_READ, P.PROCEDURE_WRITE}
LETS_GO = {P.VISIT_READ, P.DEPARTURE_WRITE}


def as_staff(member: Member, *rights: Permission) -> Staff:
    """Return a member as services know who acts."""
    return Staff(member.id, member.username, member.name, frozenset(rights))


def make_surgeon(**over: Any) -> Member:
    return make_member(OPERATES, **over)


def make_driver(**over: Any) -> Member:
    return make_member({P.PICKUP_DRIVE}, **over)


def arranged_visit(surgeon: Member | None = None, *, patient: Patient | None = None, **over: Any) -> Visit:
    """Return a visit whose operation is arranged, the forms signed."""
    surgeon = surgeon or make_surgeon()
    visit = make_visit(stage=Stage.COLLECTED, patient=patient)
    values: dict[str, Any] = {"physician_id": surgeon.id, "nurse_id": None, "has_consent": True, **over}
    procedures.arrange(visit.id, Arrangement(**values), by=as_staff(surgeon))
    return visit


def operated_visit(surgeon: Member | None = None, **over: Any) -> Visit:
    """Return a visit whose operation is over: it waits to be left."""
    surgeon = surgeon or make_surgeon()
    visit = arranged_visit(surgeon, **over)
    procedures.start_operation(visit.id, by=as_staff(surgeon))
    procedures.end_operation(visit.id, by=as_staff(surgeon))
    return visit


def make_role_of(name: str, *rights: Permission) -> Member:
    """Return a member whose role has this stable name, e.g. ``doctor``."""
    return make_member(roles=[make_role(set(rights), name=name)])


def fill_flow_end(member_id: int) -> dict[str, Any]:
    """Make one of everything at the end of a visit; a trip is the driver's with this id."""
    surgeon, driver = make_surgeon(), make_driver()
    by = as_staff(surgeon)
    make_visit(stage=Stage.COLLECTED)
    arranged, operated, left = arranged_visit(surgeon), operated_visit(surgeon), operated_visit(surgeon)
    for _ in range(2):
        leaving.leave(left.id, Leaving(True, True, advice="三天后换药"), by=by)
        leaving.undo_leaving(left.id, why="走错了", by=by)
    leaving.leave(left.id, Leaving(True, True, advice="三天后换药"), by=by)
    at = clock.now() + timedelta(hours=2)
    waiting, assigned, own = (make_visit(appointed_at=at) for _ in range(3))
    wish = Wish("城南路18号3栋201室", at, 2, "带轮椅")
    pickups.wish_for(waiting.id, wish, by=by)
    pickup_id = pickups.wish_for(assigned.id, wish, by=by)
    pickups.assign([Seen(pickup_id)], driver.id, by=by)
    own_id = pickups.wish_for(own.id, wish, by=by)
    with transaction():
        pickup = get_pickup(own_id)
        pickup.status, pickup.driver_id = PickupStatus.ASSIGNED, member_id
    db.session.commit()
    return {
        "pickup_id": pickup_id,
        "arranged_visit_id": arranged.id,
        "operated_visit_id": operated.id,
        "left_visit_id": left.id,
        "expected_visit_id": waiting.id,
    }
