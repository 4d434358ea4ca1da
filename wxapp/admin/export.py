"""Tables as spreadsheets. Their own right is checked, each export is in the audit log."""

from __future__ import annotations

import io
import re

from flask import send_file
from flask.wrappers import Response

from wxapp.admin import audit, cells, identity
from wxapp.admin.tables import TableView
from wxapp.core import clock
from wxapp.core.errors import Forbidden, Invalid, NotFound
from wxapp.core.permissions import Permission

MOST_ROWS = 20_000
_AT_ONCE = 1000
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_NOT_IN_NAMES = re.compile(r"[\\/*?:\[\]]")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def defused(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    text = _UNPRINTABLE.sub("", text)
    return f"'{text}" if text.startswith(_FORMULA) else text


def exported(view: TableView, kind: str) -> Response:
    """Answer the whole filtered table as a spreadsheet.

    :raises Forbidden: this person may not export
    :raises Invalid: the filters are wrong, or more rows than one file may have
    """
    if kind != "xlsx" or not view.table.is_exportable:
        raise NotFound
    if not identity.current_staff().may(Permission.TABLE_EXPORT):
        audit.record("table.export", view.table.id, view.told(), result=audit.DENIED)
        raise Forbidden("您没有导出表格的权限")
    if view.errors:
        raise Invalid(view.errors)
    rows = _all_rows(view)
    audit.record("table.export", view.table.id, "；".join(filter(None, [f"{len(rows)}行", view.told()])))
    stamp = clock.local(clock.now()).strftime("%Y%m%d-%H%M%S")
    return send_file(
        _workbook(view, rows), mimetype=XLSX, as_attachment=True, download_name=f"{view.table.title}-{stamp}.xlsx"
    )


def _all_rows(view: TableView) -> list[object]:
    rows: list[object] = []
    while len(page := view.fetch(len(rows), _AT_ONCE)):
        rows += page
        if len(rows) > MOST_ROWS:
            raise Invalid({}, f"结果超过{MOST_ROWS}行，请缩小筛选范围后再导出")
        if len(page) < _AT_ONCE:
            break
    return rows


def _workbook(view: TableView, rows: list[object]) -> io.BytesIO:
    # Loaded with the first export: eight megabytes that the scheduler and most workers never need.
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

    book = Workbook(write_only=True)
    page = book.create_sheet(_NOT_IN_NAMES.sub("", view.table.title)[:31] or "表格")
    assert isinstance(page, WriteOnlyWorksheet)
    page.freeze_panes = "A2"
    heads = []
    for column in view.table.columns:
        head = WriteOnlyCell(page, value=defused(column.label))
        head.font = Font(bold=True)
        heads.append(head)
    page.append(heads)
    for row in rows:
        line = []
        for column in view.table.columns:
            value = cells.sheet(column, row)
            cell = WriteOnlyCell(page, value=defused(value) if isinstance(value, str) else value)
            if column.kind == "money":
                cell.number_format = "#,##0.00"
            line.append(cell)
        page.append(line)
    written = io.BytesIO()
    book.save(written)
    written.seek(0)
    return written
