"""Pictures of a visit, and who sat at which recording machine."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.db import BigId, Model, UTCDateTime, status_type
from wxapp.core.labels import Labelled
from wxapp.visits.models.visits import Visit


class ExamKind(Labelled):
    """The five departments of diagnostics; programs know them as ``<kind>_img`` (contract/admin.yaml)."""

    PREOPERATIVE = "preoperative", "术前照"
    RADIATION = "radiation", "放射"
    ELECTROCARDIOGRAM = "electrocardiogram", "心电图"
    CT = "ct", "B超"
    BLOOD = "blood", "检验科"


class Picture(Model):
    """A picture of a visit. Replacing the list of a kind keeps the rows of the old one."""

    __tablename__ = "visits_picture"
    __table_args__ = (sa.Index(None, "visit_id", "kind", "position"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    visit_id: Mapped[int] = mapped_column(sa.ForeignKey(Visit.id))
    kind: Mapped[ExamKind] = mapped_column(status_type(ExamKind))
    position: Mapped[int] = mapped_column(sa.SmallInteger)
    upload_id: Mapped[int] = mapped_column(sa.ForeignKey("uploads_upload.id"))
    path: Mapped[str] = mapped_column(sa.String(80), comment="of the upload, for lists")
    taken_by: Mapped[int | None] = mapped_column(sa.BigInteger, comment="staff; none: a device")
    taken_by_name: Mapped[str] = mapped_column(sa.String(40), default="")
    taken_at: Mapped[datetime] = mapped_column(UTCDateTime)
    replaced_at: Mapped[datetime | None] = mapped_column(UTCDateTime, comment="no longer in the list since")
    replaced_by: Mapped[str] = mapped_column(sa.String(60), default="")


class FileStatus(Labelled):
    PARKED = "parked", "待匹配"
    MATCHED = "matched", "已匹配"
    UNREADABLE = "unreadable", "无法读取"
    DISCARDED = "discarded", "已作废"


class DeviceFile(Model):
    """A file that a device left in its folder, and what became of it. The same content comes in once a department."""

    __tablename__ = "visits_device_file"
    __table_args__ = (sa.UniqueConstraint("kind", "sha256"), sa.Index(None, "status", "id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[ExamKind] = mapped_column(status_type(ExamKind))
    name: Mapped[str] = mapped_column(sa.String(200), comment="as the device called it")
    sha256: Mapped[str] = mapped_column(sa.String(64), comment="of the file as it lay there")
    number: Mapped[str] = mapped_column(sa.String(30), default="", comment="what its name gave for a record number")
    status: Mapped[FileStatus] = mapped_column(status_type(FileStatus))
    reason: Mapped[str] = mapped_column(sa.String(100), default="", comment="why it waits or went")
    upload_id: Mapped[int | None] = mapped_column(sa.ForeignKey("uploads_upload.id"), comment="none: unreadable")
    visit_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Visit.id), index=True)
    found_at: Mapped[datetime] = mapped_column(UTCDateTime)
    handled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    handled_by: Mapped[str] = mapped_column(sa.String(60), default="")


class MachineBinding(Model):
    """Which patient sat at a recording machine, from when to when. A machine has one at a time."""

    __tablename__ = "visits_machine_binding"
    __table_args__ = (sa.UniqueConstraint("machine_id", "open_marker"), sa.Index(None, "visit_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    machine_id: Mapped[int] = mapped_column(sa.ForeignKey("hospital_workstation.id"))
    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patients_patient.id"), index=True)
    visit_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Visit.id))
    open_marker: Mapped[int | None] = mapped_column(sa.SmallInteger, default=1, comment="1 while it lasts")
    bound_at: Mapped[datetime] = mapped_column(UTCDateTime)
    bound_by: Mapped[str] = mapped_column(sa.String(60))
    unbound_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
