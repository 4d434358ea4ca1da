"""The operation, leaving, being fetched by car, and what the desk notes on bookings."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.crypto import Encrypted
from wxapp.core.db import BigId, Model, UTCDateTime, status_type
from wxapp.core.labels import Labelled
from wxapp.visits.models.visits import Visit


class ProcedureStatus(Labelled):
    WAITING = "waiting", "待安排"
    ASSIGNED = "assigned", "已安排"
    OPERATING = "operating", "手术中"
    DONE = "done", "已完成"


class Procedure(Model):
    """The treatment part of a visit (术后流程); opened when the visit is collected, followed by aftercare."""

    __tablename__ = "visits_procedure"
    __table_args__ = (
        sa.Index(None, "status", "id"),
        sa.Index(None, "planned_at"),
        sa.Index(None, "physician_id"),
        sa.Index(None, "nurse_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    visit_id: Mapped[int] = mapped_column(sa.ForeignKey(Visit.id), unique=True)
    status: Mapped[ProcedureStatus] = mapped_column(status_type(ProcedureStatus), default=ProcedureStatus.WAITING)
    nurse_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    nurse_name: Mapped[str] = mapped_column(sa.String(40), default="")
    physician_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    physician_name: Mapped[str] = mapped_column(sa.String(40), default="")
    room: Mapped[str] = mapped_column(sa.String(40), default="")
    planned_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    has_consent: Mapped[bool] = mapped_column(sa.Boolean, default=False, comment="consent forms are signed")
    is_inpatient: Mapped[bool] = mapped_column(sa.Boolean, default=False)
    bed: Mapped[str] = mapped_column(sa.String(20), default="")
    bed_in_use: Mapped[str | None] = mapped_column(
        sa.String(20), unique=True, comment="the bed while an in-patient has it: one patient at a time"
    )
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    version: Mapped[int] = mapped_column(sa.Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_by: Mapped[str] = mapped_column(sa.String(60))


class Departure(Model):
    """That a patient has left, with what was checked; undone on the same day it keeps its row."""

    __tablename__ = "visits_departure"
    __table_args__ = (sa.Index(None, "visit_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    visit_id: Mapped[int] = mapped_column(sa.ForeignKey(Visit.id))
    results_handed_over: Mapped[bool] = mapped_column(sa.Boolean)
    medicine_handed_over: Mapped[bool] = mapped_column(sa.Boolean)
    next_visit_on: Mapped[date | None] = mapped_column(sa.Date)
    advice: Mapped[str] = mapped_column(sa.String(500), default="")
    overridden: Mapped[str] = mapped_column(sa.String(200), default="", comment="why it was let through unfinished")
    left_at: Mapped[datetime] = mapped_column(UTCDateTime)
    left_by: Mapped[str] = mapped_column(sa.String(60))
    undone_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    undone_by: Mapped[str] = mapped_column(sa.String(60), default="")
    undone_why: Mapped[str] = mapped_column(sa.String(200), default="")


class PickupStatus(Labelled):
    WAITING = "waiting", "待分配"
    ASSIGNED = "assigned", "已分配"
    ON_THE_WAY = "on_the_way", "已出发"
    ON_BOARD = "on_board", "已接到"
    DELIVERED = "delivered", "已送达"
    CANCELLED = "cancelled", "已取消"


class Pickup(Model):
    """A wish to be fetched by car (接乘), and what became of it."""

    __tablename__ = "visits_pickup"
    __table_args__ = (sa.Index(None, "status", "at"), sa.Index(None, "driver_id", "at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    visit_id: Mapped[int] = mapped_column(sa.ForeignKey(Visit.id), unique=True)
    status: Mapped[PickupStatus] = mapped_column(status_type(PickupStatus), default=PickupStatus.WAITING)
    place: Mapped[str] = mapped_column(Encrypted("visits_pickup.place"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    people: Mapped[int] = mapped_column(sa.SmallInteger, default=1)
    note: Mapped[str] = mapped_column(sa.String(200), default="")
    driver_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    driver_name: Mapped[str] = mapped_column(sa.String(40), default="")
    assigned_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    on_board_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by: Mapped[str] = mapped_column(sa.String(60))


class Appointment(Model):
    """What the front desk notes on a booking before the patient comes: that it is confirmed, and who won the patient.

    A confirmation is of a time: a booking that was moved since has to be confirmed again.
    """

    __tablename__ = "visits_appointment"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    booking_no: Mapped[str] = mapped_column(sa.String(32), unique=True)
    confirmed_for: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="the time that was confirmed")
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    confirmed_by: Mapped[str] = mapped_column(sa.String(60), default="")
    lead_referrer_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    lead_referrer_name: Mapped[str] = mapped_column(sa.String(40), default="")
    note: Mapped[str] = mapped_column(sa.String(200), default="")
    version: Mapped[int] = mapped_column(sa.Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_by: Mapped[str] = mapped_column(sa.String(60))
