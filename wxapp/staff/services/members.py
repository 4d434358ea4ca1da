"""Members: made, changed, switched off, helped back in. Whatever takes rights away ends sessions at once (S-13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.admin import audit
from wxapp.admin.identity import Staff
from wxapp.admin.versions import save_version
from wxapp.core import actors, clock, crypto, ids
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import Invalid, NotFound
from wxapp.core.events import publish
from wxapp.core.permissions import Permission
from wxapp.core.sessions import STAFF, SessionRow, end_session, end_sessions
from wxapp.staff import queries, rules
from wxapp.staff.errors import LastAdministrator, NotOnYourself, NotYoursToGive, UsernameTaken
from wxapp.staff.events import MemberAtWork
from wxapp.staff.models import Member, RecoveryCode, Role, index_of, staff_member_role
from wxapp.staff.services.tries import forgive

SYSTEM = actors.system("setup")

for _action, _label in {
    "staff.member_new": "新增员工",
    "staff.member_change": "修改员工资料或角色",
    "staff.member_on": "启用员工账号",
    "staff.member_off": "停用员工账号",
    "staff.password_reset": "重置员工密码",
    "staff.totp_reset": "重置员工两步验证",
    "staff.session_end": "强制下线",
}.items():
    audit.label(_action, _label)


@dataclass(frozen=True)
class FirstPassword:
    """A password that is shown once, to whoever made the account."""

    member: Member
    password: str


def create_member(
    *,
    username: str,
    name: str,
    phone: str = "",
    role_ids: Sequence[int] = (),
    by: Staff | None,
    password: str | None = None,
) -> FirstPassword:
    """Make an account with a random first password that has to be changed and expires.

    :param by: who makes it; None for the set-up, which may give every role
    :param password: a lasting password instead, for the set-up only
    :raises Invalid: the user name has a wrong form, or a role is unknown
    :raises UsernameTaken: somebody has this name
    :raises NotYoursToGive: a role goes beyond the giver's own permissions
    """
    username = username.strip().lower()
    if not rules.is_username(username):
        raise Invalid({"username": "账号为2到40位汉字、小写字母、数字、点、横线，以汉字或字母开头"})
    if password is not None and by is not None:
        raise ValueError("only the set-up gives lasting passwords")
    first = password or ids.new_token(9)
    hashed = crypto.hash_password(first)
    now = clock.now()
    try:
        with transaction():
            given = _roles(role_ids, by)
            member = Member(
                username=username,
                name=name,
                phone=phone,
                password_hash=hashed,
                must_change_password=password is None,
                password_expires_at=now + timedelta(hours=rules.FIRST_PASSWORD_HOURS) if password is None else None,
                created_at=now,
                created_by=by.actor if by else SYSTEM,
                roles=given,
            )
            with db.session.begin_nested():  # the unique user name decides here; the refusal below still has to read
                db.session.add(member)
            detail = f"{username} {name}：{_labels(given)}"
            audit.record("staff.member_new", f"staff:{member.id}", detail, by=by.actor if by else SYSTEM)
            publish(MemberAtWork(member.id))
    except IntegrityError as error:
        if queries.find_by_username(username) is None:
            raise
        raise UsernameTaken(field="username") from error
    return FirstPassword(member, first)


def change_member(member_id: int, *, name: str, phone: str, role_ids: Sequence[int], version: int, by: Staff) -> Member:
    """Change a member's name, telephone and roles. When the roles change, all the member's sessions end.

    :raises NotYoursToGive: the member, or a role given or taken, goes beyond the giver's own permissions
    :raises LastAdministrator: nobody would be left to manage staff
    :raises Stale: somebody else has changed the member meanwhile
    """
    with transaction():
        _one_at_a_time()
        member = _manageable(member_id, by)
        before = list(member.roles)
        after = _roles(role_ids, by, already=before)
        save_version(Member, member_id, seen=version, name=name, phone=phone, phone_index=index_of(phone))
        told = "资料"
        if {role.id for role in before} != {role.id for role in after}:
            member.roles = after
            db.session.flush()  # the check below counts the rows of the new roles
            check_administrator_left()
            end_sessions(STAFF, member_id)
            told = f"{_labels(before)} → {_labels(after)}"
        audit.record("staff.member_change", f"staff:{member_id}", told, by=by.actor)
        publish(MemberAtWork(member_id))
    return member


def switch_member(member_id: int, *, on: bool, by: Staff) -> None:
    """Switch an account on or off. Off ends all its sessions at once.

    :raises NotOnYourself: nobody switches himself off
    :raises NotYoursToGive, LastAdministrator: as for :func:`change_member`
    """
    if member_id == by.id:
        raise NotOnYourself
    with transaction():
        _one_at_a_time()
        _manageable(member_id, by)
        step = sa.update(Member).where(Member.id == member_id)
        change(step.values(is_active=on, version=Member.version + 1))
        if not on:
            check_administrator_left()
            end_sessions(STAFF, member_id)
        audit.record("staff.member_on" if on else "staff.member_off", f"staff:{member_id}", by=by.actor)
        if on:
            publish(MemberAtWork(member_id))


def reset_password(member_id: int, *, by: Staff | None) -> FirstPassword:
    """Give a member a new random first password; sessions end, a lock opens, the second factor stays (S-10).

    :raises NotYoursToGive: the member has more permissions than who resets
    """
    first = ids.new_token(9)
    hashed = crypto.hash_password(first)
    with transaction():
        member = _manageable(member_id, by)
        expires = clock.now() + timedelta(hours=rules.FIRST_PASSWORD_HOURS)
        change(
            sa.update(Member)
            .where(Member.id == member_id)
            .values(password_hash=hashed, must_change_password=True, password_expires_at=expires)
        )
        forgive(member_id)
        end_sessions(STAFF, member_id)
        audit.record("staff.password_reset", f"staff:{member_id}", by=by.actor if by else SYSTEM)
    return FirstPassword(member, first)


def reset_second_factor(member_id: int, *, by: Staff) -> None:
    """Take a member's authenticator away, e.g. because the telephone is lost; a new one is set up at the next log-in.

    :raises NotOnYourself: one's own is replaced on the account page, with password
    :raises NotYoursToGive: the member has more permissions than who resets
    """
    if member_id == by.id:
        raise NotOnYourself("请在“我的账号”中更换自己的验证器")
    with transaction():
        _manageable(member_id, by)
        change(
            sa.update(Member)
            .where(Member.id == member_id)
            .values(totp_secret=None, totp_pending=None, totp_confirmed_at=None)
        )
        change(sa.delete(RecoveryCode).where(RecoveryCode.member_id == member_id))
        end_sessions(STAFF, member_id)
        audit.record("staff.totp_reset", f"staff:{member_id}", by=by.actor)


def end_session_of(session_id: int, *, by: Staff, own_only: bool = False) -> None:
    """End one session: one's own, or with the right to manage staff anyone's.

    :raises NotFound: no such session, or not one that this person may end
    """
    row = db.session.scalars(
        sa.select(SessionRow).where(SessionRow.id == session_id, SessionRow.kind == STAFF.kind)
    ).one_or_none()
    may_end_all = by.may(Permission.STAFF_WRITE) and not own_only
    if row is None or (row.subject_id != by.id and not may_end_all):
        raise NotFound("这个登录已经结束")
    whose = row.subject_id
    with transaction():
        end_session(STAFF, session_id)
        audit.record("staff.session_end", f"staff:{whose}", by=by.actor)


# --- who may do that -------------------------------------------------------------------------------------------------


def _one_at_a_time() -> None:
    # Two administrators who switch each other off in one moment would leave nobody: changes of rights wait in line.
    change(sa.update(Role).where(Role.permissions != "").values(version=Role.version))


def _manageable(member_id: int, by: Staff | None) -> Member:
    member = queries.get_member(member_id)
    if by is not None and not rules.may_give(by.permissions, queries.permissions_of_all(member.roles)):
        raise NotYoursToGive
    return member


def _roles(role_ids: Sequence[int], by: Staff | None, *, already: Sequence[Role] = ()) -> list[Role]:
    found = list(db.session.scalars(sa.select(Role).where(Role.id.in_(role_ids)).order_by(Role.id)))
    if len(found) != len(set(role_ids)):
        raise Invalid({"role_ids": "所选角色不存在"})
    kept = {role.id for role in already}
    given = [role for role in found if role.id not in kept]
    if by is not None and not rules.may_give(by.permissions, queries.permissions_of_all(given)):
        raise NotYoursToGive
    return found


def _labels(roles: Sequence[Role]) -> str:
    return "、".join(role.label for role in roles) or "无角色"


def check_administrator_left() -> None:
    """:raises LastAdministrator: no active member may manage both staff and roles any more"""
    # Columns only: rows loaded before may be older than what this transaction has written.
    rows = db.session.execute(
        sa.select(Member.id, Role.permissions)
        .join(staff_member_role, staff_member_role.c.member_id == Member.id)
        .join(Role, Role.id == staff_member_role.c.role_id)
        .where(Member.is_active)
    )
    held: dict[int, set[Permission]] = {}
    for member_id, permissions in rows:
        held.setdefault(member_id, set()).update(queries.permissions_in(permissions))
    needed = {Permission.STAFF_WRITE, Permission.ROLE_WRITE}
    if not any(needed <= permissions for permissions in held.values()):
        raise LastAdministrator
