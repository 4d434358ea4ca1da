"""Members of staff and roles, valid by default."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from functools import lru_cache
from typing import Any

from wxapp.core import clock, crypto
from wxapp.core.db import db, transaction
from wxapp.core.permissions import Permission
from wxapp.core.sessions import STAFF, SessionRow, sessions_of
from wxapp.staff.models import EVERYTHING, Member, Role

_numbers = itertools.count(1)

PASSWORD = "seven quiet herons"


@lru_cache
def _hash(password: str) -> str:
    return crypto.hash_password(password)


def make_role(permissions: Collection[Permission] = (), *, everything: bool = False, **over: Any) -> Role:
    number = next(_numbers)
    lines = EVERYTHING if everything else "\n".join(permission.value for permission in permissions)
    role = Role(**{"name": f"made-{number}", "label": f"角色{number}", "permissions": lines, **over})
    with transaction():
        db.session.add(role)
    return role


def make_member(
    permissions: Collection[Permission] = (),
    *,
    roles: Collection[Role] = (),
    everything: bool = False,
    password: str = PASSWORD,
    **over: Any,
) -> Member:
    """Return a member who has set his own password; ``permissions`` come by a role of his own."""
    number = next(_numbers)
    held = list(roles)
    if permissions or everything:
        held.append(make_role(permissions, everything=everything))
    values: dict[str, Any] = {
        "username": f"staff{number}",
        "name": f"员工{number}",
        "password_hash": _hash(password),
        "must_change_password": False,
        "password_changed_at": clock.now(),
        "created_at": clock.now(),
        "created_by": "system:tests",
        **over,
    }
    member = Member(**values, roles=held)
    with transaction():
        db.session.add(member)
    return member


def make_sessions(member: Member, count: int) -> list[SessionRow]:
    now = clock.now()
    for number in range(count):
        db.session.add(
            SessionRow(
                token_hash=f"{member.id}-{number}", kind="staff", subject_id=member.id, created_at=now, seen_at=now,
                expires_at=now + STAFF.absolute, address="", browser="",
            )
        )  # fmt: skip
    db.session.commit()
    return sessions_of(STAFF, member.id)
