"""Reads of patients, users and bindings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.crypto import blind_index
from wxapp.core.db import db, run
from wxapp.core.errors import NotFound
from wxapp.patients.consent_models import Consent, Decision, Purpose
from wxapp.patients.models import (
    ID_INDEX,
    NAME_INDEX,
    PHONE_INDEX,
    Binding,
    BindingStatus,
    Look,
    Patient,
    WechatUser,
)


@dataclass(frozen=True)
class SignedInUser:
    """The WeChat user of a request. ``current_patient_id`` is one that is bound now, or None."""

    id: int
    openid: str
    nickname: str
    avatar_url: str
    is_snapshot: bool
    is_follower: bool
    current_patient_id: int | None
    refuses_reports: bool = False  # online, by the last word


@dataclass(frozen=True)
class BoundPatient:
    """A patient that a user looks after, with the binding."""

    binding_id: int
    bound_at: datetime
    patient: Patient
    others: int
    """How many other WeChat users have the same patient bound."""


@dataclass(frozen=True)
class Guardian:
    """A WeChat user who has a patient bound."""

    binding_id: int
    wechat_user_id: int
    nickname: str
    bound_at: datetime


def signed_in_user(user_id: int) -> SignedInUser | None:
    """Return the user of a session; the current patient only while the binding is active."""
    row = run(_SIGNED_IN_USER, user_id=user_id).mappings().one_or_none()
    return SignedInUser(**row) if row is not None else None


_LAST_WORD_ON_REPORTS = (
    sa.select(Consent.decision)
    .where(Consent.wechat_user_id == WechatUser.id, Consent.purpose == Purpose.REPORTS)
    .order_by(Consent.id.desc())
    .limit(1)
    .correlate(WechatUser)
    .scalar_subquery()
)
_SIGNED_IN_USER = (
    sa.select(
        WechatUser.id,
        WechatUser.openid,
        WechatUser.nickname,
        WechatUser.avatar_url,
        WechatUser.is_snapshot,
        WechatUser.is_follower,
        Binding.patient_id.label("current_patient_id"),
        (sa.func.coalesce(sa.cast(_LAST_WORD_ON_REPORTS, sa.String(30)), "") == Decision.WITHDRAWN.value).label(
            "refuses_reports"
        ),
    )
    .outerjoin(
        Binding,
        sa.and_(
            Binding.wechat_user_id == WechatUser.id,
            Binding.patient_id == WechatUser.current_patient_id,
            Binding.status == BindingStatus.ACTIVE,
        ),
    )
    .where(WechatUser.id == sa.bindparam("user_id"))
)
"""Built once: every page of a patient begins with it."""


def find_user(appid: str, openid: str) -> WechatUser | None:
    return db.session.scalars(
        sa.select(WechatUser).where(WechatUser.appid == appid, WechatUser.openid == openid)
    ).one_or_none()


def get_patient(patient_id: int) -> Patient:
    """:raises NotFound: no such patient"""
    patient = db.session.get(Patient, patient_id)
    if patient is None:
        raise NotFound
    return patient


def phone_of(patient_id: int) -> str:
    """:raises NotFound: no such patient"""
    phone: str | None = run(_PHONE, patient_id=patient_id).scalar_one_or_none()
    if phone is None:
        raise NotFound
    return phone


_PHONE = sa.select(Patient.phone).where(Patient.id == sa.bindparam("patient_id"))


def own_patient(user_id: int, patient_id: int) -> Patient:
    """Return a patient this user has bound.

    :raises NotFound: no such patient, or not bound by this user
    """
    patient = db.session.scalars(
        sa.select(Patient)
        .join(Binding, Binding.patient_id == Patient.id)
        .where(Patient.id == patient_id, Binding.wechat_user_id == user_id, Binding.status == BindingStatus.ACTIVE)
    ).one_or_none()
    if patient is None:
        raise NotFound
    return patient


def own_binding(user_id: int, binding_id: int) -> Binding:
    """:raises NotFound: no such binding, ended, or another user's"""
    binding = db.session.scalars(
        sa.select(Binding).where(
            Binding.id == binding_id, Binding.wechat_user_id == user_id, Binding.status == BindingStatus.ACTIVE
        )
    ).one_or_none()
    if binding is None:
        raise NotFound
    return binding


def bound_patients(user_id: int) -> list[BoundPatient]:
    """Return the patients a user looks after, in the order they were bound."""
    other = sa.orm.aliased(Binding)
    others = (
        sa.select(sa.func.count())
        .where(
            other.patient_id == Binding.patient_id,
            other.status == BindingStatus.ACTIVE,
            other.wechat_user_id != user_id,
        )
        .correlate(Binding)
        .scalar_subquery()
    )
    rows = db.session.execute(
        sa.select(Binding.id, Binding.bound_at, Patient, others)
        .join(Patient, Patient.id == Binding.patient_id)
        .where(Binding.wechat_user_id == user_id, Binding.status == BindingStatus.ACTIVE)
        .order_by(Binding.id)
    )
    return [BoundPatient(*row) for row in rows]


def guardians(patient_id: int, *, except_user: int | None = None) -> list[Guardian]:
    """Return who has a patient bound."""
    statement = (
        sa.select(Binding.id, WechatUser.id, WechatUser.nickname, Binding.bound_at)
        .join(WechatUser, WechatUser.id == Binding.wechat_user_id)
        .where(Binding.patient_id == patient_id, Binding.status == BindingStatus.ACTIVE)
        .order_by(Binding.id)
    )
    if except_user is not None:
        statement = statement.where(WechatUser.id != except_user)
    return [Guardian(*row) for row in db.session.execute(statement)]


def find_matching_patient(*, name: str, document: str, phone: str) -> Patient | None:
    """Return the patient with this name and phone and this ID or record number: all of it, in one question."""
    return db.session.scalars(
        sa.select(Patient).where(
            Patient.phone_index == phone_index(phone),
            Patient.name_index == blind_index(name, context=NAME_INDEX),
            sa.or_(
                Patient.id_index == blind_index(document, context=ID_INDEX),
                Patient.record_no == document.upper(),
            ),
        )
    ).one_or_none()


def phone_index(phone: str) -> str:
    return blind_index(phone, context=PHONE_INDEX)


def find_patients(text: str, *, limit: int = 50) -> Sequence[Patient]:
    """Return patients whose record number, phone, ID number or whole name is this text."""
    text = text.strip()
    if not text:
        return []
    return db.session.scalars(
        sa.select(Patient).where(_is_exactly(text)).order_by(Patient.id.desc()).limit(limit)
    ).all()


def patients_with_phone(phone: str, *, limit: int = 10) -> Sequence[Patient]:
    """Return whose record has this phone, the newest first: a family may share one."""
    wanted = sa.select(Patient).where(Patient.phone_index == phone_index(phone)).order_by(Patient.id.desc())
    return db.session.scalars(wanted.limit(limit)).all()


def patient_names(patient_ids: Sequence[int]) -> dict[int, str]:
    """Return the names of several patients, for lists; whoever shows them masks them."""
    if not patient_ids:
        return {}
    rows = db.session.execute(sa.select(Patient.id, Patient.name).where(Patient.id.in_(set(patient_ids))))
    return {row.id: row.name for row in rows}


def openids_of(patient_id: int) -> list[str]:
    """Return the openids of the followers who have a patient bound."""
    return list(run(_OPENIDS, patient_id=patient_id).scalars())


_OPENIDS = (
    sa.select(WechatUser.openid)
    .join(Binding, Binding.wechat_user_id == WechatUser.id)
    .where(
        Binding.patient_id == sa.bindparam("patient_id"),
        Binding.status == BindingStatus.ACTIVE,
        WechatUser.is_follower,
    )
    .order_by(Binding.id)
)


def openid_of_follower(user_id: int) -> str:
    """Return the openid of a WeChat user who follows, "" for one who does not."""
    statement = sa.select(WechatUser.openid).where(WechatUser.id == user_id, WechatUser.is_follower)
    return db.session.scalar(statement) or ""


def bound_patients_count(*, without_users: sa.Select[Any]) -> int:
    """Return how many patients somebody has bound who is not among these WeChat users."""
    heard = (Binding.status == BindingStatus.ACTIVE, Binding.wechat_user_id.not_in(without_users))
    return db.session.scalar(sa.select(sa.func.count(sa.distinct(Binding.patient_id))).where(*heard)) or 0


def bound_patient_ids(*, after: int, limit: int, without_users: sa.Select[Any]) -> list[int]:
    heard = (Binding.status == BindingStatus.ACTIVE, Binding.wechat_user_id.not_in(without_users))
    return list(
        db.session.scalars(
            sa.select(Binding.patient_id)
            .where(*heard, Binding.patient_id > after)
            .distinct()
            .order_by(Binding.patient_id)
            .limit(limit)
        )
    )


@dataclass(frozen=True)
class SeenBy:
    """That a WeChat user saw a patient's data on a day."""

    nickname: str
    what: str
    count: int
    last_at: datetime


def looks_at(patient_id: int, *, limit: int = 100) -> list[SeenBy]:
    """Return which WeChat users saw a patient's data, newest first."""
    rows = db.session.execute(
        sa.select(WechatUser.nickname, Look.what, Look.count, Look.last_at)
        .join(WechatUser, WechatUser.id == Look.wechat_user_id)
        .where(Look.patient_id == patient_id)
        .order_by(Look.last_at.desc(), Look.id.desc())
        .limit(limit)
    )
    return [SeenBy(*row) for row in rows]


# --- for staff -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BindingRow:
    """A binding of a patient, ended or not."""

    id: int
    wechat_user_id: int
    nickname: str
    is_active: bool
    is_follower: bool
    bound_at: datetime
    bound_by: str
    ended_at: datetime | None


def bindings_of(patient_id: int) -> list[BindingRow]:
    """Return all bindings of a patient, the newest first."""
    rows = db.session.execute(
        sa.select(
            Binding.id,
            Binding.wechat_user_id,
            WechatUser.nickname,
            Binding.status == BindingStatus.ACTIVE,
            WechatUser.is_follower,
            Binding.bound_at,
            Binding.bound_by,
            Binding.ended_at,
        )
        .join(WechatUser, WechatUser.id == Binding.wechat_user_id)
        .where(Binding.patient_id == patient_id)
        .order_by(Binding.id.desc())
        .limit(100)
    )
    return [BindingRow(*row) for row in rows]


def patients_for_staff(*, q: str, since: date | None, until: date | None) -> sa.Select[Any]:
    """Return the list of patients; ``q`` is a whole record number, name, phone or ID number."""
    statement = sa.select(Patient)
    if q:
        statement = statement.where(_is_exactly(q))
    if since:
        statement = statement.where(Patient.created_at >= clock.day_bounds(since)[0])
    if until:
        statement = statement.where(Patient.created_at < clock.day_bounds(until)[1])
    return statement


def wechat_users_for_staff(*, openid: str, follows: str, bound: str) -> sa.Select[Any]:
    """Return the list of WeChat users, with the number of patients bound."""
    count = (
        sa.select(sa.func.count())
        .where(Binding.wechat_user_id == WechatUser.id, Binding.status == BindingStatus.ACTIVE)
        .scalar_subquery()
    )
    statement = sa.select(
        WechatUser.id,
        WechatUser.nickname,
        WechatUser.openid,
        WechatUser.is_follower,
        WechatUser.is_snapshot,
        count.label("patients"),
        WechatUser.seen_at,
        WechatUser.created_at,
    )
    if openid:
        statement = statement.where(WechatUser.openid == openid)
    if follows:
        statement = statement.where(WechatUser.is_follower == (follows == "1"))
    if bound:
        has_one = sa.exists().where(Binding.wechat_user_id == WechatUser.id, Binding.status == BindingStatus.ACTIVE)
        statement = statement.where(has_one if bound == "1" else ~has_one)
    return statement


def is_wechat_user(text: str) -> sa.ColumnElement[bool]:
    """Return the condition for WeChat users with this in their nickname, or with a patient of whom it is exact."""
    bound = sa.select(Binding.wechat_user_id).join(Patient, Patient.id == Binding.patient_id)
    bound = bound.where(Binding.status == BindingStatus.ACTIVE, _is_exactly(text))
    return sa.or_(WechatUser.nickname.contains(text.strip(), autoescape=True), WechatUser.id.in_(bound))


def _is_exactly(text: str) -> sa.ColumnElement[bool]:
    text = text.strip()
    return sa.or_(
        Patient.record_no == text.upper(),
        Patient.phone_index == phone_index(text),
        Patient.name_index == blind_index(text, context=NAME_INDEX),
        Patient.id_index == blind_index(text, context=ID_INDEX),
    )


def is_locked(patient: Patient) -> bool:
    return patient.balance_locked_until is not None and patient.balance_locked_until > clock.now()
