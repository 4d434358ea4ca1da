"""Reads of the directory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import defer

from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.directory.models import Physician

CHIEF = "主任医师"


def shown_physicians(*, title: str = "", department: str = "", text: str = "", limit: int = 300) -> Sequence[Physician]:
    """Return the physicians who are shown, in the order staff gave them; without their profiles.

    :param text: part of a name, a department or what somebody is good at
    """
    statement = (
        sa.select(Physician)
        .options(defer(Physician.profile, raiseload=True))
        .where(Physician.is_shown)
        .order_by(Physician.position, Physician.id)
        .limit(limit)
    )
    if title:
        statement = statement.where(Physician.title == title)
    if department:
        statement = statement.where(Physician.department == department)
    if text:
        columns = (Physician.name, Physician.department, Physician.good_at)
        statement = statement.where(sa.or_(*(column.contains(text, autoescape=True) for column in columns)))
    return db.session.scalars(statement).all()


def shown_departments() -> Sequence[str]:
    """Return the departments of the physicians who are shown, by the first of each in the order of staff."""
    statement = (
        sa.select(Physician.department)
        .where(Physician.is_shown)
        .group_by(Physician.department)
        .order_by(sa.func.min(Physician.position), Physician.department)
        .limit(100)
    )
    return db.session.scalars(statement).all()


def shown_physician(physician_id: int) -> Physician:
    """:raises NotFound: no such physician, or not shown"""
    physician = db.session.get(Physician, physician_id)
    if physician is None or not physician.is_shown:
        raise NotFound
    return physician


def get_physician(physician_id: int) -> Physician:
    """:raises NotFound: no such physician"""
    physician = db.session.get(Physician, physician_id)
    if physician is None:
        raise NotFound
    return physician


def physicians_for_staff(*, name: str, department: str) -> sa.Select[Any]:
    """Return the list of physicians, those who are not shown too."""
    statement = sa.select(Physician)
    if name:
        statement = statement.where(Physician.name.contains(name, autoescape=True))
    if department:
        statement = statement.where(Physician.department.contains(department, autoescape=True))
    return statement
