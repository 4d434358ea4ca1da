"""Reads of the hospital's configuration, for the packages above."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from wxapp.core.crypto import blind_index
from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.hospital.models import (
    Category,
    Code,
    CodeKind,
    ExamDepartment,
    Flow,
    Method,
    PriceFloor,
    Project,
    ProjectPrice,
    Workstation,
)
from wxapp.hospital.rules import flows
from wxapp.hospital.rules.floors import Floor

MOST_FOUND = 50
TOKEN_CONTEXT = "hospital_workstation.token"  # noqa: S105 - the name of a hash's context


def find_projects(name: str, *, limit: int = MOST_FOUND) -> Sequence[Project]:
    """Return active projects with this in their name, operation name, English name or code."""
    text = name.strip()
    if not text:
        return []
    like = [
        column.contains(text, autoescape=True)
        for column in (Project.name, Project.operation_name, Project.english_name, Project.code)
    ]
    wanted = sa.select(Project).where(Project.is_active, sa.or_(*like)).order_by(Project.name).limit(limit)
    return db.session.scalars(wanted).all()


def projects_by_id(project_ids: Iterable[int]) -> dict[int, Project]:
    ids = set(project_ids)
    rows = db.session.scalars(sa.select(Project).where(Project.id.in_(ids))) if ids else ()
    return {project.id: project for project in rows}


def categories(*, only_active: bool = True) -> Sequence[Category]:
    wanted = sa.select(Category).order_by(Category.position, Category.id)
    return db.session.scalars(wanted.where(Category.is_active) if only_active else wanted).all()


def category_names(category_ids: Iterable[int]) -> dict[int, str]:
    ids = set(category_ids)
    rows = db.session.execute(sa.select(Category.id, Category.name).where(Category.id.in_(ids))) if ids else ()
    return {row.id: row.name for row in rows}


def due_prices(now: datetime, *, limit: int) -> Sequence[ProjectPrice]:
    """Return prices that should hold by now and don't, the oldest first."""
    wanted = (
        sa.select(ProjectPrice)
        .join(Project, Project.id == ProjectPrice.project_id)
        .where(
            ProjectPrice.withdrawn == 0, ProjectPrice.valid_from <= now, ProjectPrice.valid_from > Project.priced_from
        )
        .order_by(ProjectPrice.valid_from, ProjectPrice.id)
        .limit(limit)
    )
    return db.session.scalars(wanted).all()


def methods(*, only_active: bool = True) -> Sequence[Method]:
    """Return methods, banks and lenders in the order of the settings."""
    wanted = sa.select(Method).order_by(Method.position, Method.id)
    return db.session.scalars(wanted.where(Method.is_active) if only_active else wanted).all()


def methods_by_name(names: Iterable[str]) -> dict[str, Method]:
    """Return active methods by their names, with one question."""
    wanted = set(names)
    rows = db.session.scalars(sa.select(Method).where(Method.name.in_(wanted), Method.is_active)) if wanted else ()
    return {method.name: method for method in rows}


def read_again(methods: Iterable[Method]) -> None:
    """Read methods again with one question: rows from before a transaction would be read one by one inside it."""
    states = [sa.inspect(method) for method in methods]
    stale = {state.identity[0] for state in states if state.expired and state.identity}
    if stale:
        db.session.scalars(sa.select(Method).where(Method.id.in_(stale))).all()


def newest_flow_id() -> int | None:
    """Return the version of the flow in force; None for the built-in one."""
    return db.session.scalar(sa.select(sa.func.max(Flow.id)))


def flow_of(flow_id: int | None) -> flows.FlowRules:
    """Return a version of the flow; the built-in one for None."""
    if flow_id is None:
        return flows.BUILT_IN
    return flows.from_text(db.session.get_one(Flow, flow_id).steps)


def floors() -> list[Floor]:
    return [
        Floor(*row)
        for row in db.session.execute(sa.select(PriceFloor.role, PriceFloor.category_id, PriceFloor.floor_bp))
    ]


def exam_departments(*, only_active: bool = True) -> Sequence[ExamDepartment]:
    wanted = sa.select(ExamDepartment).order_by(ExamDepartment.position, ExamDepartment.id)
    return db.session.scalars(wanted.where(ExamDepartment.is_active) if only_active else wanted).all()


def codes(kind: CodeKind, *, only_active: bool = True) -> Sequence[Code]:
    wanted = sa.select(Code).where(Code.kind == kind).order_by(Code.position, Code.code)
    return db.session.scalars(wanted.where(Code.is_active) if only_active else wanted).all()


def get_workstation(machine: str) -> Workstation:
    """:raises NotFound: no active workstation has this machine code"""
    found = db.session.scalars(
        sa.select(Workstation).where(Workstation.machine == machine, Workstation.is_active)
    ).one_or_none()
    if found is None:
        raise NotFound("机器码未登记，请先在“电脑配置”中添加")
    return found


def find_workstation_by_token(token: str) -> Workstation | None:
    wanted = sa.select(Workstation).where(Workstation.token_hash == token_hash(token), Workstation.is_active)
    return db.session.scalars(wanted).one_or_none()


def token_hash(token: str) -> str:
    """Return what is kept of a workstation's token."""
    return blind_index(token, context=TOKEN_CONTEXT)
