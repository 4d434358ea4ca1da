"""Sheets drawn as PDF, with the font that the posters are drawn with."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache
from html import escape
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4, A5
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

_FONTS = Path(__file__).resolve().parents[1] / "fonts"
_PLAIN, _BOLD = "NotoSansSC-Regular", "NotoSansSC-Bold"
_PAPERS = {"a4": A4, "a5": A5}
_SIZES = {"a4": 10.0, "a5": 8.0}
_MARGINS = {"a4": 16 * mm, "a5": 10 * mm}
_INK, _LINE = colors.black, colors.HexColor("#888888")

_drawing = Lock()
"""A font's file is read at a place that all documents share: one is drawn at a time. A sheet takes some 20 ms."""


class _Head(Protocol):
    @property
    def label(self) -> str: ...

    @property
    def is_number(self) -> bool: ...


class Drawable(Protocol):
    """A sheet as :mod:`wxapp.admin.sheets` describes it."""

    @property
    def hospital(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def copy_text(self) -> str: ...
    @property
    def facts(self) -> Sequence[tuple[str, str]]: ...
    @property
    def columns(self) -> Sequence[_Head]: ...
    @property
    def rows(self) -> Sequence[Sequence[str]]: ...
    @property
    def totals(self) -> Sequence[tuple[str, str]]: ...
    @property
    def notes(self) -> Sequence[str]: ...
    @property
    def signatures(self) -> Sequence[str]: ...
    @property
    def printed(self) -> str: ...


def draw(sheet: Drawable, *, paper: str) -> bytes:
    """Return the sheet as a PDF on ``a4`` or ``a5``; a long table goes on on further pages under its heads."""
    size, margin = _PAPERS[paper], _MARGINS[paper]
    buffer = io.BytesIO()
    with _drawing:
        _know_fonts()
        document = SimpleDocTemplate(
            buffer,
            pagesize=size,
            leftMargin=margin,
            rightMargin=margin,
            topMargin=margin,
            bottomMargin=margin + 6 * mm,
            title=f"{sheet.title} {sheet.number}",
            author=sheet.hospital,
        )
        pen = _Pen(_SIZES[paper], size[0] - 2 * margin)

        def foot(canvas: Any, made: Any) -> None:
            canvas.setFont(_PLAIN, pen.size * 0.8)
            canvas.drawString(margin, margin, sheet.printed)
            canvas.drawRightString(size[0] - margin, margin, f"第{made.page}页")

        document.build(pen.story(sheet), onFirstPage=foot, onLaterPages=foot)
    return buffer.getvalue()


@lru_cache(maxsize=1)
def _know_fonts() -> None:
    for name in (_PLAIN, _BOLD):
        pdfmetrics.registerFont(TTFont(name, str(_FONTS / f"{name}.ttf")))
    pdfmetrics.registerFontFamily(_PLAIN, normal=_PLAIN, bold=_BOLD, italic=_PLAIN, boldItalic=_BOLD)


class _Pen:
    """Sizes of one kind of paper."""

    def __init__(self, size: float, width: float) -> None:
        self.size = size
        self.width = width

    def story(self, sheet: Drawable) -> list[Any]:
        told = f"编号 {sheet.number}"
        if sheet.copy_text:
            told += f"（{sheet.copy_text}）"
        parts: list[Any] = [
            self._text(sheet.hospital, size=1.6, is_bold=True, align=TA_CENTER),
            self._text(sheet.title, size=1.3, align=TA_CENTER),
            self._text(told, align=TA_RIGHT),
            Spacer(1, self.size * 0.4),
            self._facts(sheet.facts),
            Spacer(1, self.size * 0.8),
            self._table(sheet),
        ]
        if sheet.totals:
            parts += [Spacer(1, self.size * 0.4), self._totals(sheet.totals)]
        for note in sheet.notes:
            parts += [Spacer(1, self.size * 0.4), self._text(note)]
        if sheet.signatures:
            parts += [Spacer(1, self.size * 2), self._signatures(sheet.signatures)]
        return parts

    def _text(self, text: str, *, size: float = 1.0, is_bold: bool = False, align: int = 0) -> Paragraph:
        points = self.size * size
        style = ParagraphStyle(
            "sheet",
            fontName=_BOLD if is_bold else _PLAIN,
            fontSize=points,
            leading=points * 1.5,
            alignment=align,
            wordWrap="CJK",
            textColor=_INK,
        )
        return Paragraph(escape(text), style)

    def _facts(self, facts: Sequence[tuple[str, str]]) -> Any:
        cells = [self._text(f"{label}：{value or '—'}") for label, value in facts]
        if len(cells) % 2:
            cells.append(self._text(""))
        pairs = [cells[place : place + 2] for place in range(0, len(cells), 2)] or [[self._text("")]]
        table = Table(pairs, colWidths=[self.width / len(pairs[0])] * len(pairs[0]))
        table.setStyle(TableStyle([*_NO_PADDING, ("VALIGN", (0, 0), (-1, -1), "TOP")]))
        return table

    def _table(self, sheet: Drawable) -> Any:
        aligned = [TA_RIGHT if head.is_number else 0 for head in sheet.columns]
        heads = [
            self._text(head.label, is_bold=True, align=align)
            for head, align in zip(sheet.columns, aligned, strict=True)
        ]
        rows = [[self._text(text, align=align) for text, align in zip(row, aligned, strict=True)] for row in sheet.rows]
        # Numbers get what a million needs, texts share the rest.
        narrow = self.size * 7
        texts = sum(1 for head in sheet.columns if not head.is_number) or 1
        wide = (self.width - narrow * (len(sheet.columns) - texts)) / texts
        table = Table(
            [heads, *rows],
            colWidths=[narrow if head.is_number else wide for head in sheet.columns],
            repeatRows=1,
        )
        table.setStyle(
            TableStyle(
                [
                    ("LINEABOVE", (0, 0), (-1, 0), 0.8, _INK),
                    ("LINEBELOW", (0, 0), (-1, 0), 0.8, _INK),
                    ("LINEBELOW", (0, 1), (-1, -1), 0.4, _LINE),
                    ("VALIGN", (0, 0), (-1, -1), "TOP"),
                    ("LEFTPADDING", (0, 0), (-1, -1), _CELL),
                    ("RIGHTPADDING", (0, 0), (-1, -1), _CELL),
                ]
            )
        )
        return table

    def _totals(self, totals: Sequence[tuple[str, str]]) -> Any:
        rows = [
            [self._text(label, is_bold=True, align=TA_RIGHT), self._text(amount, is_bold=True, align=TA_RIGHT)]
            for label, amount in totals
        ]
        narrow = self.size * 10
        table = Table(rows, colWidths=[self.width - narrow, narrow])
        # Amounts end where those of the table above end.
        table.setStyle(TableStyle([*_NO_PADDING, ("RIGHTPADDING", (-1, 0), (-1, -1), _CELL)]))
        return table

    def _signatures(self, names: Sequence[str]) -> Any:
        table = Table([[self._text(f"{name}：") for name in names]], colWidths=[self.width / len(names)] * len(names))
        table.setStyle(TableStyle(_NO_PADDING))
        return table


_CELL = 4.0
_NO_PADDING: list[tuple[Any, ...]] = [
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
    ("TOPPADDING", (0, 0), (-1, -1), 1),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
]
