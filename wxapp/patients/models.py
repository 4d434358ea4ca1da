"""Tables of patients, WeChat users and what binds them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.crypto import Encrypted
from wxapp.core.db import BigId, Model, UTCDateTime, status_type

NAME_INDEX, ID_INDEX, PHONE_INDEX = "patient.name", "patient.id_number", "patient.phone"
"""Contexts of the blind indexes."""


class Sex(StrEnum):
    MALE = "male"
    FEMALE = "female"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        return {"male": "男", "female": "女", "unknown": "未说明"}[self.value]


class Patient(Model):
    """A record of the hospital."""

    __tablename__ = "patients_patient"
    __table_args__ = (sa.CheckConstraint("balance_password_tries >= 0", name="tries"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    record_no: Mapped[str] = mapped_column(sa.String(20), unique=True, comment="HOSP + yymmdd + number of the day")
    name: Mapped[str] = mapped_column(Encrypted("patients_patient.name"))
    name_index: Mapped[str] = mapped_column(sa.String(64), index=True)
    id_number: Mapped[str | None] = mapped_column(Encrypted("patients_patient.id_number"))
    id_index: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    phone: Mapped[str] = mapped_column(Encrypted("patients_patient.phone"))
    phone_index: Mapped[str] = mapped_column(sa.String(64), index=True)
    sex: Mapped[Sex] = mapped_column(status_type(Sex), default=Sex.UNKNOWN)
    birthday: Mapped[date | None] = mapped_column(sa.Date)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    created_by: Mapped[str] = mapped_column(sa.String(60))
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)

    balance_password_hash: Mapped[str | None] = mapped_column(sa.String(200))
    balance_password_expires_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="set while the password is the one staff issued"
    )
    balance_password_changed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    balance_password_tries: Mapped[int] = mapped_column(sa.Integer, default=0, comment="wrong ones in a row")
    balance_locked_until: Mapped[datetime | None] = mapped_column(UTCDateTime)


class WechatUser(Model):
    """A person as the official account knows one."""

    __tablename__ = "patients_wechat_user"
    __table_args__ = (sa.UniqueConstraint("appid", "openid"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    appid: Mapped[str] = mapped_column(sa.String(32))
    openid: Mapped[str] = mapped_column(sa.String(64))
    unionid: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    nickname: Mapped[str] = mapped_column(sa.String(100), default="")
    avatar_url: Mapped[str] = mapped_column(sa.String(500), default="")
    is_snapshot: Mapped[bool] = mapped_column(
        sa.Boolean, default=False, comment="WeChat's virtual account of the snapshot page: never bound"
    )
    is_follower: Mapped[bool] = mapped_column(sa.Boolean, default=False)
    follow_changed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="WeChat's time of the last change")
    scene: Mapped[str] = mapped_column(sa.String(64), default="", comment="of the QR code that was scanned last")
    current_patient_id: Mapped[int | None] = mapped_column(sa.ForeignKey("patients_patient.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="last log-in")


class BindingStatus(StrEnum):
    ACTIVE = "active"
    ENDED = "ended"


class Binding(Model):
    """A WeChat user who may see and act for a patient."""

    __tablename__ = "patients_binding"
    # Ended ones have no marker, and missing values are never equal: one active binding, any number of ended ones.
    __table_args__ = (
        sa.UniqueConstraint("wechat_user_id", "patient_id", "active_marker"),
        sa.CheckConstraint(
            "(status = 'active' AND active_marker = 1 AND ended_at IS NULL) OR "
            "(status = 'ended' AND active_marker IS NULL AND ended_at IS NOT NULL)",
            name="marker",
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    wechat_user_id: Mapped[int] = mapped_column(sa.ForeignKey("patients_wechat_user.id"))
    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patients_patient.id"), index=True)
    status: Mapped[BindingStatus] = mapped_column(status_type(BindingStatus), default=BindingStatus.ACTIVE)
    active_marker: Mapped[int | None] = mapped_column(sa.SmallInteger, default=1)
    consent_version: Mapped[str] = mapped_column(sa.String(20), comment="of the text that was agreed to")
    bound_at: Mapped[datetime] = mapped_column(UTCDateTime)
    bound_by: Mapped[str] = mapped_column(sa.String(60))
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class CodePurpose(StrEnum):
    """What an SMS code is good for; it opens nothing else."""

    BIND = "bind"
    REVOKE = "revoke"
    BALANCE_PASSWORD = "balance_password"  # noqa: S105 - the name of a purpose
    EXPORT = "export"
    DISTRIBUTION = "distribution"


class SmsCode(Model):
    """A code that was sent; only a keyed hash of it is kept."""

    __tablename__ = "patients_sms_code"
    __table_args__ = (sa.Index(None, "phone_index", "purpose"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    purpose: Mapped[CodePurpose] = mapped_column(status_type(CodePurpose))
    phone_index: Mapped[str] = mapped_column(sa.String(64))
    code_hash: Mapped[str] = mapped_column(sa.String(64))
    tries: Mapped[int] = mapped_column(sa.Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Look(Model):
    """That a WeChat user saw a patient's data on a day, and how often. Staff's looks are in the audit log."""

    __tablename__ = "patients_look"
    __table_args__ = (
        sa.UniqueConstraint("wechat_user_id", "patient_id", "what", "day"),
        sa.Index(None, "patient_id", "day"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    wechat_user_id: Mapped[int] = mapped_column(sa.ForeignKey("patients_wechat_user.id"))
    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patients_patient.id"))
    what: Mapped[str] = mapped_column(sa.String(40))
    day: Mapped[date] = mapped_column(sa.Date)
    count: Mapped[int] = mapped_column(sa.Integer, default=1)
    first_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Push(Model):
    """A message or event that WeChat pushed to us, so that a repeat is known as one. Holds no text of people."""

    __tablename__ = "patients_push"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(sa.String(80), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(30))
    openid: Mapped[str] = mapped_column(sa.String(64), index=True)
    received_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
