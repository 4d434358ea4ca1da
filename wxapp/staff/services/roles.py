"""Roles and what they allow. A change of rights signs everybody of the role out at once (S-11, S-13)."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.admin import audit
from wxapp.admin.identity import Staff
from wxapp.admin.versions import save_version
from wxapp.core import ids
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import Invalid
from wxapp.core.permissions import Permission
from wxapp.core.sessions import STAFF, end_sessions
from wxapp.staff import queries, rules
from wxapp.staff.defaults import DEFAULT_ROLES
from wxapp.staff.errors import NotYoursToGive, RoleInUse, RoleTaken
from wxapp.staff.models import EVERYTHING, Role, staff_member_role
from wxapp.staff.services.members import SYSTEM, check_administrator_left

for _action, _label in {
    "staff.role_new": "新增角色",
    "staff.role_change": "修改角色权限",
    "staff.role_gone": "删除角色",
    "staff.roles_installed": "安装默认角色",
}.items():
    audit.label(_action, _label)


def install_default_roles() -> int:
    """Add the default roles that are missing and return how many; roles that are there stay as they are."""
    with transaction():
        there = set(db.session.scalars(sa.select(Role.name)))
        missing = [role for role in DEFAULT_ROLES if role.name not in there]
        for role in missing:
            everything = role.permissions == frozenset(Permission)
            db.session.add(
                Role(
                    name=role.name,
                    label=role.label,
                    permissions=EVERYTHING if everything else _lines(role.permissions),
                    requires_totp=role.requires_totp,
                )
            )
        if missing:
            audit.record("staff.roles_installed", "role", "、".join(role.label for role in missing), by=SYSTEM)
    return len(missing)


def create_role(*, label: str, permissions: Collection[Permission], requires_totp: bool, by: Staff) -> Role:
    """Add a role.

    :raises RoleTaken: there is one with this label
    :raises NotYoursToGive: it goes beyond the giver's own permissions
    """
    _check_given(permissions, by)
    try:
        with transaction():
            name = f"role-{ids.new_token(6).lower()}"
            role = Role(name=name, label=label, permissions=_lines(permissions), requires_totp=requires_totp)
            db.session.add(role)
            db.session.flush()  # the unique label decides here, and the audit row names the id
            audit.record("staff.role_new", f"role:{role.id}", f"{label}：{_words(permissions)}", by=by.actor)
    except IntegrityError as error:
        raise RoleTaken(field="label") from error
    return role


def save_role(
    role_id: int, *, label: str, permissions: Collection[Permission], requires_totp: bool, version: int, by: Staff
) -> bool:
    """Change a role; return whether its rights changed, in which case everybody who has it is signed out.

    :raises Invalid: the role that may do everything keeps all its rights
    :raises NotYoursToGive: what is given or taken goes beyond the giver's own permissions
    :raises LastAdministrator: nobody would be left to manage staff and roles
    :raises Stale: somebody else has changed the role meanwhile
    """
    try:
        with transaction():
            role = queries.get_role(role_id)
            before = queries.permissions_of(role)
            is_everything = role.permissions == EVERYTHING
            if is_everything:
                permissions = frozenset(Permission)
            added, removed = set(permissions) - before, before - set(permissions)
            _check_given({*added, *removed} if not is_everything else before, by)
            has_changed = bool(added or removed) or requires_totp != role.requires_totp
            save_version(
                Role,
                role_id,
                seen=version,
                label=label,
                permissions=EVERYTHING if is_everything else _lines(permissions),
                requires_totp=requires_totp,
            )
            if has_changed:
                check_administrator_left()
                for member_id in _members_of(role_id):
                    end_sessions(STAFF, member_id)
            told = [f"增加{_words(added)}" if added else "", f"移除{_words(removed)}" if removed else ""]
            detail = "，".join(filter(None, told)) or "名称或两步验证"
            audit.record("staff.role_change", f"role:{role_id}", f"{label}：{detail}", by=by.actor)
    except IntegrityError as error:
        raise RoleTaken(field="label") from error
    return has_changed


def delete_role(role_id: int, *, by: Staff) -> None:
    """Remove a role that nobody has.

    :raises RoleInUse: somebody has it, perhaps a member who is switched off
    """
    with transaction():
        role = queries.get_role(role_id)
        if role.permissions == EVERYTHING:
            raise Invalid({}, "这个角色不能删除")
        _check_given(queries.permissions_of(role), by)
        taken = sa.exists().where(staff_member_role.c.role_id == role_id)
        if not change(sa.delete(Role).where(Role.id == role_id, ~taken)):
            raise RoleInUse
        audit.record("staff.role_gone", f"role:{role_id}", role.label, by=by.actor)


def _members_of(role_id: int) -> list[int]:
    chosen = sa.select(staff_member_role.c.member_id).where(staff_member_role.c.role_id == role_id)
    return list(db.session.scalars(chosen))


def _check_given(permissions: Collection[Permission], by: Staff) -> None:
    if not rules.may_give(by.permissions, permissions):
        raise NotYoursToGive


def _lines(permissions: Collection[Permission]) -> str:
    return "\n".join(permission.value for permission in Permission if permission in permissions)


def _words(permissions: Collection[Permission]) -> str:
    return "、".join(permission.label for permission in Permission if permission in permissions) or "无权限"
