"""Sheets of paper: a value that says what stands on one, shown as a print page or drawn as a PDF, in A4 or A5.

Packages make a :class:`Sheet`; :func:`printed` answers with it::

    return sheets.printed(sheet, read_form(PrintForm), file_name=f"项目单-{visit.visit_no}")

Both forms come from the same value, so that a figure can't differ between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from flask import make_response
from flask.wrappers import Response
from pydantic import Field

from wxapp.admin.answers import Page
from wxapp.core.forms import Form


class Paper(StrEnum):
    A4 = "a4"
    A5 = "a5"


class Shape(StrEnum):
    """A page for the browser to print, or a document to keep or send on."""

    PAGE = "page"
    PDF = "pdf"


class PrintForm(Form):
    """What a print button sends."""

    paper: Paper = Field(Paper.A4, title="纸张")
    shape: Shape = Field(Shape.PAGE, title="格式")


@dataclass(frozen=True)
class Head:
    """The head of a column."""

    label: str
    is_number: bool = False


@dataclass(frozen=True)
class Sheet:
    """What stands on a sheet; every text is ready to be read.

    :ivar hospital: its name, on top
    :ivar number: number of what is printed
    :ivar copy: which print of it this is, from 1; from the second on it is said
    :ivar facts: label and value, beside each other above the table
    :ivar rows: as many texts each as there are columns
    :ivar totals: label and amount below the table
    :ivar signatures: who signs, below
    :ivar printed: by whom and when, at the foot
    """

    hospital: str
    title: str
    number: str
    copy: int
    facts: Sequence[tuple[str, str]]
    columns: Sequence[Head]
    rows: Sequence[Sequence[str]]
    totals: Sequence[tuple[str, str]] = ()
    notes: Sequence[str] = ()
    signatures: Sequence[str] = ()
    printed: str = ""

    @property
    def copy_text(self) -> str:
        """Return what says that this is not the first print, "" on the first."""
        return f"第{self.copy}次打印" if self.copy > 1 else ""


def printed(sheet: Sheet, form: PrintForm, *, file_name: str) -> Page | Response:
    """Answer with the sheet on the paper and in the form that were asked for. The caller has counted and logged it."""
    if form.shape is Shape.PAGE:
        return Page("admin/print_sheet.html", sheet=sheet, paper=form.paper.value)
    from wxapp.admin import pdf_sheets  # some ten megabytes that only PDFs need

    response = make_response(pdf_sheets.draw(sheet, paper=form.paper.value))
    response.content_type = "application/pdf"
    response.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(file_name)}.pdf"
    response.headers["Cache-Control"] = "private, no-store"
    return response
