"""Reports as they come in, plausible by default; everything in them is invented."""

from __future__ import annotations

import io
import itertools
from dataclasses import replace
from typing import Any

import pypdf
from PIL import Image
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.patients.models import Patient
from wxapp.reports.incoming import Flag, IncomingReport, IncomingValue, ReportKind
from wxapp.reports.models import Report
from wxapp.reports.services.intake import take_report

_numbers = itertools.count(1)

SOURCE = "fhir:lab"
BY = "system:tests"

VALUES = (
    IncomingValue("白细胞计数", "11.2", "6690-2", "11.2", "10^9/L", "3.5–9.5", "3.5", "9.5", Flag.HIGH, "血常规"),
    IncomingValue("血红蛋白", "132", "718-7", "132", "g/L", "115–150", "115", "150", Flag.NORMAL, "血常规"),
    IncomingValue("尿蛋白", "阴性", "20454-5", reference="阴性", flag=Flag.NORMAL, group="尿常规"),
)


def incoming(patient: Patient | None = None, **over: Any) -> IncomingReport:
    """A report of this patient, or of nobody we know."""
    columns: dict[str, Any] = {
        "report_no": f"LAB-{next(_numbers):06d}",
        "kind": ReportKind.ROUTINE,
        "title": "血常规",
        "record_no": patient.record_no if patient else "HOSP99123199",
        "patient_name": patient.name if patient else "李雷",
        "department": "检验科",
        "ordered_by": "赵医生",
        "reported_by": "钱医生",
        "collected_at": clock.now(),
        "issued_at": clock.now(),
        "conclusion": "白细胞偏高，建议复查。",
        "advice": "多休息，多饮水。",
        "values": VALUES,
    }
    return IncomingReport(**(columns | over))


def make_report(patient: Patient | None = None, *, source: str = SOURCE, **over: Any) -> Report:
    """Take a report as a sender's would be taken."""
    taken = take_report(incoming(patient, **over), source=source, by=BY)
    return db.session.get_one(Report, taken.report_id)


def make_pdf(pages: int = 1, **over: Any) -> bytes:
    """A document of empty pages of A4, e.g. with ``password``, ``script`` or ``attachment``."""
    writer = pypdf.PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(width=595, height=842)
    if over.get("script"):
        action = DictionaryObject(
            {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("1")}
        )
        writer.root_object[NameObject("/OpenAction")] = action
    if over.get("attachment"):
        writer.add_attachment("a.txt", over["attachment"])
    if over.get("password"):
        writer.encrypt(over["password"], algorithm="RC4-128")
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def make_png(size: tuple[int, int] = (40, 30)) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, "#0a8f7a").save(written, "PNG")
    return written.getvalue()


def make_values(count: int) -> tuple[IncomingValue, ...]:
    """Lines in sections of ten, each fifth too high."""
    return tuple(_value(n) for n in range(count))


def _value(n: int) -> IncomingValue:
    high = str(n + n % 5)
    return IncomingValue(
        f"项目{n}", f"{n}.5", f"T-{n}", f"{n}.5", "mmol/L", f"0–{high}", "0", high, group=f"第{n // 10}组"
    )


def make_rich_report(patient: Patient, *, lines: int = 3) -> Report:
    """A report with document and picture that was corrected once and is the patient's."""
    said = incoming(patient, document=make_pdf(2), pictures=(make_png(),), values=make_values(lines))
    take_report(said, source=SOURCE, by=BY)
    taken = take_report(replace(said, conclusion="复核后结论不变。"), source=SOURCE, by=BY)
    return db.session.get_one(Report, taken.report_id)
