"""Importing projects from a file: each line by itself, and what became of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wxapp.core.db import db, transaction
from wxapp.core.errors import DomainError, Invalid
from wxapp.core.labels import Labelled
from wxapp.core.money import BASIS_POINTS, parse_yuan
from wxapp.hospital import project_sheet as sheet
from wxapp.hospital import queries
from wxapp.hospital.models import Project
from wxapp.hospital.services.catalogue import ProjectText, add_project, change_project
from wxapp.hospital.services.prices import set_price

MOST_FEN = 100_000_000
_BETWEEN = re.compile("[、；;]")


class Outcome(Labelled):
    """What became of a line."""

    ADDED = "added", "新增"
    CHANGED = "changed", "已更新"
    SAME = "same", "没有变化"
    REFUSED = "refused", "未导入"


@dataclass(frozen=True)
class Result:
    """A line with what became of it, and why it was refused."""

    line: int
    name: str
    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True)
class _Known:
    """What the cells of a line may name."""

    categories: Mapping[str, int]
    departments: Mapping[str, str]


class _Undone(Exception):
    """Takes back what a trial did."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome


def import_projects(lines: Sequence[sheet.Line], *, by: str, is_trial: bool = False) -> list[Result]:
    """Add and change projects as the lines say, each in a transaction of its own; return what became of each.

    A line with a code means the project of that code, one without means the project of its name. Imported again, a
    file changes nothing. A price that differs holds from now on.

    :param is_trial: change nothing, tell only
    """
    known = _Known(
        {row.name: row.id for row in queries.categories()},
        {word: one.kind for one in queries.exam_departments(only_active=False) for word in (one.label, one.kind)},
    )
    results = []
    for line in lines:
        name = line.cells.get(sheet.NAME, "")[:60]
        try:
            outcome = _import_line(line, known, by=by, is_trial=is_trial)
        except DomainError as refusal:
            results.append(Result(line.number, name, Outcome.REFUSED, refusal.message))
        else:
            results.append(Result(line.number, name, outcome))
    return results


def _import_line(line: sheet.Line, known: _Known, *, by: str, is_trial: bool) -> Outcome:
    try:
        with transaction():
            outcome = _take_line(line, known, by)
            if is_trial:
                raise _Undone(outcome)
    except _Undone as undone:
        return undone.outcome
    return outcome


def _take_line(line: sheet.Line, known: _Known, by: str) -> Outcome:
    code = line.cells.get(sheet.CODE, "")
    price_fen = _price(line.cells.get(sheet.PRICE, ""))
    named = Project.code == code if code else Project.name == line.cells.get(sheet.NAME, "")
    project = db.session.scalars(sa.select(Project).where(named)).one_or_none()
    text = _text_of(line, known, project)
    if project is None:
        add_project(text, price_fen=price_fen, by=by)
        return Outcome.ADDED
    before = project.version
    if _is_other(project, text):
        change_project(project.id, text, seen_version=project.version, by=by)
    if project.price_fen != price_fen:
        set_price(project.id, price_fen, valid_from=None, seen_version=project.version, by=by)
    return Outcome.CHANGED if project.version != before else Outcome.SAME


def _text_of(line: sheet.Line, known: _Known, project: Project | None) -> ProjectText:
    cells = line.cells
    text = ProjectText(
        category_id=_category(cells.get(sheet.CATEGORY) or _missing(sheet.CATEGORY), known),
        name=cells.get(sheet.NAME) or _missing(sheet.NAME),
        operation_name=cells.get(sheet.OPERATION, project.operation_name if project else ""),
        english_name=cells.get(sheet.ENGLISH, project.english_name if project else ""),
        code=cells.get(sheet.CODE, ""),
        share_bp=_share(cells[sheet.SHARE]) if cells.get(sheet.SHARE) else (project.share_bp if project else 0),
        exam_kinds=_exams(cells, known, project),
        is_active=_state(cells.get(sheet.STATE, ""), project),
    )
    for column, value, most in (
        (sheet.NAME, text.name, 60), (sheet.OPERATION, text.operation_name, 60), (sheet.ENGLISH, text.english_name, 80),
    ):  # fmt: skip
        if len(value) > most:
            raise Invalid({}, f"{column}不能超过{most}个字")
    return text


def _is_other(project: Project, text: ProjectText) -> bool:
    return (
        project.category_id,
        project.name,
        project.operation_name,
        project.english_name,
        project.share_bp,
        project.exam_kinds,
        project.is_active,
    ) != (
        text.category_id,
        " ".join(text.name.split()),
        " ".join(text.operation_name.split()),
        text.english_name,
        text.share_bp,
        " ".join(text.exam_kinds),
        text.is_active,
    )


def _missing(column: str) -> str:
    raise Invalid({}, f"没有填写{column}")


def _category(name: str, known: _Known) -> int:
    if name not in known.categories:
        raise Invalid({}, f"没有启用的分类“{name[:40]}”")
    return known.categories[name]


def _price(text: str) -> int:
    if not text:
        _missing(sheet.PRICE)
    try:
        price_fen = parse_yuan(text.replace(",", ""))
    except ValueError:
        raise Invalid({}, f"价格“{text[:20]}”不正确，例如 128 或 128.50") from None
    if price_fen > MOST_FEN:
        raise Invalid({}, "价格不能超过一百万元")
    return price_fen


def _share(text: str) -> int:
    try:
        share_bp = parse_yuan(text.removesuffix("%"))  # hundredths of a percent
    except ValueError:
        share_bp = BASIS_POINTS + 1
    if share_bp > BASIS_POINTS:
        raise Invalid({}, f"提成比例“{text[:20]}”应在0至100之间")
    return share_bp


def _exams(cells: Mapping[str, str], known: _Known, project: Project | None) -> tuple[str, ...]:
    if sheet.EXAMS not in cells:
        return tuple(project.exam_kinds.split()) if project else ()
    words = [word.strip() for word in _BETWEEN.split(cells[sheet.EXAMS]) if word.strip()]
    if unknown := [word for word in words if word not in known.departments]:
        raise Invalid({}, f"没有医技科“{unknown[0][:30]}”")
    return tuple(dict.fromkeys(known.departments[word] for word in words))


def _state(text: str, project: Project | None) -> bool:
    if not text:
        return project.is_active if project else True
    if text not in {sheet.ON, sheet.OFF}:
        raise Invalid({}, f"状态应为{sheet.ON}或{sheet.OFF}")
    return text == sheet.ON
