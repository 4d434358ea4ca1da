"""The visit, its steps and its people."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.db import BigId, Fen, Model, UTCDateTime, status_type
from wxapp.core.labels import Labelled


class Stage(Labelled):
    """Where a visit stands; ``states.py`` says what may follow, ``rules/codes.py`` what programs are told."""

    BOOKED = "booked", "已预约"
    ARRIVED = "arrived", "已到店"
    EXAMINING = "examining", "检查中"
    TRIAGED = "triaged", "已分诊"
    IN_REVIEW = "in_review", "待审核"
    SENT_BACK = "sent_back", "已退回"
    APPROVED = "approved", "审核通过"
    COLLECTED = "collected", "已收银"
    COLLECT_AGAIN = "collect_again", "待再次收银"
    IN_PROCEDURE = "in_procedure", "手术中"
    LEFT = "left", "已离店"
    REFUSED = "refused", "已拒绝"


class StepKind(Labelled):
    """The pieces of work of a visit, in their order; the wire's ``step_id`` counts them from 1."""

    ARRIVAL = "arrival", "到店"
    EXAMINATION = "examination", "检查"
    TRIAGE = "triage", "分诊"
    CONSULTATION = "consultation", "咨询"
    REVIEW = "review", "价目审核"
    COLLECTION = "collection", "收银"
    ASSIGNMENT = "assignment", "手术分配"
    OPERATION = "operation", "手术"
    DEPARTURE = "departure", "离店"


class Part(Labelled):
    """What somebody of the staff is in a visit."""

    LEAD_REFERRER = "lead_referrer", "主开发人"
    REFERRER = "referrer", "开发人"
    ESCORT = "escort", "陪同"
    DRIVER = "driver", "司机"
    RECEPTIONIST = "receptionist", "接待"
    TRIAGIST = "triagist", "分诊人"
    CONSULTANT = "consultant", "咨询师"
    REVIEWER = "reviewer", "审核人"
    CASHIER = "cashier", "收银员"
    NURSE = "nurse", "护士"
    PHYSICIAN = "physician", "主刀医生"


class Visit(Model):
    """One visit. ``day`` is the hospital's date on which it is expected, later the one on which it began."""

    __tablename__ = "visits_visit"
    __table_args__ = (
        sa.Index(None, "day", "id"),
        sa.Index(None, "stage", "day", "id"),
        sa.Index(None, "consultant_id", "stage", "day", "id"),
        sa.Index(None, "consultant_id", "day", "id"),
        sa.Index(None, "driver_id", "day"),
        sa.Index(None, "lead_referrer_id", "day"),
        sa.Index(None, "patient_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    visit_no: Mapped[str] = mapped_column(sa.String(20), unique=True, comment="of a first visit the patient's own")
    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patients_patient.id"))
    is_first: Mapped[bool] = mapped_column(sa.Boolean)
    stage: Mapped[Stage] = mapped_column(status_type(Stage), default=Stage.BOOKED)
    stage_before: Mapped[str] = mapped_column(sa.String(30), default="", comment="a refusal, to come back to")
    day: Mapped[date] = mapped_column(sa.Date)
    appointed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reached_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    booking_no: Mapped[str | None] = mapped_column(sa.String(32), unique=True, comment="the booking it came from")
    flow_id: Mapped[int | None] = mapped_column(sa.ForeignKey("hospital_flow.id"), comment="none: the built-in one")

    referral_source: Mapped[int] = mapped_column(sa.Integer, default=0, comment="code of the department")
    channel: Mapped[str] = mapped_column(sa.String(60), default="")
    social_account: Mapped[str] = mapped_column(sa.String(60), default="")
    deposit_fen: Mapped[int] = mapped_column(Fen, default=0, comment="as agreed at intake; the money is in the till")
    remark: Mapped[str] = mapped_column(sa.String(500), default="")

    lead_referrer_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    consultant_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    driver_id: Mapped[int | None] = mapped_column(sa.BigInteger)

    quote_id: Mapped[int | None] = mapped_column(sa.BigInteger, comment="the revision that counts")
    list_total_fen: Mapped[int] = mapped_column(Fen, default=0)
    offered_fen: Mapped[int | None] = mapped_column(Fen)
    final_fen: Mapped[int | None] = mapped_column(Fen, comment="what review has decided")
    quote_remark: Mapped[str] = mapped_column(sa.String(500), default="")
    collected_final_fen: Mapped[int | None] = mapped_column(Fen, comment="final price at the last collection")
    collected_fen: Mapped[int] = mapped_column(Fen, default=0, comment="sum of the entries that are not voided")
    is_collected: Mapped[bool] = mapped_column(sa.Boolean, default=False)

    current_step: Mapped[StepKind] = mapped_column(status_type(StepKind), default=StepKind.ARRIVAL)
    step_since: Mapped[datetime] = mapped_column(UTCDateTime, comment="when the current step began")
    version: Mapped[int] = mapped_column(sa.Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by: Mapped[str] = mapped_column(sa.String(60))
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class Step(Model):
    """A step of a visit with its times. Done again (a new quote), its end moves on; its beginning stays."""

    __tablename__ = "visits_step"
    __table_args__ = (sa.UniqueConstraint("visit_id", "kind"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    visit_id: Mapped[int] = mapped_column(sa.ForeignKey(Visit.id))
    kind: Mapped[StepKind] = mapped_column(status_type(StepKind))
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    staff_id: Mapped[int | None] = mapped_column(sa.BigInteger, comment="who ended it")


class Person(Model):
    """Somebody of the staff in a visit, with the name of that moment; several of one part stand in their order."""

    __tablename__ = "visits_person"
    __table_args__ = (sa.UniqueConstraint("visit_id", "part", "position"), sa.Index(None, "staff_id", "visit_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    visit_id: Mapped[int] = mapped_column(sa.ForeignKey(Visit.id))
    part: Mapped[Part] = mapped_column(status_type(Part))
    position: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff_member.id"))
    name: Mapped[str] = mapped_column(sa.String(40))
    since: Mapped[datetime] = mapped_column(UTCDateTime)


class Interest(Model):
    """A category of projects in which the patient is interested (意向项目)."""

    __tablename__ = "visits_interest"
    __table_args__ = (sa.UniqueConstraint("visit_id", "category_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    visit_id: Mapped[int] = mapped_column(sa.ForeignKey(Visit.id))
    category_id: Mapped[int] = mapped_column(sa.ForeignKey("hospital_category.id"))
    position: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
