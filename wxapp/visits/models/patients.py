"""What intake writes down of a patient besides the record."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.crypto import Encrypted
from wxapp.core.db import BigId, Model, UTCDateTime, status_type
from wxapp.visits.models.visits import Part


class Profile(Model):
    """Where a patient lives and how he was won; one row a patient."""

    __tablename__ = "visits_profile"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patients_patient.id"), unique=True)
    province: Mapped[str] = mapped_column(sa.String(30), default="")
    city: Mapped[str] = mapped_column(sa.String(30), default="")
    area: Mapped[str] = mapped_column(sa.String(30), default="")
    address: Mapped[str | None] = mapped_column(Encrypted("visits_profile.address"))
    tag: Mapped[int] = mapped_column(sa.Integer, default=0, comment="code of the hospital's tag")
    lead_referrer_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_by: Mapped[str] = mapped_column(sa.String(60))


class ProfilePerson(Model):
    """A referrer or escort of the patient: what the next visit begins with."""

    __tablename__ = "visits_profile_person"
    __table_args__ = (sa.UniqueConstraint("patient_id", "part", "position"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patients_patient.id"))
    part: Mapped[Part] = mapped_column(status_type(Part))
    position: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff_member.id"))
    name: Mapped[str] = mapped_column(sa.String(40))
