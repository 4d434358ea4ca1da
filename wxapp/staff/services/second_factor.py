"""The second factor: codes of an authenticator (TOTP) and recovery codes. Each code works once."""

from __future__ import annotations

import hmac
import secrets

import pyotp
import sqlalchemy as sa

from wxapp.admin import audit
from wxapp.core import actors, clock, crypto
from wxapp.core.db import change, db, transaction
from wxapp.staff import queries, rules
from wxapp.staff.errors import WrongCode, WrongOldPassword
from wxapp.staff.models import Member, RecoveryCode
from wxapp.staff.services.tries import count_try, lock_is_on, take_back

_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Without those that look alike."""

for _action, _label in {"staff.totp_on": "启用两步验证", "staff.recovery_code": "使用恢复码登录"}.items():
    audit.label(_action, _label)


def begin_totp(member_id: int, *, password: str | None = None) -> str:
    """Return a new secret for the member's authenticator. It counts for nothing until a code of it was typed.

    Asking again before that gives the same secret, so that a page shown twice shows one picture.

    :raises WrongOldPassword: there is a second factor already, and the password to replace it is wrong
    """
    member = queries.get_member(member_id)
    if member.totp_confirmed_at is not None:
        is_counted = count_try(member_id)
        if not is_counted or not crypto.password_matches(member.password_hash, password or ""):
            raise WrongOldPassword("密码不正确", field="password")
        take_back(member_id)
    if member.totp_pending:
        return member.totp_pending
    secret = pyotp.random_base32()
    with transaction():
        change(sa.update(Member).where(Member.id == member_id).values(totp_pending=secret))
    return secret


def pending_totp(member_id: int) -> str | None:
    """Return the secret that is being set up, if one is."""
    return queries.get_member(member_id).totp_pending


def confirm_totp(member_id: int, code: str) -> list[str]:
    """Turn the second factor on with a first code of it, and return new recovery codes, to be shown once.

    :raises WrongCode: the code is not one of this secret and moment
    """
    member = queries.get_member(member_id)
    step = _step_of(member.totp_pending or "", code)
    if member.totp_pending is None or step is None:
        raise WrongCode("验证码不正确，请确认手机时间准确后重试", field="code")
    codes = [_new_recovery_code() for _ in range(rules.RECOVERY_CODES)]
    with transaction():
        change(
            sa.update(Member)
            .where(Member.id == member_id)
            .values(
                totp_secret=member.totp_pending,
                totp_pending=None,
                totp_confirmed_at=clock.now(),
                totp_last_step=step,
            )
        )
        change(sa.delete(RecoveryCode).where(RecoveryCode.member_id == member_id))
        db.session.add_all(RecoveryCode(member_id=member_id, code_hash=_hash(member_id, code)) for code in codes)
        audit.record("staff.totp_on", f"staff:{member_id}", by=actors.staff(member_id))
    return codes


def check_code(member_id: int, code: str) -> str:
    """Accept a code of the authenticator or a recovery code, once, and return in words which it was.

    :raises WrongCode: wrong, used before, or the account is locked; the try counts towards the lock
    """
    is_counted = count_try(member_id)
    how = _use(member_id, code) if is_counted else ""
    if not how:
        audit.about(f"staff:{member_id}")  # the door writes the row of the refused code
        if lock_is_on(member_id):
            audit.record("staff.locked", f"staff:{member_id}", result=audit.REFUSED, by="nobody")
        raise WrongCode(field="code")
    take_back(member_id)
    return how


def _use(member_id: int, code: str) -> str:
    member = queries.get_member(member_id)
    if member.totp_confirmed_at is None or member.totp_secret is None:
        return ""
    step = _step_of(member.totp_secret, code)
    with transaction():
        if step is not None:
            # Of two who type the same code in the same moment one gets in: the step only ever grows.
            newer = sa.update(Member).where(Member.id == member_id, Member.totp_last_step < step)
            return "密码和动态验证码" if change(newer.values(totp_last_step=step)) else ""
        unused = sa.update(RecoveryCode).where(
            RecoveryCode.member_id == member_id,
            RecoveryCode.code_hash == _hash(member_id, code),
            RecoveryCode.used_at.is_(None),
        )
        if not change(unused.values(used_at=clock.now())):
            return ""
        audit.record("staff.recovery_code", f"staff:{member_id}", by=actors.staff(member_id))
        return "密码和恢复码"


def _step_of(secret: str, code: str) -> int | None:
    """Return the step of which this is the code, if it is one of now."""
    typed = "".join(code.split())
    if not secret or len(typed) != 6 or not (typed.isascii() and typed.isdigit()):
        return None
    totp = pyotp.TOTP(secret, interval=rules.TOTP_SECONDS)
    now_step = rules.totp_step(clock.now().timestamp())
    return next((s for s in rules.steps_to_try(now_step) if hmac.compare_digest(totp.generate_otp(s), typed)), None)


def _new_recovery_code() -> str:
    letters = "".join(secrets.choice(_LETTERS) for _ in range(12))
    return "-".join(letters[at : at + 4] for at in range(0, 12, 4))


def _hash(member_id: int, code: str) -> str:
    # Random enough (59 bits) that a keyed hash without salt and slowness is right.
    return crypto.blind_index(rules.recovery_code_form(code), context=f"staff_recovery_code:{member_id}")
