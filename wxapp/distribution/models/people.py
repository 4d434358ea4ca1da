"""Tables of distributors and of what binds people to them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.crypto import Encrypted
from wxapp.core.db import APPEND_ONLY, BigId, Model, UTCDateTime, status_type
from wxapp.core.labels import Labelled

NAME_INDEX, PHONE_INDEX = "distributor.name", "distributor.phone"
"""Contexts of the blind indexes."""


class DistributorStatus(Labelled):
    """FROZEN: earns nothing new and withdraws nothing; what was frozen into orders before goes its way."""

    APPLIED = "applied", "待审核"
    ACTIVE = "active", "正常"
    FROZEN = "frozen", "已冻结"
    REFUSED = "refused", "未通过"
    CLOSED = "closed", "已退出"


class Distributor(Model):
    """A WeChat user who may share and earn, or has asked to."""

    __tablename__ = "distribution_distributor"
    __table_args__ = (
        sa.Index(None, "inviter_id", "id"),
        sa.Index(None, "inviter_id", "status"),  # ten thousand are counted without reading their rows
        sa.Index(None, "status", "applied_at"),
        sa.Index(None, "phone_index"),
        sa.Index(None, "name_index"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    wechat_user_id: Mapped[int] = mapped_column(sa.ForeignKey("patients_wechat_user.id"), unique=True)
    code: Mapped[str] = mapped_column(
        sa.String(6), unique=True, comment="invitation code; only an active one's is good"
    )
    name: Mapped[str] = mapped_column(Encrypted("distribution_distributor.name"), comment="real name")
    name_index: Mapped[str] = mapped_column(sa.String(64))
    phone: Mapped[str] = mapped_column(Encrypted("distribution_distributor.phone"))
    phone_index: Mapped[str] = mapped_column(sa.String(64))
    phone_taken: Mapped[str | None] = mapped_column(
        sa.String(64), unique=True, comment="the phone's index while applied, active or frozen: one account per phone"
    )
    id_number: Mapped[str | None] = mapped_column(
        Encrypted("distribution_distributor.id_number"), comment="asked for when tax is withheld"
    )
    status: Mapped[DistributorStatus] = mapped_column(status_type(DistributorStatus), default=DistributorStatus.APPLIED)
    inviter_id: Mapped[int | None] = mapped_column(sa.ForeignKey("distribution_distributor.id"))
    is_returning: Mapped[bool] = mapped_column(
        sa.Boolean, default=False, comment="was a distributor before, by WeChat user or phone: earns nobody a reward"
    )
    agreement_version: Mapped[str] = mapped_column(sa.String(20))
    agreed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    applied_at: Mapped[datetime] = mapped_column(UTCDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="of the last application")
    decided_by: Mapped[str] = mapped_column(sa.String(60), default="")
    reason: Mapped[str] = mapped_column(sa.String(200), default="", comment="why it was refused, frozen or closed")
    first_paid_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="first order of one's own that was paid since joining"
    )
    version: Mapped[int] = mapped_column(sa.Integer, default=1)


class Agreement(Model):
    """The words of 《分销员协议》 from a moment on. A new version never changes an old one."""

    __tablename__ = "distribution_agreement"
    __table_args__ = ({"info": {APPEND_ONLY: True}},)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    version: Mapped[str] = mapped_column(sa.String(20), unique=True)
    text: Mapped[str] = mapped_column(sa.Text)
    valid_from: Mapped[datetime] = mapped_column(UTCDateTime)
    made_by: Mapped[str] = mapped_column(sa.String(60))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Membership(Model):
    """Whose member a WeChat user is, for good unless staff move it. The first invitation wins."""

    __tablename__ = "distribution_membership"
    __table_args__ = (sa.Index(None, "distributor_id", "bound_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    wechat_user_id: Mapped[int] = mapped_column(sa.ForeignKey("patients_wechat_user.id"), unique=True)
    distributor_id: Mapped[int] = mapped_column(sa.ForeignKey(Distributor.id))
    scene_id: Mapped[int | None] = mapped_column(sa.BigInteger, comment="the invitation; none when staff made it")
    bound_at: Mapped[datetime] = mapped_column(UTCDateTime)
    first_paid_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="first order that was paid since")


class MoveKind(Labelled):
    INVITER = "inviter", "上级变更"
    MEMBER = "member", "会员归属变更"


class Move(Model):
    """That staff gave somebody another inviter or distributor. Orders placed before keep what they were placed with."""

    __tablename__ = "distribution_move"
    __table_args__ = (sa.Index(None, "kind", "subject_id"), {"info": {APPEND_ONLY: True}})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[MoveKind] = mapped_column(status_type(MoveKind))
    subject_id: Mapped[int] = mapped_column(sa.BigInteger, comment="a distributor, or a member's WeChat user")
    old_id: Mapped[int | None] = mapped_column(sa.BigInteger, comment="distributor before")
    new_id: Mapped[int | None] = mapped_column(sa.BigInteger, comment="distributor after; none: nobody")
    reason: Mapped[str] = mapped_column(sa.String(200))
    by: Mapped[str] = mapped_column(sa.String(60))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
