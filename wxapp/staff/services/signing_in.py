"""Signing in with a password: counted, locked, and silent about which accounts exist (S-04 to S-10)."""

from __future__ import annotations

import logging
from functools import lru_cache

import sqlalchemy as sa

from wxapp.admin import audit
from wxapp.admin.identity import Staff
from wxapp.core import actors, clock, crypto
from wxapp.core.db import change, transaction
from wxapp.core.limits import Limit
from wxapp.core.sessions import STAFF, end_sessions
from wxapp.staff import queries, rules
from wxapp.staff.common_passwords import KEYBOARD_ROWS, WHOLE, WORDS
from wxapp.staff.errors import FirstPasswordExpired, WeakPassword, WrongCredentials, WrongOldPassword
from wxapp.staff.models import Member
from wxapp.staff.services.tries import count_try, forgive, lock_is_on, take_back

log = logging.getLogger(__name__)

TOO_MANY = "登录尝试过于频繁，请稍后再试"
PER_ADDRESS = Limit("staff-log-in-address", 30, 300, TOO_MANY)
PER_USERNAME = Limit("staff-log-in-name", 15, 900, TOO_MANY)

CHANGE_PASSWORD = "staff_admin.password_form"  # noqa: S105 - the name of a page
SET_UP_TOTP = "staff_admin.totp_form"

for _action, _label in {
    "staff.locked": "账号被锁定",
    "staff.password_change": "修改密码",
}.items():
    audit.label(_action, _label)


def authenticate(username: str, password: str, *, address: str) -> Member:
    """Return the member whose user name and password these are. The second factor is still to be asked for.

    The answer and the time it takes are the same for an unknown name, a wrong password, a locked and a switched-off
    account. A try is counted before the comparison, so that parallel tries can't outrun the lock.

    :raises WrongCredentials: for whichever reason
    :raises FirstPasswordExpired: the password is right, but a first one that was not changed in time
    :raises TooManyRequests: too many tries from this address or for this name
    """
    PER_ADDRESS.hit(address)
    PER_USERNAME.hit(crypto.blind_index(username, context="staff.username"))
    known = queries.find_credentials(username)
    is_counted = count_try(known.member_id if known else 0)
    stored = known.password_hash if known is not None and known.is_active and is_counted else _nobodys_hash()
    if not crypto.password_matches(stored, password) or known is None or stored != known.password_hash:
        _note_failure(known.member_id if known is not None else None)
        raise WrongCredentials
    take_back(known.member_id)
    member = queries.get_member(known.member_id)
    if member.password_expires_at is not None and member.password_expires_at <= clock.now():
        raise FirstPasswordExpired
    if crypto.needs_rehash(member.password_hash):
        with transaction():
            change(sa.update(Member).where(Member.id == member.id).values(password_hash=crypto.hash_password(password)))
    return member


@lru_cache
def _nobodys_hash() -> str:
    """Return a hash that takes as long to compare with as a real one and matches nothing."""
    return crypto.hash_password("nobody's password: its hash only costs time")


def _note_failure(member_id: int | None) -> None:
    # An unknown name may be a password typed into the wrong field: it is not written down (S-60).
    who = f"staff:{member_id}" if member_id is not None else "staff:unknown"
    audit.about(who)  # the door writes the row of the refused log-in
    is_locked = lock_is_on(member_id or 0)  # asked for unknown names too: it takes time
    if member_id is not None and is_locked:
        audit.record("staff.locked", who, f"{rules.LOCK_MINUTES}分钟", result=audit.REFUSED, by="nobody")
        log.warning("staff account %d is locked after repeated failures", member_id)


def note_log_in(member_id: int, *, how: str) -> None:
    """Note a completed log-in: failures before it are forgiven."""
    with transaction():
        forgive(member_id)
        change(sa.update(Member).where(Member.id == member_id).values(last_login_at=clock.now()))
        audit.record("staff.log_in", f"staff:{member_id}", how, by=actors.staff(member_id))


def change_password(member_id: int, *, old: str, new: str, keep_session: int | None) -> None:
    """Set a member's own new password; all other sessions end.

    :raises WrongOldPassword: the old one is wrong, or was tried too often
    :raises WeakPassword: the new one is guessable or the old one again
    """
    member = queries.get_member(member_id)
    is_counted = count_try(member.id)
    if not crypto.password_matches(member.password_hash if is_counted else _nobodys_hash(), old):
        raise WrongOldPassword(field="old")
    take_back(member.id)
    if old == new:
        raise WeakPassword("新密码不能与原密码相同", field="new")
    if problem := password_problem(new, own_words=(member.username, member.name, member.phone)):
        raise WeakPassword(problem, field="new")
    hashed = crypto.hash_password(new)
    with transaction():
        change(
            sa.update(Member)
            .where(Member.id == member_id)
            .values(
                password_hash=hashed,
                must_change_password=False,
                password_expires_at=None,
                password_changed_at=clock.now(),
            )
        )
        end_sessions(STAFF, member_id, except_id=keep_session)
        audit.record("staff.password_change", f"staff:{member_id}", by=actors.staff(member_id))


def password_problem(password: str, *, own_words: tuple[str, ...]) -> str:
    """Return what speaks against a password, "" when nothing does."""
    return rules.password_problem(password, own_words=own_words, words=WORDS, whole=WHOLE, rows=KEYBOARD_ROWS)


def identity_of(member_id: int) -> Staff | None:
    """Return a member as the shell sees one; None when there is none or the account is off."""
    member = queries.find_active(member_id)
    if member is None:
        return None
    must_visit = ""
    if member.must_change_password:
        must_visit = CHANGE_PASSWORD
    elif member.totp_confirmed_at is None and any(role.requires_totp for role in member.roles):
        must_visit = SET_UP_TOTP
    return Staff(
        id=member.id,
        username=member.username,
        name=member.name,
        permissions=queries.permissions_of_all(member.roles),
        roles=tuple(role.label for role in member.roles),
        must_visit=must_visit,
    )
