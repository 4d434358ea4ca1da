"""Tables of reports.

A *report* is known by its sender and the sender's number; it says whose it is and where it stands. What it says is in
its *revisions*: a correction adds one and takes nothing away, so that it can always be said who was shown what.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.crypto import Encrypted, blind_index
from wxapp.core.db import APPEND_ONLY, BigId, Model, UTCDateTime, status_type
from wxapp.core.labels import Labelled
from wxapp.reports.incoming import Flag, Progress, ReportKind


def record_index(record_no: str) -> str:
    """Return the keyed hash by which reports of a record number are found."""
    return blind_index(record_no, context="reports_report.record_no")


class ReportStatus(Labelled):
    """Where a report stands; ``states.py`` says what may follow."""

    HELD = "held", "初步报告"  # its patient is known, but the sender has not finished it
    PARKED = "parked", "待认领"
    PUBLISHED = "published", "已发布"
    WITHDRAWN = "withdrawn", "已撤回"
    REJECTED = "rejected", "已拒收"


class ParkReason(Labelled):
    """Why nobody has the report yet."""

    NONE = "", ""
    NO_RECORD = "no_record", "未提供病历号"
    UNKNOWN_RECORD = "unknown_record", "病历号不存在"
    NAME_DIFFERS = "name_differs", "姓名与病历不符"
    OTHER_PATIENT = "other_patient", "更正后的患者信息与原来不同"
    TAKEN_BACK = "taken_back", "由工作人员收回"


class Report(Model):
    """A report of one sender. It belongs to a patient, or it is parked until staff say whose it is."""

    __tablename__ = "reports_report"
    __table_args__ = (
        sa.UniqueConstraint("source", "report_no"),
        sa.CheckConstraint(
            "(status IN ('held', 'published') AND patient_id IS NOT NULL) OR "
            "(status IN ('parked', 'rejected') AND patient_id IS NULL) OR status = 'withdrawn'",
            name="patient",
        ),
        sa.CheckConstraint("revision >= 1 AND first_shown <= revision", name="revision"),
        sa.Index(None, "patient_id", "status", "dated_at"),
        sa.Index(None, "status", "changed_at"),
        sa.Index(None, "received_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    no: Mapped[str] = mapped_column(sa.String(20), unique=True, comment="BG + yymmdd + digits by chance")
    source: Mapped[str] = mapped_column(sa.String(60), comment="which way and whose key it came with, or staff")
    report_no: Mapped[str] = mapped_column(sa.String(64), comment="the sender's")
    patient_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    status: Mapped[ReportStatus] = mapped_column(status_type(ReportStatus))
    park_reason: Mapped[ParkReason] = mapped_column(status_type(ParkReason), default=ParkReason.NONE)
    kind: Mapped[ReportKind] = mapped_column(status_type(ReportKind))
    dated_at: Mapped[datetime] = mapped_column(UTCDateTime, comment="lists are in this order: issued, else received")
    revision: Mapped[int] = mapped_column(sa.Integer, default=1, comment="number of the one that holds now")
    first_shown: Mapped[int] = mapped_column(
        sa.Integer, default=1, comment="what was said before is not for the present patient"
    )
    seen_revision: Mapped[int] = mapped_column(
        sa.Integer, default=0, comment="the last one that somebody opened on the patient's side"
    )
    given_record_index: Mapped[str] = mapped_column(sa.String(64), index=True, comment="keyed hash, for look-ups")
    is_by_hand: Mapped[bool] = mapped_column(
        sa.Boolean, default=False, comment="staff have taken it back: only they may say whose it is"
    )
    last_issued_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, comment="latest that the sender has named; what is older comes late"
    )
    turns: Mapped[int] = mapped_column(sa.Integer, default=0, comment="counted up to hold the row")
    received_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Revision(Model):
    """What a report said from one moment on. Rows are only ever added."""

    __tablename__ = "reports_revision"
    __table_args__ = (
        sa.UniqueConstraint("report_id", "number"),
        sa.Index(None, "document_token"),
        {"info": {APPEND_ONLY: True}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    report_id: Mapped[int] = mapped_column(sa.ForeignKey("reports_report.id"))
    number: Mapped[int] = mapped_column(sa.Integer, comment="1, 2, 3 … of the report")
    progress: Mapped[Progress] = mapped_column(status_type(Progress))
    kind: Mapped[ReportKind] = mapped_column(status_type(ReportKind))
    given_record_no: Mapped[str] = mapped_column(Encrypted("reports_revision.given_record_no"))
    given_name: Mapped[str] = mapped_column(Encrypted("reports_revision.given_name"))
    title: Mapped[str] = mapped_column(Encrypted("reports_revision.title"))
    department: Mapped[str] = mapped_column(sa.String(60), default="")
    ordered_by: Mapped[str] = mapped_column(Encrypted("reports_revision.ordered_by"))
    reported_by: Mapped[str] = mapped_column(Encrypted("reports_revision.reported_by"))
    collected_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    issued_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    conclusion: Mapped[str] = mapped_column(Encrypted("reports_revision.conclusion"))
    advice: Mapped[str] = mapped_column(Encrypted("reports_revision.advice"))
    value_count: Mapped[int] = mapped_column(sa.Integer, default=0)
    abnormal_count: Mapped[int] = mapped_column(sa.Integer, default=0)
    picture_count: Mapped[int] = mapped_column(sa.Integer, default=0)
    document_token: Mapped[str] = mapped_column(sa.String(40), default="", comment="name of a private file")
    document_pages: Mapped[int] = mapped_column(sa.Integer, default=0)
    document_size: Mapped[int] = mapped_column(sa.Integer, default=0, comment="bytes")
    fingerprint: Mapped[str] = mapped_column(sa.String(64), comment="keyed hash of all that was said")
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    made_by: Mapped[str] = mapped_column(sa.String(60))
    why: Mapped[str] = mapped_column(Encrypted("reports_revision.why"), comment="of a correction")


class Value(Model):
    """One line of a revision. Rows are only ever added."""

    __tablename__ = "reports_value"
    __table_args__ = (
        sa.UniqueConstraint("revision_id", "position"),
        sa.Index(None, "code", "revision_id"),
        {"info": {APPEND_ONLY: True}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    revision_id: Mapped[int] = mapped_column(sa.ForeignKey("reports_revision.id"))
    position: Mapped[int] = mapped_column(sa.Integer)
    section: Mapped[str] = mapped_column(sa.String(60), default="", comment="lines of one section stand together")
    code: Mapped[str] = mapped_column(sa.String(60), default="")
    name: Mapped[str] = mapped_column(sa.String(120))
    text: Mapped[str] = mapped_column(Encrypted("reports_value.text"))
    number: Mapped[str | None] = mapped_column(Encrypted("reports_value.number"), comment="decimal, for curves")
    unit: Mapped[str] = mapped_column(sa.String(40), default="")
    reference: Mapped[str] = mapped_column(sa.String(200), default="", comment="as it is shown")
    low: Mapped[str] = mapped_column(sa.String(30), default="", comment="decimal, for curves")
    high: Mapped[str] = mapped_column(sa.String(30), default="")
    flag: Mapped[Flag] = mapped_column(status_type(Flag))
    note: Mapped[str | None] = mapped_column(Encrypted("reports_value.note"))


class Picture(Model):
    """A picture of a revision. Rows are only ever added."""

    __tablename__ = "reports_picture"
    __table_args__ = (sa.UniqueConstraint("revision_id", "position"), {"info": {APPEND_ONLY: True}})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    revision_id: Mapped[int] = mapped_column(sa.ForeignKey("reports_revision.id"))
    position: Mapped[int] = mapped_column(sa.Integer)
    token: Mapped[str] = mapped_column(sa.String(40), comment="name of a private file")
    width: Mapped[int] = mapped_column(sa.Integer)
    height: Mapped[int] = mapped_column(sa.Integer)


class DocumentPage(Model):
    """A page of a document as a picture, drawn when somebody first asks for it."""

    __tablename__ = "reports_document_page"
    __table_args__ = (sa.UniqueConstraint("document_token", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    document_token: Mapped[str] = mapped_column(sa.String(40))
    number: Mapped[int] = mapped_column(sa.Integer, comment="from 1")
    token: Mapped[str] = mapped_column(sa.String(40), comment="name of a private file")
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
