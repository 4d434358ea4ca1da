"""Reads about staff."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.core.permissions import Permission
from wxapp.core.sessions import STAFF, SessionRow
from wxapp.staff.models import EVERYTHING, Member, MemberWechat, RecoveryCode, Role, index_of, staff_member_role

_KNOWN = {permission.value: permission for permission in Permission}


def permissions_in(text: str) -> frozenset[Permission]:
    """Return the permissions a role's column holds; a line that no longer is one counts for nothing."""
    if text == EVERYTHING:
        return frozenset(Permission)
    return frozenset(_KNOWN[value] for value in text.split() if value in _KNOWN)


def permissions_of(role: Role) -> frozenset[Permission]:
    return permissions_in(role.permissions)


def permissions_of_all(roles: Iterable[Role]) -> frozenset[Permission]:
    return frozenset(permission for role in roles for permission in permissions_of(role))


def find_active(member_id: int) -> Member | None:
    """Return a member with the roles, None when there is none or the account is off; every staff page begins so."""
    statement = sa.select(Member).where(Member.id == member_id, Member.is_active).options(joinedload(Member.roles))
    return db.session.scalars(statement).unique().one_or_none()


def get_member(member_id: int) -> Member:
    """:raises NotFound: no such member"""
    member = db.session.get(Member, member_id, options=[selectinload(Member.roles)])
    if member is None:
        raise NotFound("没有这位员工")
    return member


def find_by_username(username: str) -> Member | None:
    return db.session.scalars(
        sa.select(Member).where(Member.username == username.strip().lower()).options(selectinload(Member.roles))
    ).one_or_none()


@dataclass(frozen=True)
class Credentials:
    """What a password is compared with."""

    member_id: int
    password_hash: str
    is_active: bool


def find_credentials(username: str) -> Credentials | None:
    """Return them with one statement, whether there is such a name or not."""
    row = db.session.execute(
        sa.select(Member.id, Member.password_hash, Member.is_active).where(Member.username == username.strip().lower())
    ).one_or_none()
    return None if row is None else Credentials(*row)


def is_staff_phone(phone: str) -> bool:
    """Whether somebody who works here, with an account that is on, has this phone."""
    return bool(staff_phones([phone]))


def staff_phones(phones: Iterable[str]) -> set[str]:
    """Return those of the phones that belong to somebody who works here, with one question.

    Rows that were saved before phones had an index are read whole and compared.
    """
    wanted = {index_of(phone): phone for phone in phones if phone}
    if not wanted:
        return set()
    rows = db.session.execute(
        sa.select(Member.phone_index, Member.phone).where(
            Member.is_active, sa.or_(Member.phone_index.in_(wanted), Member.phone_index.is_(None))
        )
    )
    return {phone for index, own in rows if (phone := wanted.get(index or index_of(own)))}


def phone_of_active(member_id: int) -> str:
    """Return the phone of somebody whose account is on, "" when there is none."""
    return db.session.scalar(sa.select(Member.phone).where(Member.id == member_id, Member.is_active)) or ""


def names(member_ids: Iterable[int]) -> dict[int, str]:
    rows = db.session.execute(sa.select(Member.id, Member.name).where(Member.id.in_(list(member_ids))))
    return {row.id: row.name for row in rows}


def members(*, q: str = "", role: str = "", state: str = "") -> sa.Select[Any]:
    """Return the query of members that match; empty texts match all."""
    statement = sa.select(Member).options(selectinload(Member.roles))
    if q:
        statement = statement.where(
            sa.or_(Member.username.contains(q.lower(), autoescape=True), Member.name.contains(q, autoescape=True))
        )
    if role:
        chosen = sa.select(staff_member_role.c.member_id).join(Role).where(Role.name == role)
        statement = statement.where(Member.id.in_(chosen))
    if state:
        statement = statement.where(Member.is_active.is_(state == "on"))
    return statement


def roles() -> list[Role]:
    return list(db.session.scalars(sa.select(Role).order_by(Role.id)))


def get_role(role_id: int) -> Role:
    """:raises NotFound: no such role"""
    role = db.session.get(Role, role_id)
    if role is None:
        raise NotFound("没有这个角色")
    return role


def members_by_role() -> dict[int, int]:
    """Return how many active members each role has."""
    rows = db.session.execute(
        sa.select(staff_member_role.c.role_id, sa.func.count())
        .join(Member, Member.id == staff_member_role.c.member_id)
        .where(Member.is_active)
        .group_by(staff_member_role.c.role_id)
    )
    return {role_id: count for role_id, count in rows}  # noqa: C416 - rows are not pairs to the type checker


def recovery_codes_left(member_id: int) -> int:
    unused = sa.select(sa.func.count()).where(RecoveryCode.member_id == member_id, RecoveryCode.used_at.is_(None))
    return db.session.scalar(unused) or 0


@dataclass(frozen=True)
class OpenSession:
    """A signed-in browser with its owner."""

    id: int
    member_id: int
    name: str
    username: str
    address: str
    browser: str
    created_at: datetime
    seen_at: datetime


def open_sessions(*, now: datetime, member_id: int | None = None, q: str = "") -> list[OpenSession]:
    """Return the sessions that still work, last used first; of everybody, or of one member."""
    statement = (
        sa.select(SessionRow, Member.name, Member.username)
        .join(Member, Member.id == SessionRow.subject_id)
        .where(SessionRow.kind == STAFF.kind, SessionRow.expires_at > now, SessionRow.seen_at > now - STAFF.idle)
        .order_by(SessionRow.seen_at.desc(), SessionRow.id.desc())
        .limit(500)
    )
    if member_id is not None:
        statement = statement.where(Member.id == member_id)
    if q:
        statement = statement.where(
            sa.or_(Member.username.contains(q.lower(), autoescape=True), Member.name.contains(q, autoescape=True))
        )
    return [
        OpenSession(
            row.id, row.subject_id, name, username, row.address, browser_name(row.browser), row.created_at, row.seen_at
        )
        for row, name, username in db.session.execute(statement)
    ]


def browser_name(user_agent: str) -> str:
    """Return what people call this browser and system."""
    systems = {
        "iPhone": "iPhone",
        "iPad": "iPad",
        "Android": "Android",
        "Windows": "Windows",
        "Mac OS": "Mac",
        "Linux": "Linux",
    }
    browsers = {
        "MicroMessenger": "微信", "Edg": "Edge", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari",
    }  # fmt: skip
    system = next((name for mark, name in systems.items() if mark in user_agent), "")
    browser = next((name for mark, name in browsers.items() if mark in user_agent), "")
    return " · ".join(filter(None, (browser, system))) or user_agent[:30] or "未知设备"


def role_ids_by_label(labels: Sequence[str]) -> list[int]:
    """Return the keys of roles by the names that pages show.

    :raises NotFound: one of them is no role
    """
    found = dict(db.session.execute(sa.select(Role.label, Role.id).where(Role.label.in_(labels))).all())
    if missing := [label for label in labels if label not in found]:
        raise NotFound(f"没有角色“{missing[0]}”")
    return [found[label] for label in labels]


def who_can(permission: Permission) -> list[int]:
    """Return the ids of the active members who have this right by any role, also by the one that may do everything."""
    wanted = sa.select(Member).where(Member.is_active).options(selectinload(Member.roles)).order_by(Member.id)
    return [m.id for m in db.session.scalars(wanted) if permission in permissions_of_all(m.roles)]


def active_members() -> list[tuple[int, str]]:
    """Return id and name of everybody whose account is on, by name."""
    wanted = sa.select(Member.id, Member.name).where(Member.is_active).order_by(Member.name, Member.id)
    return [(row.id, row.name) for row in db.session.execute(wanted)]


def active_among(member_ids: Iterable[int]) -> set[int]:
    """Return those of these whose account is on."""
    ids = set(member_ids)
    wanted = sa.select(Member.id).where(Member.id.in_(ids), Member.is_active)
    return set(db.session.scalars(wanted)) if ids else set()


def role_names(member_id: int) -> list[str]:
    """Return the stable names of a member's roles."""
    wanted = sa.select(Role.name).join(staff_member_role).where(staff_member_role.c.member_id == member_id)
    return list(db.session.scalars(wanted.order_by(Role.id)))


def works_as(member_id: int, roles: Collection[str]) -> bool:
    """Whether a member has one of these roles (stable names), or the one that may do everything."""
    wanted = (
        sa.select(sa.literal(1))
        .select_from(Role)
        .join(staff_member_role)
        .where(staff_member_role.c.member_id == member_id, sa.or_(Role.name.in_(roles), Role.permissions == EVERYTHING))
        .limit(1)
    )
    return db.session.scalar(wanted) is not None


def active_by_name(name: str) -> list[int]:
    """Return the ids of the active members with this display name; more than one when it is ambiguous."""
    wanted = sa.select(Member.id).where(Member.name == name.strip(), Member.is_active).order_by(Member.id)
    return list(db.session.scalars(wanted))


def wechat_of(member_ids: Iterable[int]) -> list[MemberWechat]:
    """Return which WeChat users these members are, at all official accounts; only of accounts that are on."""
    wanted = (
        sa.select(MemberWechat)
        .join(Member, Member.id == MemberWechat.member_id)
        .where(MemberWechat.member_id.in_(list(member_ids)), Member.is_active)
        .order_by(MemberWechat.id)
    )
    return list(db.session.scalars(wanted))
