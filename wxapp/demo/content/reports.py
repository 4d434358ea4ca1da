"""Invented reports: two years of routine tests, check-ups with a document, and some that wait for staff."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from PIL import Image, ImageDraw

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.demo import pictures
from wxapp.patients.models import Patient
from wxapp.reports.incoming import IncomingReport, IncomingValue, Progress, ReportKind
from wxapp.reports.services import desk
from wxapp.reports.services.intake import take_report

SOURCE = "demo:lab"
PEOPLE = 8
"""So many patients have reports; the sandbox's people are the first."""
TIMES = 6


@dataclass(frozen=True)
class Item:
    """What is measured: between which numbers healthy people are, and how far apart two of their values lie."""

    name: str
    code: str
    unit: str
    low: float
    high: float
    digits: int = 1


BLOOD = (
    Item("白细胞计数", "6690-2", "10^9/L", 3.5, 9.5),
    Item("红细胞计数", "789-8", "10^12/L", 3.8, 5.1, 2),
    Item("血红蛋白", "718-7", "g/L", 115, 150, 0),
    Item("血小板计数", "777-3", "10^9/L", 125, 350, 0),
    Item("中性粒细胞百分比", "770-8", "%", 40, 75),
)
CHEMISTRY = (
    Item("葡萄糖", "14771-0", "mmol/L", 3.9, 6.1),
    Item("总胆固醇", "14647-2", "mmol/L", 3.1, 5.2, 2),
    Item("甘油三酯", "14927-8", "mmol/L", 0.5, 1.7, 2),
    Item("尿酸", "14933-6", "μmol/L", 155, 357, 0),
    Item("丙氨酸氨基转移酶", "1742-6", "U/L", 7, 40, 0),
    Item("肌酐", "14682-9", "μmol/L", 41, 73, 0),
)


def fill(by: str) -> None:
    """Give the first patients reports, and staff some that are nobody's yet."""
    patients = db.session.scalars(sa.select(Patient).order_by(Patient.id).limit(PEOPLE)).all()
    people = [(patient.record_no, patient.name) for patient in patients]
    for number, (record_no, name) in enumerate(people):
        _routine(record_no, name, number, by)
        if number < 4:
            _checkup(record_no, name, number, by)
    if people:
        _some_of_each_kind(people, by)


def _routine(record_no: str, name: str, number: int, by: str) -> None:
    chance = random.Random(number)  # the same hospital at each start
    for time in range(TIMES):
        at = clock.now() - timedelta(days=5 + 120 * (TIMES - 1 - time) + number)
        values = (*_values(BLOOD, "血常规", chance), *_values(CHEMISTRY, "生化", chance))
        report = IncomingReport(
            report_no=f"L{number:02d}{time:02d}",
            kind=ReportKind.ROUTINE,
            title="血常规与生化",
            record_no=record_no,
            patient_name=name,
            department="检验科",
            ordered_by="顾明医生",
            reported_by="简宁检验师",
            collected_at=at - timedelta(hours=3),
            issued_at=at,
            conclusion="详见各项结果。",
            values=values,
        )
        take_report(report, source=SOURCE, by=by)


def _values(items: Sequence[Item], group: str, chance: random.Random) -> tuple[IncomingValue, ...]:
    made = []
    for item in items:
        middle, reach = (item.low + item.high) / 2, (item.high - item.low) / 2
        number = f"{max(0.1, chance.gauss(middle, reach * 0.6)):.{item.digits}f}"
        low, high = f"{item.low:g}", f"{item.high:g}"
        made.append(
            IncomingValue(item.name, number, item.code, number, item.unit, f"{low}–{high}", low, high, group=group)
        )
    return tuple(made)


def _checkup(record_no: str, name: str, number: int, by: str) -> None:
    chance = random.Random(100 + number)
    at = clock.now() - timedelta(days=30 + number)
    body = (
        IncomingValue("身高", "168", "8302-2", "168", "cm", group="一般检查"),
        IncomingValue("体重", "61.5", "29463-7", "61.5", "kg", group="一般检查"),
        IncomingValue("收缩压", "128", "8480-6", "128", "mmHg", "90–139", "90", "139", group="一般检查"),
        IncomingValue("腹部彩超", "肝胆胰脾双肾未见明显异常", "US-ABD", group="影像检查"),
    )
    report = IncomingReport(
        report_no=f"T{number:02d}",
        kind=ReportKind.CHECKUP,
        title="年度健康体检报告",
        record_no=record_no,
        patient_name=name,
        department="健康管理中心",
        reported_by="苏禾主任医师",
        collected_at=at - timedelta(days=1),
        issued_at=at,
        conclusion="1. 部分生化指标与参考范围略有差异。\n2. 其余检查未见明显异常。",
        advice="清淡饮食，每周运动不少于150分钟，三个月后复查血脂与尿酸。",
        values=(*body, *_values(CHEMISTRY, "生化检查", chance)),
        document=_document(number),
        pictures=(pictures.draw_goods("heart", hue=0.45, seed=number),),
    )
    take_report(report, source=SOURCE, by=by)


def _document(number: int) -> bytes:
    """Return a document of two pages, drawn."""
    written = io.BytesIO()
    pages = [_page(number * 10 + page) for page in range(2)]
    pages[0].save(written, "PDF", save_all=True, append_images=pages[1:], resolution=100)
    return written.getvalue()


def _page(seed: int) -> Image.Image:
    chance = random.Random(seed)
    image = Image.new("RGB", (827, 1170), "white")
    pen = ImageDraw.Draw(image)
    pen.rectangle((60, 60, 767, 120), fill="#0a8f7a")
    for line in range(24):
        top = 170 + line * 40
        pen.rectangle((60, top, 60 + chance.randint(120, 240), top + 14), fill="#c5cfcd")
        pen.rectangle((420, top, 420 + chance.randint(60, 200), top + 14), fill="#e3f4f0")
    return image


def _some_of_each_kind(people: list[tuple[str, str]], by: str) -> None:
    """A corrected, a withdrawn and a preliminary report, and three that nobody has."""
    record_no, name = people[0]
    at = clock.now() - timedelta(days=2)
    urine = IncomingValue("尿蛋白", "阳性（+）", "20454-5", reference="阴性", group="尿常规")
    first = _plain("U0001", "尿常规", record_no, name, at, (urine,), "尿蛋白阳性，请结合临床。")
    take_report(first, source=SOURCE, by=by)
    fixed = replace(urine, text="阴性")
    take_report(replace(first, values=(fixed,), conclusion="未见明显异常。"), source=SOURCE, by=by)
    gone = take_report(_plain("U0002", "便常规", record_no, name, at, (fixed,)), source=SOURCE, by=by)
    desk.withdraw_report(gone.report_no, reason="标本弄混，已重新检测", by=by)
    early = _plain("M0001", "细菌培养", record_no, name, at, (IncomingValue("培养结果", "培养中"),))
    take_report(replace(early, progress=Progress.PRELIMINARY), source=SOURCE, by=by)
    for number, (given_no, given_name) in enumerate([(people[-1][0], "周晓"), ("HOSP24010199", "陈默"), ("", "高远")]):
        value = IncomingValue("葡萄糖", "5.4", "14771-0", "5.4", "mmol/L", "3.9–6.1", "3.9", "6.1")
        take_report(_plain(f"P{number:04d}", "空腹血糖", given_no, given_name, at, (value,)), source=SOURCE, by=by)


def _plain(
    number: str, title: str, record_no: str, name: str, at: datetime, values: tuple[IncomingValue, ...],
    conclusion: str = "",
) -> IncomingReport:  # fmt: skip
    return IncomingReport(
        report_no=number,
        kind=ReportKind.ROUTINE,
        title=title,
        record_no=record_no,
        patient_name=name,
        department="检验科",
        collected_at=at - timedelta(hours=2),
        issued_at=at,
        conclusion=conclusion,
        values=values,
    )
