"""Who of the staff can be chosen for a consultation, an operation or a trip."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from wxapp.core.db import db
from wxapp.core.permissions import Permission
from wxapp.staff.models import EVERYTHING, Member, Role, staff_member_role
from wxapp.staff.queries import permissions_in


@dataclass(frozen=True)
class Hand:
    """Somebody who does such work, with the names of the roles that allow it."""

    id: int
    name: str
    roles: frozenset[str]


def who_may(permission: Permission) -> list[Hand]:
    """Return the active members to whom a role of their own gives this right, by name, with one question.

    The role that may do everything does not count: an administrator drives nobody because of it.
    """
    rows = db.session.execute(
        sa.select(Member.id, Member.name, Role.name.label("role"), Role.permissions)
        .join(staff_member_role, staff_member_role.c.member_id == Member.id)
        .join(Role, Role.id == staff_member_role.c.role_id)
        .where(Member.is_active, Role.permissions != EVERYTHING)
        .order_by(Member.name, Member.id)
    )
    names: dict[int, str] = {}
    roles: dict[int, set[str]] = {}
    for row in rows:
        if permission in permissions_in(row.permissions):
            names[row.id] = row.name
            roles.setdefault(row.id, set()).add(row.role)
    return [Hand(member_id, name, frozenset(roles[member_id])) for member_id, name in names.items()]
