"""Reads for the pages of 医院配置: everything, also what is switched off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

from wxapp.core.db import Model, db
from wxapp.core.errors import NotFound
from wxapp.hospital.models import (
    Category,
    Code,
    CodeKind,
    ExamDepartment,
    Flow,
    Method,
    MethodKind,
    PriceFloor,
    Project,
    ProjectPrice,
    Workstation,
)

M = TypeVar("M", bound=Model)
MOST_PRICES = 100
"""Prices of a project that its page shows, the newest first."""
STATES = (("on", "启用"), ("off", "停用"))


def get(model: type[M], row_id: int) -> M:
    """:raises NotFound: there is no such row"""
    found = db.session.get(model, row_id)
    if found is None:
        raise NotFound
    return found


def _in_state(wanted: sa.Select[Any], column: Any, state: str) -> sa.Select[Any]:
    return wanted.where(column.is_(state == "on")) if state else wanted


def projects(*, q: str = "", category: str = "", state: str = "") -> sa.Select[Any]:
    """Projects with this in one of their names or their code."""
    wanted = sa.select(Project)
    if q:
        columns = (Project.name, Project.operation_name, Project.english_name, Project.code)
        wanted = wanted.where(sa.or_(*(column.contains(q, autoescape=True) for column in columns)))
    if category:
        wanted = wanted.where(Project.category_id == int(category))
    return _in_state(wanted, Project.is_active, state)


def all_projects(*, limit: int) -> Sequence[Project]:
    """Return projects by category and name, for a file."""
    return db.session.scalars(sa.select(Project).order_by(Project.category_id, Project.name).limit(limit)).all()


def categories() -> sa.Select[Any]:
    """Each category with how many active projects it has."""
    counted = (
        sa.select(sa.func.count(Project.id))
        .where(Project.category_id == Category.id, Project.is_active)
        .correlate(Category)
        .scalar_subquery()
    )
    return sa.select(
        Category.id,
        Category.name,
        Category.position,
        Category.is_active,
        Category.changed_at,
        Category.changed_by,
        counted.label("projects"),
    )


def prices_of(project_id: int) -> Sequence[ProjectPrice]:
    """Return a project's prices, the one that holds last first."""
    wanted = sa.select(ProjectPrice).where(ProjectPrice.project_id == project_id)
    return db.session.scalars(
        wanted.order_by(ProjectPrice.valid_from.desc(), ProjectPrice.id.desc()).limit(MOST_PRICES)
    ).all()


def floors() -> Sequence[PriceFloor]:
    wanted = sa.select(PriceFloor).order_by(PriceFloor.role, PriceFloor.category_id)
    return db.session.scalars(wanted).all()


def methods(*, kind: str = "", state: str = "") -> sa.Select[Any]:
    wanted = sa.select(Method)
    if kind:
        wanted = wanted.where(Method.kind == MethodKind(kind))
    return _in_state(wanted, Method.is_active, state)


def departments() -> sa.Select[Any]:
    return sa.select(ExamDepartment)


def workstations(*, q: str = "", state: str = "") -> sa.Select[Any]:
    """Workstations with this in their name, room or machine code."""
    wanted = sa.select(Workstation)
    if q:
        columns = (Workstation.name, Workstation.room, Workstation.machine)
        wanted = wanted.where(sa.or_(*(column.contains(q, autoescape=True) for column in columns)))
    return _in_state(wanted, Workstation.is_active, state)


def codes(*, kind: str = "", state: str = "") -> sa.Select[Any]:
    wanted = sa.select(Code)
    if kind:
        wanted = wanted.where(Code.kind == CodeKind(kind))
    return _in_state(wanted, Code.is_active, state)


def flow_versions() -> sa.Select[Any]:
    return sa.select(Flow)
