"""Values as staff type or paste them: a line each, columns by tab or ``|``, e.g. from a spreadsheet.

::

    【血常规】
    白细胞计数 | 11.2 | 10^9/L | 3.5–9.5
    尿蛋白     | 阴性 |        | 阴性
    肌酐       | 88   | μmol/L | 41–73 | 偏高 | 2160-0
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from wxapp.core.errors import Invalid
from wxapp.reports import rules
from wxapp.reports.incoming import Flag, IncomingValue

COLUMNS = "项目名称 | 结果 | 单位 | 参考范围 | 提示 | 编码"
_SECTION = re.compile(r"[【\[](?P<name>[^】\]]*)[】\]]")
_FLAGS = {
    "": Flag.NONE,
    **{flag.label: flag for flag in Flag if flag.label},
    "↑": Flag.HIGH,
    "H": Flag.HIGH,
    "高": Flag.HIGH,
    "↓": Flag.LOW,
    "L": Flag.LOW,
    "低": Flag.LOW,
    "↑↑": Flag.CRITICAL_HIGH,
    "HH": Flag.CRITICAL_HIGH,
    "↓↓": Flag.CRITICAL_LOW,
    "LL": Flag.CRITICAL_LOW,
    "N": Flag.NORMAL,
    "A": Flag.ABNORMAL,
    "*": Flag.ABNORMAL,
    "阳性": Flag.ABNORMAL,
}


def read_lines(text: str, *, field: str = "lines") -> tuple[IncomingValue, ...]:
    """Return the values that lines tell; empty lines are passed over.

    :raises Invalid: naming the first line that can't be understood
    """
    values: list[IncomingValue] = []
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        if found := _SECTION.fullmatch(line.strip()):
            section = found["name"].strip()
        else:
            values.append(_read_line(line.strip(" "), number, section, field))
    return tuple(values)


def _read_line(line: str, number: int, section: str, field: str) -> IncomingValue:
    cells = [cell.strip() for cell in re.split(r"\t|[|｜]", line)]
    if len(cells) < 2 or not cells[0] or not cells[1]:
        raise Invalid({field: f"第{number}行至少要有项目名称和结果，各列用Tab或“|”分开"})
    if len(cells) > 6:
        raise Invalid({field: f"第{number}行的列太多，应为：{COLUMNS}"})
    name, text, unit, reference, flag, code = [*cells, "", "", "", ""][:6]
    if flag.upper() not in _FLAGS:
        raise Invalid(
            {field: f"第{number}行的提示“{flag[:10]}”无法识别，可填：正常、偏高、偏低、异常、危急偏高、危急偏低"}
        )
    low, high = rules.bounds_of(reference)
    plain = rules.parse_number(text)
    return IncomingValue(
        name=name,
        text=text,
        code=code,
        number="" if plain is None else str(plain),
        unit=unit,
        reference=reference,
        low=low,
        high=high,
        flag=_FLAGS[flag.upper()],
        group=section,
    )


def as_typed(value: IncomingValue) -> IncomingValue:
    """Return a value as it comes back from a form in which nobody has touched it."""
    return replace(
        value,
        name=_plain(value.name),
        text=_plain(value.text),
        code=_plain(value.code),
        unit=_plain(value.unit),
        reference=_plain(value.reference),
    )


def write_lines(values: Sequence[IncomingValue]) -> str:
    """Return values as lines, for a form in which they are corrected."""
    lines: list[str] = []
    section = ""
    for value in values:
        if value.group != section:
            section = value.group
            lines.append(f"【{section}】")
        code = "" if value.code == value.name[:60] else value.code
        cells = [value.name, value.text, value.unit, value.reference, value.flag.label, code]
        while not cells[-1]:
            cells.pop()
        lines.append(" | ".join(_plain(cell) for cell in cells))
    return "\n".join(lines)


def _plain(cell: str) -> str:
    """Return a cell without what would cut the line."""
    return re.sub(r"[\s|｜]+", " ", cell)
