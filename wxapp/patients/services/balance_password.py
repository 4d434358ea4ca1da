"""The balance password (reliability 3.3): counted before it is compared, so no guess is ever free."""

from __future__ import annotations

import sqlalchemy as sa

from wxapp.core import clock, ids
from wxapp.core.crypto import hash_password, needs_rehash, password_matches
from wxapp.core.db import change, db, in_transaction, run, transaction
from wxapp.core.errors import NotFound, Stale
from wxapp.core.events import publish
from wxapp.core.limits import Limit
from wxapp.patients import queries
from wxapp.patients.errors import (
    BalancePasswordLocked,
    CodeNotSent,
    IssuedPasswordExpired,
    IssuedPasswordOnly,
    NoBalancePassword,
    WeakPassword,
    WrongBalancePassword,
    WrongIdNumber,
)
from wxapp.patients.events import BalancePasswordReset
from wxapp.patients.models import CodePurpose, Patient
from wxapp.patients.rules import ISSUED_PASSWORD_LIFE, MOST_PASSWORD_TRIES, PASSWORD_LOCK, tries_left, weakness
from wxapp.patients.services.sms_codes import check_code, use_code
from wxapp.patients.sms_templates import ISSUED_PASSWORD, template_id
from wxapp.sms import connected as sms
from wxapp.sms.errors import SmsError

FORGOTTEN = Limit("balance_password.forgotten", count=5, seconds=3600, message="尝试次数过多，请1小时后再试")


def check_balance_password(patient_id: int, password: str, *, field: str = "password") -> None:
    """Return if this is the patient's own balance password.

    Must be called before the transaction of what it pays for: the count of wrong tries has to outlive a refusal.

    :param field: the form field beside which a refusal belongs
    :raises NoBalancePassword: there is none yet
    :raises WrongBalancePassword: it is not; says how many tries are left
    :raises BalancePasswordLocked: five wrong ones in a row, for thirty minutes
    :raises IssuedPasswordOnly: right, but still the one that staff issued
    """
    _stored, is_issued = _compare(patient_id, password, field=field)
    if is_issued:
        raise IssuedPasswordOnly(field=field)


def change_balance_password(patient_id: int, *, original: str, new: str) -> None:
    """Change the password of somebody who knows the present one, be it issued or his own.

    :raises WeakPassword: the new one is guessed too easily
    :raises IssuedPasswordExpired: the issued one waited too long
    """
    patient = queries.get_patient(patient_id)
    _refuse_weak(patient, new)
    if original == new:
        raise WeakPassword("新密码不能与原密码相同", field="new")
    stored, _is_issued = _compare(patient_id, original, field="original")
    expires_at = patient.balance_password_expires_at
    if expires_at is not None and expires_at <= clock.now():
        raise IssuedPasswordExpired(field="original")
    with transaction():
        _write(patient_id, new, where=(Patient.balance_password_hash == stored,))


def set_balance_password(patient_id: int, password: str) -> None:
    """Set a patient's own password without asking for the present one; the caller has proof of who it is.

    :raises WeakPassword: guessed too easily
    """
    with transaction():
        _refuse_weak(queries.get_patient(patient_id), password)
        _write(patient_id, password)


def reset_forgotten_password(patient_id: int, *, code: str, id_number: str, new: str) -> None:
    """Set a new password for somebody who has the phone of the record and knows its ID number.

    :raises TooManyRequests: too many tries for this patient
    :raises WrongCode: not the code that was sent to the phone of the record
    :raises WrongIdNumber: not the number of the record
    """
    patient = queries.get_patient(patient_id)
    _refuse_weak(patient, new)
    FORGOTTEN.hit(str(patient_id))
    code_id = check_code(CodePurpose.BALANCE_PASSWORD, patient.phone, code)
    if not patient.id_number or patient.id_number != id_number.strip().upper():
        raise WrongIdNumber
    with transaction():
        use_code(code_id)
        _write(patient_id, new)
        publish(BalancePasswordReset(patient_id=patient_id, by_staff=False, at=clock.now().isoformat()))


def issue_balance_password(patient_id: int) -> str:
    """Give a patient a first password, or a new one in place of a lost one, and return it to be handed over.

    It opens nothing but the page where it is changed, and that for thirty days. The caller audits.

    :raises NotFound: no such patient
    """
    patient = queries.get_patient(patient_id)
    password, is_first = _random(patient), patient.balance_password_changed_at is None
    with transaction():
        _write(patient_id, password, expires_at=clock.now() + ISSUED_PASSWORD_LIFE)
        if not is_first:
            publish(BalancePasswordReset(patient_id=patient_id, by_staff=True, at=clock.now().isoformat()))
    return password


def send_issued_password(patient_id: int, password: str) -> None:
    """Send an issued password to the phone of the record.

    :raises CodeNotSent: the SMS service took nothing
    """
    template = template_id(ISSUED_PASSWORD)
    if not template:
        raise CodeNotSent("未配置短信模板，请改为当面告知")
    try:
        sms.client().send(queries.get_patient(patient_id).phone, template_id=template, params=(password,))
    except SmsError as error:
        raise CodeNotSent("短信发送失败，请改为当面告知") from error


def _compare(patient_id: int, password: str, *, field: str) -> tuple[str, bool]:
    """Take a try, then compare; return the stored hash, and whether it is of a password that staff issued."""
    if in_transaction():
        raise RuntimeError("the count of tries must outlive a refused payment")
    tries, stored, is_issued = _take_try(patient_id, field=field)
    if not password_matches(stored, password):
        if tries >= MOST_PASSWORD_TRIES:
            raise BalancePasswordLocked(clock.now() + PASSWORD_LOCK, now=clock.now(), field=field)
        raise WrongBalancePassword(tries_left(tries), field=field)
    kept = hash_password(password) if needs_rehash(stored) else stored
    with transaction():
        run(_PASSED, patient_id=patient_id, stored=stored, kept=kept)
    return kept, is_issued


_THIS = sa.update(Patient).where(Patient.id == sa.bindparam("patient_id"))
_COUNT = _THIS.where(
    Patient.balance_password_hash.is_not(None),
    Patient.balance_locked_until.is_(None),
    Patient.balance_password_tries < MOST_PASSWORD_TRIES,
).values(balance_password_tries=Patient.balance_password_tries + 1)
_STORED = sa.select(
    Patient.balance_password_tries,
    Patient.balance_locked_until,
    Patient.balance_password_hash,
    Patient.balance_password_expires_at.is_not(None),
).where(Patient.id == sa.bindparam("patient_id"))
_PASSED = _THIS.where(Patient.balance_password_hash == sa.bindparam("stored")).values(
    balance_password_tries=0, balance_locked_until=None, balance_password_hash=sa.bindparam("kept")
)


def _take_try(patient_id: int, *, field: str) -> tuple[int, str, bool]:
    """Count a try in a transaction of its own; return the count, the hash to compare with, whether it was issued."""
    now = clock.now()
    this = sa.update(Patient).where(Patient.id == patient_id)
    locked_until = Patient.balance_locked_until
    with transaction():
        counted = run(_COUNT, patient_id=patient_id).rowcount
        if not counted and change(
            this.where(locked_until <= now).values(balance_password_tries=0, balance_locked_until=None)
        ):
            counted = run(_COUNT, patient_id=patient_id).rowcount
        row = run(_STORED, patient_id=patient_id).one_or_none()
        if counted and row is not None and row[0] >= MOST_PASSWORD_TRIES:
            # The last try locks already now: whoever comes while it is compared is one too many.
            change(this.values(balance_locked_until=now + PASSWORD_LOCK))
    if row is None:
        raise NotFound
    count, until, stored, is_issued = tuple(row)
    if stored is None:
        raise NoBalancePassword(field=field)
    if not counted:
        raise BalancePasswordLocked(until or now + PASSWORD_LOCK, now=now, field=field)
    return count, stored, bool(is_issued)


def _write(
    patient_id: int, password: str, *, expires_at: object = None, where: tuple[sa.ColumnElement[bool], ...] = ()
) -> None:
    """Store a password; the count starts anew and a lock ends.

    :raises Stale: it was changed meanwhile
    """
    step = sa.update(Patient).where(Patient.id == patient_id, *where)
    written = change(
        step.values(
            balance_password_hash=hash_password(password),
            balance_password_expires_at=expires_at,
            balance_password_changed_at=clock.now(),
            balance_password_tries=0,
            balance_locked_until=None,
        )
    )
    if not written:
        raise Stale("余额密码刚刚被修改过，请重试")
    loaded = db.session.identity_map.get(sa.orm.util.identity_key(Patient, patient_id))
    if loaded is not None:
        db.session.refresh(loaded)


def _refuse_weak(patient: Patient, password: str) -> None:
    reason = weakness(password, birthday=patient.birthday, id_number=patient.id_number or "", phone=patient.phone)
    if reason:
        raise WeakPassword(reason, field="new")


def _random(patient: Patient) -> str:
    while True:
        password = ids.digits(6)
        if not weakness(password, birthday=patient.birthday, id_number=patient.id_number or "", phone=patient.phone):
            return password
