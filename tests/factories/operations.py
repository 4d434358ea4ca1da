"""Members of staff at the end of a visit, and visits that are that far."""

from __future__ import annotations

from typing import Any

from tests.factories.staff import make_member, make_role
from tests.factories.visits import make_visit
from wxapp.admin.identity import Staff
from wxapp.core.permissions import Permission
from wxapp.staff.models import Member
from wxapp.visits.models import Stage, Visit
from wxapp.visits.services import procedures
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


def arranged_visit(surgeon: Member | None = None, **over: Any) -> Visit:
    """Return a visit whose operation is arranged, the forms signed."""
    surgeon = surgeon or make_surgeon()
    visit = make_visit(stage=Stage.COLLECTED)
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
