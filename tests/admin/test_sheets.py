"""Sheets of paper: the same figures on the page and in the PDF, on A4 and A5, over several pages."""

from __future__ import annotations

import io
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader

from wxapp.admin import pdf_sheets, sheets
from wxapp.admin.answers import Page
from wxapp.admin.sheets import Head, Paper, PrintForm, Shape, Sheet

MILLIMETRE = 72 / 25.4


def make_sheet(*, lines: int = 2, **over: Any) -> Sheet:
    values: dict[str, Any] = {
        "hospital": "示例医院",
        "title": "客户项目单",
        "number": "HOSP26030201",
        "copy": 1,
        "facts": [("客户", "王芳"), ("病历号", "HOSP26030201"), ("咨询师", "")],
        "columns": (Head("项目"), Head("单价（元）", True), Head("数量", True), Head("金额（元）", True)),
        "rows": [(f"项目{number}", "1280.05", "2", "2560.10") for number in range(lines)],
        "totals": [("总价", "5120.20"), ("最终价", "4999.99")],
        "notes": ["备注：<b>第二次</b>来院 & 复查"],
        "signatures": ("客户签字", "咨询师签字"),
        "printed": "打印：李明 2026-03-02 10:00",
        **over,
    }
    return Sheet(**values)


def read(pdf: bytes) -> tuple[str, list[tuple[float, float]]]:
    pages = PdfReader(io.BytesIO(pdf)).pages
    sizes = [(float(page.mediabox.width), float(page.mediabox.height)) for page in pages]
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pages)), sizes


@pytest.mark.parametrize(("paper", "width", "height"), [("a4", 210, 297), ("a5", 148, 210)])
def test_a_pdf_says_everything_to_the_fen_on_the_paper_asked_for(paper: str, width: int, height: int) -> None:
    text, sizes = read(pdf_sheets.draw(make_sheet(), paper=paper))
    assert [(round(w / MILLIMETRE), round(h / MILLIMETRE)) for w, h in sizes] == [(width, height)]
    for told in (
        "示例医院", "客户项目单", "编号HOSP26030201", "客户：王芳", "咨询师：—", "项目0", "1280.05", "2560.10",
        "总价5120.20", "最终价4999.99", "备注：<b>第二次</b>来院&复查", "客户签字：", "打印：李明", "第1页",
    ):  # fmt: skip
        assert told in text
    assert "次打印" not in text


def test_a_reprint_says_which_one_it_is() -> None:
    text, _ = read(pdf_sheets.draw(make_sheet(copy=3), paper="a4"))
    assert "第3次打印" in text


def test_a_long_table_goes_on_under_its_heads() -> None:
    text, sizes = read(pdf_sheets.draw(make_sheet(lines=120), paper="a5"))
    assert len(sizes) > 2
    assert text.count("单价（元）") == len(sizes) or text.count("单价（元）") == len(sizes) - 1
    assert text.count("2560.10") == 120


def test_names_that_the_font_does_not_know_and_long_ones_are_drawn_too() -> None:
    names = ["𠮷野家😀", "很长的名称" * 20, "A" * 200]
    sheet = make_sheet(rows=[(name, "1.00", "1", "1.00") for name in names], facts=[("客户", "𠮷")])
    text, _ = read(pdf_sheets.draw(sheet, paper="a5"))
    assert "很长的名称" in text


def test_documents_are_drawn_well_at_the_same_time() -> None:
    def draw(number: int) -> bool:
        made = make_sheet(number=f"NO{number:04d}", rows=[(f"项目{number}", "1.00", "1", "1.00")])
        text, _ = read(pdf_sheets.draw(made, paper="a4"))
        return f"编号NO{number:04d}" in text and f"项目{number}" in text

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(draw, range(24)))


def test_a_page_and_a_document_come_from_the_same_sheet(app: Flask, database: None) -> None:
    with app.test_request_context():
        page = sheets.printed(make_sheet(), PrintForm(paper=Paper.A5), file_name="项目单")
        assert isinstance(page, Page)
        assert (page.template, page.variables["paper"]) == ("admin/print_sheet.html", "a5")
        document = sheets.printed(make_sheet(), PrintForm(shape=Shape.PDF), file_name="项目单-1")
        assert not isinstance(document, Page)
        assert document.content_type == "application/pdf"
        assert document.headers["Cache-Control"] == "private, no-store"
        assert document.headers["Content-Disposition"].endswith("%E9%A1%B9%E7%9B%AE%E5%8D%95-1.pdf")
        assert document.get_data().startswith(b"%PDF-")
