"""Projects as a table in a file (CSV): what is exported can be changed in a spreadsheet and imported again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wxapp.admin.export import defused
from wxapp.core.errors import Invalid
from wxapp.core.money import yuan
from wxapp.hospital.models import Project
from wxapp.hospital.rules.percents import percent

MOST_BYTES = 1024 * 1024
MOST_LINES = 1000

CODE, NAME, OPERATION, ENGLISH = "编码", "名称", "手术名称", "英文名"
CATEGORY, PRICE, SHARE, EXAMS, STATE = "分类", "价格", "提成比例%", "需要的检查", "状态"
COLUMNS = (CODE, NAME, OPERATION, ENGLISH, CATEGORY, PRICE, SHARE, EXAMS, STATE)
MUST = (NAME, CATEGORY, PRICE)
"""Columns that a file must have; of the others, one that is missing changes nothing."""
ON, OFF = "启用", "停用"


@dataclass(frozen=True)
class Line:
    """A line of a file, as it was typed; ``cells`` has only the columns that the file has."""

    number: int
    cells: Mapping[str, str]


def to_csv(
    projects: Iterable[Project], *, categories: Mapping[int, str], departments: Mapping[str, str]
) -> bytes:  # fmt: skip
    """Return projects as a file that spreadsheets open; no cell is taken for a formula."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    for one in projects:
        exams = "、".join(departments.get(kind, kind) for kind in one.exam_kinds.split())
        cells = (
            one.code, one.name, one.operation_name, one.english_name, categories.get(one.category_id, ""),
            yuan(one.price_fen), percent(one.share_bp), exams, ON if one.is_active else OFF,
        )  # fmt: skip
        writer.writerow([defused(cell) for cell in cells])
    return written.getvalue().encode("utf-8-sig")


def read_csv(raw: bytes) -> list[Line]:
    """Return the lines of a file, without empty ones.

    :raises Invalid: no table, a column that is missing or unknown, or too many lines
    """
    rows = list(_rows(_text(raw)))
    if not rows:
        raise Invalid({"file": "文件是空的"})
    head = [cell.strip() for cell in rows[0]]
    _check_head(head)
    lines = [
        Line(number, dict(zip(head, (_plain(cell) for cell in row), strict=False)))
        for number, row in enumerate(rows[1:], start=2)
        if any(cell.strip() for cell in row)
    ]
    if len(lines) > MOST_LINES:
        raise Invalid({"file": f"一次最多导入{MOST_LINES}行，请分成几个文件"})
    return lines


def _text(raw: bytes) -> str:
    if len(raw) > MOST_BYTES:
        raise Invalid({"file": "文件不能超过1MB"})
    for encoding in ("utf-8-sig", "gb18030"):  # what spreadsheets here write
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Invalid({"file": "无法识别文件，请另存为CSV格式后再上传"})


def _rows(text: str) -> Sequence[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text), strict=True))
    except csv.Error:
        raise Invalid({"file": "表格格式不正确，请另存为CSV格式后再上传"}) from None


def _check_head(head: list[str]) -> None:
    if missing := [name for name in MUST if name not in head]:
        raise Invalid({"file": f"缺少列：{'、'.join(missing)}"})
    if unknown := [name for name in head if name not in COLUMNS]:
        raise Invalid({"file": f"不认识的列：{'、'.join(unknown)[:60]}"})
    if len(set(head)) != len(head):
        raise Invalid({"file": "有重复的列"})


def _plain(cell: str) -> str:
    """Return a cell without the sign that kept it from being a formula."""
    text = cell.strip()
    return text[1:] if text.startswith("'") and defused(text[1:]) == text else text
