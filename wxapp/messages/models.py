"""Tables of the message centre: messages, their deliveries, and what staff and receivers have set."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.crypto import Encrypted
from wxapp.core.db import BigId, Model, UTCDateTime, status_type


class DeliveryState(StrEnum):
    """Where a delivery stands; the label is what pages show."""

    NEW = "new"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    UNREACHABLE = "unreachable"
    DEAD = "dead"

    @property
    def label(self) -> str:
        return _DELIVERY_LABELS[self]


_DELIVERY_LABELS = {
    DeliveryState.NEW: "待发送",
    DeliveryState.SENDING: "发送中",
    DeliveryState.SENT: "已发送",
    DeliveryState.DELIVERED: "已送达",
    DeliveryState.UNREACHABLE: "无法送达",
    DeliveryState.DEAD: "死信",
}


class Message(Model):
    """One fact told to one receiver; with ``on_site`` it is a site message as well."""

    __tablename__ = "messages_message"
    __table_args__ = (
        sa.Index(None, "receiver_kind", "receiver_id", "on_site", "id"),
        sa.Index(None, "receiver_kind", "receiver_id", "on_site", "read_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(40))
    receiver_kind: Mapped[str] = mapped_column(sa.String(30))
    receiver_id: Mapped[int] = mapped_column(sa.BigInteger)
    title: Mapped[str] = mapped_column(sa.String(100))
    body: Mapped[str] = mapped_column(Encrypted("messages_message.body"))
    texts: Mapped[str] = mapped_column(
        Encrypted("messages_message.texts"), deferred=True, comment="JSON: the fields as texts"
    )
    path: Mapped[str] = mapped_column(sa.String(300), default="", comment="page that a tap opens")
    on_site: Mapped[bool] = mapped_column(sa.Boolean)
    is_test: Mapped[bool] = mapped_column(sa.Boolean, default=False)
    once_key: Mapped[str | None] = mapped_column(sa.String(190), unique=True, comment="the same fact is told once")
    broadcast_id: Mapped[int | None] = mapped_column(sa.BigInteger, index=True)
    fallbacks: Mapped[int] = mapped_column(
        sa.Integer, default=0, comment="counted up to hold the row while the next channel is chosen"
    )
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Delivery(Model):
    """One message on its way through one channel to one address."""

    __tablename__ = "messages_delivery"
    __table_args__ = (
        sa.UniqueConstraint("message_id", "channel", "address_hash"),
        sa.Index(None, "state", "due_at"),
        sa.Index(None, "created_on", "channel", "state"),
        sa.Index(None, "address_hash", "id"),
        sa.CheckConstraint("tries >= 0", name="tries"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    message_id: Mapped[int] = mapped_column(sa.ForeignKey("messages_message.id"))
    code: Mapped[str] = mapped_column(sa.String(40))
    channel: Mapped[str] = mapped_column(sa.String(20))
    address: Mapped[str] = mapped_column(Encrypted("messages_delivery.address"), deferred=True)
    address_hash: Mapped[str] = mapped_column(sa.String(64), comment="keyed hash, to find and to tell apart")
    address_shown: Mapped[str] = mapped_column(sa.String(40), comment="masked")
    is_urgent: Mapped[bool] = mapped_column(sa.Boolean)
    state: Mapped[DeliveryState] = mapped_column(status_type(DeliveryState))
    tries: Mapped[int] = mapped_column(sa.Integer, default=0)
    queued_at: Mapped[datetime] = mapped_column(UTCDateTime, comment="patience is counted from here")
    due_at: Mapped[datetime] = mapped_column(UTCDateTime, comment="new: send from; sending: end of the lease")
    lease: Mapped[str | None] = mapped_column(sa.String(32), comment="the sender that holds it")
    client_msg_id: Mapped[str] = mapped_column(sa.String(32), unique=True, comment="WeChat sends it once")
    platform_id: Mapped[str | None] = mapped_column(sa.String(40), index=True, comment="msgid or SerialNo")
    reason_code: Mapped[str] = mapped_column(sa.String(40), default="")
    reason: Mapped[str] = mapped_column(sa.String(300), default="", comment="why it was not sent, for staff")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    created_on: Mapped[date] = mapped_column(sa.Date, comment="hospital's day")
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Template(Model):
    """How a message looks in one channel: the platform's template, its lines, and whether it is switched on."""

    __tablename__ = "messages_template"
    __table_args__ = (sa.UniqueConstraint("code", "channel"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(40))
    channel: Mapped[str] = mapped_column(sa.String(20))
    template_id: Mapped[str] = mapped_column(sa.String(64))
    lines: Mapped[str] = mapped_column(sa.Text, comment="JSON: list of [key, label, pattern]")
    is_on: Mapped[bool] = mapped_column(sa.Boolean, default=True)
    fault: Mapped[str] = mapped_column(sa.String(200), default="", comment="why the platform refuses it; stops it")
    version: Mapped[int] = mapped_column(sa.Integer, default=1)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_by: Mapped[str] = mapped_column(sa.String(60))


class Preference(Model):
    """A receiver wants this message on the site only."""

    __tablename__ = "messages_preference"
    __table_args__ = (sa.UniqueConstraint("receiver_kind", "receiver_id", "code"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    receiver_kind: Mapped[str] = mapped_column(sa.String(30))
    receiver_id: Mapped[int] = mapped_column(sa.BigInteger)
    code: Mapped[str] = mapped_column(sa.String(40))
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class Pause(Model):
    """A channel that rests: quota used up, too many calls, or an account that must be put right."""

    __tablename__ = "messages_pause"

    channel: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    until: Mapped[datetime] = mapped_column(UTCDateTime)
    reason: Mapped[str] = mapped_column(sa.String(200))


class Receipt(Model):
    """What WeChat told of a template message, possibly before we wrote down that we had sent it."""

    __tablename__ = "messages_receipt"
    __table_args__ = (sa.Index(None, "applied_at", "received_at"),)

    platform_id: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    status: Mapped[str] = mapped_column(sa.String(60))
    received_at: Mapped[datetime] = mapped_column(UTCDateTime)
    applied_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class BroadcastState(StrEnum):
    """Where a broadcast stands; the label is what pages show."""

    DRAFT = "draft"
    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"

    @property
    def label(self) -> str:
        return _BROADCAST_LABELS[self]


_BROADCAST_LABELS = {
    BroadcastState.DRAFT: "待确认",
    BroadcastState.RUNNING: "发送中",
    BroadcastState.STOPPED: "已停止",
    BroadcastState.DONE: "已完成",
}


class Broadcast(Model):
    """What staff tell a group, at a rate; ``reached_id`` is the member up to whom it has come."""

    __tablename__ = "messages_broadcast"
    __table_args__ = (sa.CheckConstraint("per_minute > 0", name="rate"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(40))
    body: Mapped[str] = mapped_column(sa.String(1000))
    group_name: Mapped[str] = mapped_column(sa.String(40))
    with_template: Mapped[bool] = mapped_column(sa.Boolean, comment="besides the site, as a template message")
    per_minute: Mapped[int] = mapped_column(sa.Integer)
    state: Mapped[BroadcastState] = mapped_column(status_type(BroadcastState), default=BroadcastState.DRAFT)
    reached_id: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    told: Mapped[int] = mapped_column(sa.Integer, default=0)
    next_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_by: Mapped[str] = mapped_column(sa.String(60))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
