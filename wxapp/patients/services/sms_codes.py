"""SMS codes (checklist S-08): six digits, five minutes, five tries, single use, for one purpose and one number."""

from __future__ import annotations

import hmac
import logging
from datetime import timedelta

import sqlalchemy as sa

from wxapp.core import clock, ids
from wxapp.core.crypto import blind_index
from wxapp.core.db import change, db, in_transaction, transaction
from wxapp.core.limits import Limit
from wxapp.patients.errors import CodeNotSent, WrongCode
from wxapp.patients.models import CodePurpose, Patient, SmsCode
from wxapp.patients.queries import phone_index
from wxapp.patients.rules import CODE_LIFE, MOST_CODE_TRIES
from wxapp.patients.sms_templates import CODE, template_id
from wxapp.sms import connected as sms
from wxapp.sms.errors import BadNumber, Blacklisted, RateLimited, SmsError

log = logging.getLogger(__name__)

PER_MINUTE = Limit("sms.minute", count=1, seconds=60, message="验证码已发送，请60秒后再试")
PER_DAY = Limit("sms.day", count=10, seconds=86_400, message="该手机号今日获取验证码次数已达上限，请明天再试")
PER_USER = Limit("sms.user", count=15, seconds=86_400, message="今日获取验证码次数已达上限，请明天再试")
PER_ADDRESS = Limit("sms.address", count=60, seconds=3600)


def send_code(purpose: CodePurpose, phone: str, *, asked_by: str, address: str = "") -> None:
    """Send a code to a number, whoever it belongs to: the answer is the same for every number.

    :param asked_by: the WeChat user, as limits count
    :raises TooManyRequests: a limit per number, user or address is reached
    :raises CodeNotSent: the SMS service took nothing; the code is void
    """
    index = phone_index(phone)
    if address:
        PER_ADDRESS.hit(address)
    PER_USER.hit(asked_by)
    PER_MINUTE.hit(index)
    PER_DAY.hit(index)
    template = template_id(CODE)
    if not template:
        log.error("no SMS template for codes: sms.templates.%s is not configured", CODE)
        raise CodeNotSent
    code, now = ids.digits(6), clock.now()
    with transaction():
        row = SmsCode(
            purpose=purpose,
            phone_index=index,
            code_hash=_hash(purpose, index, code),
            created_at=now,
            expires_at=now + CODE_LIFE,
        )
        # One code at a time: the newest is the good one.
        change(_open(purpose, index).values(used_at=now))
        db.session.add(row)
    minutes = str(int(CODE_LIFE.total_seconds() // 60))
    try:
        sms.client().send(phone, template_id=template, params=(code, minutes))
    except RateLimited as error:
        raise CodeNotSent("该手机号获取验证码过于频繁，请稍后再试") from error
    except (BadNumber, Blacklisted) as error:
        log.info("code not sent: %s", error.code)  # as if it had been: the answer tells nothing about a number
    except SmsError as error:
        log.warning("code not sent: %s", error.code or type(error).__name__)
        raise CodeNotSent from error


def send_code_to_patient(purpose: CodePurpose, patient: Patient, *, asked_by: str, address: str = "") -> None:
    """Send a code to the number in a patient's record."""
    send_code(purpose, patient.phone, asked_by=asked_by, address=address)


def check_code(purpose: CodePurpose, phone: str, code: str) -> int:
    """Count a try, then compare; return the code's id for :func:`use_code`.

    The count is kept whatever becomes of the caller, so parallel guesses are no free guesses.

    :raises WrongCode: it is not the code, or there is none to be used
    """
    if in_transaction():
        raise RuntimeError("the count of tries must outlive what the code is wanted for")
    index, now = phone_index(phone), clock.now()
    with transaction():
        row_id = db.session.scalar(
            sa.select(SmsCode.id)
            .where(SmsCode.purpose == purpose, SmsCode.phone_index == index, SmsCode.used_at.is_(None))
            .order_by(SmsCode.id.desc())
            .limit(1)
        )
        counted = row_id is not None and change(
            sa.update(SmsCode)
            .where(
                SmsCode.id == row_id,
                SmsCode.used_at.is_(None),
                SmsCode.expires_at > now,
                SmsCode.tries < MOST_CODE_TRIES,
            )
            .values(tries=SmsCode.tries + 1)
        )
    if row_id is None or not counted:
        raise WrongCode
    stored = db.session.scalar(sa.select(SmsCode.code_hash).where(SmsCode.id == row_id)) or ""
    if not hmac.compare_digest(stored, _hash(purpose, index, code)):
        raise WrongCode
    return row_id


def use_code(code_id: int) -> None:
    """Use a checked code up, in the transaction of what it is used for.

    :raises WrongCode: it was used in the meantime
    """
    step = sa.update(SmsCode).where(SmsCode.id == code_id, SmsCode.used_at.is_(None)).values(used_at=clock.now())
    if change(step) != 1:
        raise WrongCode


def remove_old_codes(*, older_than: timedelta = timedelta(days=1), limit: int = 5000) -> int:
    """Remove codes that nobody can use any more; return how many."""
    ended = sa.select(SmsCode.id).where(SmsCode.expires_at < clock.now() - older_than).limit(limit)
    found = db.session.scalars(ended).all()
    with transaction():
        return change(sa.delete(SmsCode).where(SmsCode.id.in_(found))) if found else 0


def _open(purpose: CodePurpose, index: str) -> sa.Update:
    return sa.update(SmsCode).where(SmsCode.purpose == purpose, SmsCode.phone_index == index, SmsCode.used_at.is_(None))


def _hash(purpose: CodePurpose, index: str, code: str) -> str:
    return blind_index(f"{purpose}:{index}:{code}", context="patients_sms_code.code")
