"""Checking the lines of a quote against the projects that the hospital offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wxapp.core.errors import Invalid
from wxapp.core.money import MAX_FEN, yuan
from wxapp.hospital import queries as hospital
from wxapp.hospital.models import Project
from wxapp.hospital.rules.floors import PricedLine
from wxapp.visits.models import QuoteLine

MOST_LINES = 100
MOST_PIECES = 999


@dataclass(frozen=True)
class QuotedLine:
    """A project as somebody quotes it.

    :ivar price_fen: of one piece
    :ivar name: as the caller saw it; empty: not compared with the catalogue
    :ivar category_id: as the caller saw it; 0: not compared
    """

    project_id: int
    count: int
    price_fen: int
    name: str = ""
    category_id: int = 0


@dataclass(frozen=True)
class CheckedLine:
    """A line that may be quoted, with what the catalogue says of it."""

    project_id: int
    category_id: int
    name: str
    code: str
    price_fen: int
    list_price_fen: int
    count: int

    @property
    def quoted_fen(self) -> int:
        return self.price_fen * self.count

    def for_floors(self) -> PricedLine:
        return PricedLine(self.category_id, self.quoted_fen, self.list_price_fen * self.count)


def check_lines(lines: Sequence[QuotedLine], *, standing: Sequence[QuoteLine] = ()) -> list[CheckedLine]:
    """Return the lines with the names, categories and prices of the catalogue.

    A price below the list is allowed; review sees it. What the quote that counts already has stays allowed with the
    names and prices of then: a project that was renamed, made cheaper or switched off since does not block a change.

    :param standing: the lines of the quote that counts
    :raises Invalid: no line or too many, or a line that is not as the catalogue has it
    """
    if not lines:
        raise Invalid({}, "请至少选择一个项目")
    if len(lines) > MOST_LINES:
        raise Invalid({}, f"一份报价最多{MOST_LINES}个项目")
    projects = hospital.projects_by_id(line.project_id for line in lines)
    kept = {line.project_id: line for line in standing}
    return [
        _checked(place, line, projects.get(line.project_id), kept.get(line.project_id))
        for place, line in enumerate(lines, start=1)
    ]


def _checked(place: int, line: QuotedLine, project: Project | None, kept: QuoteLine | None) -> CheckedLine:
    label = f"第{place}个项目"
    if not 1 <= line.count <= MOST_PIECES:
        raise Invalid({}, f"{label}的数量应为1至{MOST_PIECES}")
    if kept is not None and _is_as(line, kept.name, kept.category_id, kept.list_price_fen):
        return CheckedLine(
            line.project_id, kept.category_id, kept.name, kept.project_code, line.price_fen, kept.list_price_fen,
            line.count,
        )  # fmt: skip
    if project is None or not project.is_active:
        raise Invalid({}, f"{label}不在价目表中，请重新选择")
    if line.name and line.name != project.name:
        raise Invalid({}, f"{label}的名称与价目表不符，应为“{project.name}”")
    if line.category_id and line.category_id != project.category_id:
        raise Invalid({}, f"{label}“{project.name}”的分类与价目表不符")
    if line.price_fen > project.price_fen:
        raise Invalid({}, f"{label}“{project.name}”的单价高于价目表的{yuan(project.price_fen)}元")
    return CheckedLine(
        project.id, project.category_id, project.name, project.code, line.price_fen, project.price_fen, line.count
    )


def _is_as(line: QuotedLine, name: str, category_id: int, list_price_fen: int) -> bool:
    return (
        line.name in {"", name} and line.category_id in {0, category_id} and 0 <= line.price_fen <= list_price_fen
    )  # fmt: skip


def total_of(lines: Sequence[CheckedLine]) -> int:
    """Return the sum of price × count.

    :raises Invalid: more than any amount may be
    """
    total = sum(line.quoted_fen for line in lines)
    if total > MAX_FEN:
        raise Invalid({}, "报价总额过大")
    return total
