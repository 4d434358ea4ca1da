"""Tables of booking. A *session* is one stretch of work on one day; its *slots* are what is booked.

Times of day are minutes after midnight at the hospital; moments are UTC.
"""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.crypto import Encrypted
from wxapp.core.db import BigId, Fen, Model, UTCDateTime, status_type
from wxapp.core.labels import Labelled

ONE_OF_BOTH = "(physician_id IS NULL) <> (project_id IS NULL)"
"""What is booked is a physician's time or a project's, never both."""


class SessionStatus(Labelled):
    """A closed session takes no bookings and never opens again: another one is made."""

    OPEN = "open", "开诊"
    CLOSED = "closed", "停诊"


class HoldStatus(Labelled):
    """A hold ends exactly once: it becomes a booking, is let go, or its time is over."""

    ACTIVE = "active", "占位中"
    USED = "used", "已预约"
    RELEASED = "released", "已放弃"
    EXPIRED = "expired", "已过期"


class BookingStatus(Labelled):
    """Where a booking stands; ``states.py`` says what may follow."""

    BOOKED = "booked", "待就诊"
    TO_MOVE = "to_move", "待改约"  # the hospital has closed the session; the seat is gone
    ARRIVED = "arrived", "已签到"
    DONE = "done", "已就诊"
    CANCELLED = "cancelled", "已取消"
    MISSED = "missed", "未到"


class Source(Labelled):
    """How a booking came about."""

    ONLINE = "online", "在线预约"
    PHONE = "phone", "电话预约"
    WAITLIST = "waitlist", "候补"


class WaitStatus(Labelled):
    """Somebody in line for a session."""

    WAITING = "waiting", "候补中"
    OFFERED = "offered", "待确认"
    ACCEPTED = "accepted", "已预约"
    LAPSED = "lapsed", "逾期未确认"
    WITHDRAWN = "withdrawn", "已退出"
    CLOSED = "closed", "已结束"


class Project(Model):
    """Something that is booked without choosing a physician, e.g. an ultrasound or a check-up."""

    __tablename__ = "booking_project"
    __table_args__ = (sa.Index(None, "is_shown", "position"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(60), unique=True)
    department: Mapped[str] = mapped_column(sa.String(40), default="")
    place: Mapped[str] = mapped_column(sa.String(80), default="")
    summary: Mapped[str] = mapped_column(sa.String(200), default="")
    notice: Mapped[str] = mapped_column(sa.Text, default="", comment="what to know before coming")
    position: Mapped[int] = mapped_column(sa.Integer, default=100)
    is_shown: Mapped[bool] = mapped_column(sa.Boolean, default=True)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_by: Mapped[str] = mapped_column(sa.String(60))


class Plan(Model):
    """A line of the weekly roster: sessions are made from it, day by day, as far ahead as it is released."""

    __tablename__ = "booking_plan"
    __table_args__ = (
        sa.CheckConstraint(ONE_OF_BOTH, name="one_of_both"),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        sa.CheckConstraint("starts_minute >= 0 AND ends_minute > starts_minute AND ends_minute <= 1440", name="times"),
        sa.CheckConstraint("slot_minutes > 0 AND capacity > 0", name="slots"),
        sa.Index(None, "physician_id"),
        sa.Index(None, "project_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    physician_id: Mapped[int | None] = mapped_column(sa.ForeignKey("directory_physician.id"))
    project_id: Mapped[int | None] = mapped_column(sa.ForeignKey("booking_project.id"))
    weekday: Mapped[int] = mapped_column(sa.SmallInteger, comment="0 is Monday")
    starts_minute: Mapped[int] = mapped_column(sa.SmallInteger)
    ends_minute: Mapped[int] = mapped_column(sa.SmallInteger)
    slot_minutes: Mapped[int] = mapped_column(sa.SmallInteger)
    capacity: Mapped[int] = mapped_column(sa.SmallInteger, comment="of each slot")
    place: Mapped[str] = mapped_column(sa.String(80), default="")
    fee_fen: Mapped[int] = mapped_column(Fen, default=0, comment="shown, paid at the hospital")
    valid_from: Mapped[date] = mapped_column(sa.Date)
    valid_until: Mapped[date | None] = mapped_column(sa.Date, comment="last day")
    release_days: Mapped[int] = mapped_column(sa.SmallInteger, comment="so many days ahead it can be booked")
    release_minute: Mapped[int] = mapped_column(sa.SmallInteger, comment="time of day at which a day is released")
    is_active: Mapped[bool] = mapped_column(sa.Boolean, default=True)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_by: Mapped[str] = mapped_column(sa.String(60))


class Leave(Model):
    """Days on which no sessions are made: of a physician, of a project, or (neither named) of the whole house."""

    __tablename__ = "booking_leave"
    __table_args__ = (
        sa.CheckConstraint("last_day >= first_day", name="days"),
        sa.CheckConstraint("physician_id IS NULL OR project_id IS NULL", name="not_both"),
        sa.Index(None, "first_day", "last_day"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    physician_id: Mapped[int | None] = mapped_column(sa.ForeignKey("directory_physician.id"))
    project_id: Mapped[int | None] = mapped_column(sa.ForeignKey("booking_project.id"))
    first_day: Mapped[date] = mapped_column(sa.Date)
    last_day: Mapped[date] = mapped_column(sa.Date)
    reason: Mapped[str] = mapped_column(sa.String(100), default="")
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    made_by: Mapped[str] = mapped_column(sa.String(60))


class Session(Model):
    """One stretch of work on one day, from a plan or made by hand (an extra session: no plan)."""

    __tablename__ = "booking_session"
    __table_args__ = (
        sa.UniqueConstraint("plan_id", "day"),
        sa.CheckConstraint(ONE_OF_BOTH, name="one_of_both"),
        sa.Index(None, "physician_id", "day"),
        sa.Index(None, "project_id", "day"),
        sa.Index(None, "day"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    plan_id: Mapped[int | None] = mapped_column(sa.ForeignKey("booking_plan.id"))
    physician_id: Mapped[int | None] = mapped_column(sa.ForeignKey("directory_physician.id"))
    project_id: Mapped[int | None] = mapped_column(sa.ForeignKey("booking_project.id"))
    day: Mapped[date] = mapped_column(sa.Date)
    starts_minute: Mapped[int] = mapped_column(sa.SmallInteger)
    ends_minute: Mapped[int] = mapped_column(sa.SmallInteger)
    slot_minutes: Mapped[int] = mapped_column(sa.SmallInteger)
    place: Mapped[str] = mapped_column(sa.String(80), default="")
    fee_fen: Mapped[int] = mapped_column(Fen, default=0)
    released_at: Mapped[datetime] = mapped_column(UTCDateTime, comment="from then on patients may book")
    status: Mapped[SessionStatus] = mapped_column(status_type(SessionStatus), default=SessionStatus.OPEN)
    closed_reason: Mapped[str] = mapped_column(sa.String(100), default="")
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_by: Mapped[str] = mapped_column(sa.String(60), default="")
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    made_by: Mapped[str] = mapped_column(sa.String(60))


class Slot(Model):
    """A time of a session with its seats. ``taken`` counts bookings and active holds."""

    __tablename__ = "booking_slot"
    __table_args__ = (
        sa.UniqueConstraint("session_id", "starts_at"),
        sa.CheckConstraint("taken >= 0 AND taken <= capacity", name="taken"),
        sa.Index(None, "starts_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("booking_session.id"))
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    capacity: Mapped[int] = mapped_column(sa.SmallInteger)
    taken: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    is_open: Mapped[bool] = mapped_column(sa.Boolean, default=True, comment="False as soon as the session is closed")


class Hold(Model):
    """A seat kept for a WeChat user while a form is filled or an offer stands; it is counted in ``Slot.taken``."""

    __tablename__ = "booking_hold"
    __table_args__ = (sa.Index(None, "slot_id", "status", "expires_at"), sa.Index(None, "status", "expires_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slot_id: Mapped[int] = mapped_column(sa.ForeignKey("booking_slot.id"))
    wechat_user_id: Mapped[int] = mapped_column(sa.BigInteger, index=True)
    wait_id: Mapped[int | None] = mapped_column(sa.BigInteger, index=True, comment="of somebody in line: an offer")
    status: Mapped[HoldStatus] = mapped_column(status_type(HoldStatus), default=HoldStatus.ACTIVE)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Booker(Model):
    """A person who books, known as a patient or, unbound, as a WeChat user. Bookings of one pass one at a time."""

    __tablename__ = "booking_booker"

    key: Mapped[str] = mapped_column(sa.String(40), primary_key=True, comment="patient:12 or wechat:5")
    turns: Mapped[int] = mapped_column(sa.Integer, default=0, comment="counted up to hold the row")
    blocked_until: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="no booking online until then")
    forgiven_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="no-shows before this no longer count")


class Booking(Model):
    """An appointment. It keeps its number and its row when it is moved; the moves are in its history."""

    __tablename__ = "booking_booking"
    __table_args__ = (
        sa.Index(None, "patient_id", "starts_at"),
        sa.Index(None, "wechat_user_id", "starts_at"),
        sa.Index(None, "status", "starts_at"),
        sa.Index(None, "session_id", "starts_at"),
        sa.Index(None, "made_at"),
        sa.UniqueConstraint("slot_id", "booker_key", "active_marker"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    no: Mapped[str] = mapped_column(sa.String(20), unique=True, comment="B + yymmdd + digits by chance")
    code: Mapped[str] = mapped_column(sa.String(12), unique=True, comment="for check-in: in its QR code")
    slot_id: Mapped[int] = mapped_column(sa.ForeignKey("booking_slot.id"))
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("booking_session.id"))
    physician_id: Mapped[int | None] = mapped_column(sa.BigInteger, index=True)
    project_id: Mapped[int | None] = mapped_column(sa.BigInteger, index=True)
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    booker_key: Mapped[str] = mapped_column(sa.String(40), index=True)
    active_marker: Mapped[int | None] = mapped_column(
        sa.SmallInteger, default=1, comment="1 while it has a seat, else missing: missing values are never equal"
    )
    wechat_user_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    patient_id: Mapped[int | None] = mapped_column(sa.BigInteger, comment="missing until the binding comes")
    contact_name: Mapped[str] = mapped_column(Encrypted("booking_booking.contact_name"))
    contact_phone: Mapped[str] = mapped_column(Encrypted("booking_booking.contact_phone"))
    contact_id_number: Mapped[str] = mapped_column(Encrypted("booking_booking.contact_id_number"))
    contact_name_index: Mapped[str] = mapped_column(sa.String(64), index=True, comment="keyed hash, for look-ups")
    contact_phone_index: Mapped[str] = mapped_column(sa.String(64), index=True, comment="keyed hash, for look-ups")
    order_no: Mapped[str] = mapped_column(sa.String(20), default="", comment="of the check-up that was bought before")
    remark: Mapped[str] = mapped_column(sa.String(200), default="")
    source: Mapped[Source] = mapped_column(status_type(Source))
    status: Mapped[BookingStatus] = mapped_column(status_type(BookingStatus), default=BookingStatus.BOOKED)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    made_by: Mapped[str] = mapped_column(sa.String(60))
    day_reminded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    hours_reminded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    arrived_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="done, cancelled or missed")
    end_reason: Mapped[str] = mapped_column(sa.String(100), default="")
    is_late_cancel: Mapped[bool] = mapped_column(sa.Boolean, default=False)
    version: Mapped[int] = mapped_column(sa.Integer, default=1, comment="a drag on an old page is refused")


class Wait(Model):
    """Somebody in line (候补) for a full session; first come, first offered."""

    __tablename__ = "booking_wait"
    __table_args__ = (
        sa.UniqueConstraint("session_id", "booker_key", "active_marker"),
        sa.Index(None, "session_id", "status", "id"),
        sa.Index(None, "status", "offer_expires_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("booking_session.id"))
    booker_key: Mapped[str] = mapped_column(sa.String(40))
    active_marker: Mapped[int | None] = mapped_column(sa.SmallInteger, default=1)
    wechat_user_id: Mapped[int] = mapped_column(sa.BigInteger, index=True)
    patient_id: Mapped[int | None] = mapped_column(sa.BigInteger, index=True)
    contact_name: Mapped[str] = mapped_column(Encrypted("booking_wait.contact_name"))
    contact_phone: Mapped[str] = mapped_column(Encrypted("booking_wait.contact_phone"))
    status: Mapped[WaitStatus] = mapped_column(status_type(WaitStatus), default=WaitStatus.WAITING)
    offered_slot_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    offer_expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
