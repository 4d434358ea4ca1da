"""Projects that the hospital offers, and what they cost."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.db import BigId, Fen, Model, UTCDateTime


class Category(Model):
    """A category of projects (项目分类); visits name some as what the patient is interested in."""

    __tablename__ = "hospital_category"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40), unique=True, comment="without a comma")
    position: Mapped[int] = mapped_column(sa.Integer, default=100)
    is_active: Mapped[bool] = mapped_column(sa.Boolean, default=True)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_by: Mapped[str] = mapped_column(sa.String(60))


class Project(Model):
    """Something that can be quoted."""

    __tablename__ = "hospital_project"
    __table_args__ = (
        sa.CheckConstraint("price_fen >= 0", name="price"),
        sa.CheckConstraint("share_bp BETWEEN 0 AND 10000", name="share"),
        sa.Index(None, "is_active", "name"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    category_id: Mapped[int] = mapped_column(sa.ForeignKey(Category.id), index=True)
    name: Mapped[str] = mapped_column(sa.String(60), unique=True, comment="without a comma")
    operation_name: Mapped[str] = mapped_column(sa.String(60), default="")
    english_name: Mapped[str] = mapped_column(sa.String(80), default="")
    code: Mapped[str] = mapped_column(sa.String(20), unique=True, comment="ten digits")
    price_fen: Mapped[int] = mapped_column(Fen, comment="in force now; the history is in hospital_project_price")
    priced_from: Mapped[datetime] = mapped_column(UTCDateTime, comment="since when this price holds")
    share_bp: Mapped[int] = mapped_column(sa.Integer, default=0, comment="of incentives, in basis points")
    second: Mapped[int] = mapped_column(sa.SmallInteger, default=1, comment="1 or 2; kept for programs that read it")
    exam_kinds: Mapped[str] = mapped_column(sa.String(120), default="", comment="kinds of examination, with blanks")
    is_active: Mapped[bool] = mapped_column(sa.Boolean, default=True)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_by: Mapped[str] = mapped_column(sa.String(60))


class ProjectPrice(Model):
    """A price of a project and from when it holds; one in the future is put in force by a job, or withdrawn before."""

    __tablename__ = "hospital_project_price"
    __table_args__ = (sa.UniqueConstraint("project_id", "valid_from", "withdrawn"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    project_id: Mapped[int] = mapped_column(sa.ForeignKey(Project.id))
    price_fen: Mapped[int] = mapped_column(Fen)
    valid_from: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    made_by: Mapped[str] = mapped_column(sa.String(60))
    withdrawn: Mapped[int] = mapped_column(sa.BigInteger, default=0, comment="0: stands; else the row's own id")
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    withdrawn_by: Mapped[str | None] = mapped_column(sa.String(60))


class PriceFloor(Model):
    """The lowest share of the list price that a role may give: of one category, or of all that name none.

    ``category_id`` 0 stands for all categories.
    """

    __tablename__ = "hospital_price_floor"
    __table_args__ = (
        sa.UniqueConstraint("role", "category_id"),
        sa.CheckConstraint("floor_bp BETWEEN 0 AND 10000", name="floor"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    role: Mapped[str] = mapped_column(sa.String(40), comment="name of a role, e.g. consultant")
    category_id: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    floor_bp: Mapped[int] = mapped_column(sa.Integer, comment="8000: not below 80 % of the list price")
    version: Mapped[int] = mapped_column(sa.Integer, default=1)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_by: Mapped[str] = mapped_column(sa.String(60))
