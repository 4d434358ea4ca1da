"""Members, roles, recovery codes."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from wxapp.core.crypto import Encrypted, blind_index
from wxapp.core.db import BigId, Model, UTCDateTime

PHONE_INDEX = "staff_member.phone"
"""Context of the blind index."""

EVERYTHING = "*"
"""Permissions of the role that may do everything, also what later versions add."""

staff_member_role = sa.Table(
    "staff_member_role",
    Model.metadata,
    sa.Column("member_id", sa.ForeignKey("staff_member.id"), primary_key=True),
    sa.Column("role_id", sa.ForeignKey("staff_role.id"), primary_key=True, index=True),
)


class Role(Model):
    """A set of permissions with a Chinese name."""

    __tablename__ = "staff_role"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40), unique=True, comment="stable name for programs, e.g. front_desk")
    label: Mapped[str] = mapped_column(sa.String(40), unique=True)
    permissions: Mapped[str] = mapped_column(sa.Text, comment="values of Permission, one a line, or *")
    requires_totp: Mapped[bool] = mapped_column(sa.Boolean, default=False)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)


class Member(Model):
    """Somebody who works here and may sign in while the account is on."""

    __tablename__ = "staff_member"
    __table_args__ = (
        sa.CheckConstraint("failed_tries >= 0", name="failed_tries"),
        sa.CheckConstraint("username = lower(username)", name="username_lower"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    username: Mapped[str] = mapped_column(sa.String(40), unique=True, comment="lower case")
    name: Mapped[str] = mapped_column(sa.String(40), comment="as colleagues see it")
    phone: Mapped[str] = mapped_column(Encrypted("staff_member.phone"), default="")
    phone_index: Mapped[str | None] = mapped_column(
        sa.String(64),
        index=True,
        comment="of the phone, empty without one; none: saved before there was this column",
    )
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    must_change_password: Mapped[bool] = mapped_column(sa.Boolean, default=True)
    password_expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="end of a first password")
    password_changed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    totp_secret: Mapped[str | None] = mapped_column(Encrypted("staff_member.totp_secret"))
    totp_pending: Mapped[str | None] = mapped_column(
        Encrypted("staff_member.totp_pending"), comment="a secret that is being set up; counts for nothing yet"
    )
    totp_confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    totp_last_step: Mapped[int] = mapped_column(sa.BigInteger, default=0, comment="30 s step of the last code used")
    is_active: Mapped[bool] = mapped_column(sa.Boolean, default=True)
    failed_tries: Mapped[int] = mapped_column(sa.Integer, default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_login_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by: Mapped[str] = mapped_column(sa.String(60))
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    roles: Mapped[list[Role]] = relationship(secondary=staff_member_role, order_by=Role.id)

    @validates("phone")
    def _index_phone(self, _name: str, phone: str) -> str:
        self.phone_index = index_of(phone)
        return phone


def index_of(phone: str) -> str:
    """Return what finds a member by the phone; empty without one."""
    return blind_index(phone, context=PHONE_INDEX) if phone else ""


class RecoveryCode(Model):
    """A way in for somebody whose telephone is gone; each works once."""

    __tablename__ = "staff_recovery_code"
    __table_args__ = (sa.UniqueConstraint("member_id", "code_hash"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("staff_member.id"))
    code_hash: Mapped[str] = mapped_column(sa.String(64), comment="keyed hash")
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class MemberWechat(Model):
    """Which WeChat user a member of staff is, at one official account: where messages to the member go.

    A WeChat user is one member at most; a member may have one at each of the hospital's official accounts.
    """

    __tablename__ = "staff_wechat"
    __table_args__ = (sa.UniqueConstraint("appid", "openid"), sa.UniqueConstraint("member_id", "appid"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("staff_member.id"))
    appid: Mapped[str] = mapped_column(sa.String(32), comment="of the official account")
    openid: Mapped[str] = mapped_column(sa.String(64))
    linked_at: Mapped[datetime] = mapped_column(UTCDateTime)


class WechatLink(Model):
    """A code that a member shows to the own telephone to be known by WeChat; it works once, for a few minutes."""

    __tablename__ = "staff_wechat_link"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("staff_member.id"), index=True)
    code_hash: Mapped[str] = mapped_column(sa.String(64), unique=True, comment="keyed hash")
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
