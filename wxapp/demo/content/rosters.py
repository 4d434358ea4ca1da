"""The invented hospital's rosters: projects, who works when, a leave, an extra session, and who has called."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import islice

import sqlalchemy as sa

from wxapp.booking import openings
from wxapp.booking.models import Source
from wxapp.booking.services import leaves, projects, rosters
from wxapp.booking.services.bookings import Contact, book
from wxapp.booking.services.leaves import Absence
from wxapp.booking.services.projects import ProjectText
from wxapp.booking.services.rosters import Line, Work
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.directory.models import Physician
from wxapp.patients.models import Patient

MORNING, AFTERNOON = (8 * 60 + 30, 12 * 60), (13 * 60 + 30, 17 * 60)
WORKDAYS = range(5)
EVERY_DAY = range(7)

PROJECTS = (
    (
        ProjectText(
            "腹部彩超",
            "超声科",
            "门诊楼2层超声科",
            "肝胆胰脾肾",
            "检查前请空腹8小时，可少量饮水；检查泌尿系统请憋尿。",
            10,
        ),
        (15, 2, EVERY_DAY, (MORNING, AFTERNOON), 12_000),
    ),
    (
        ProjectText(
            "胸部低剂量CT", "影像科", "门诊楼1层CT室", "肺结节早期筛查", "请取下金属饰品；怀孕或备孕请勿预约。", 20
        ),
        (20, 1, WORKDAYS, (MORNING, AFTERNOON), 28_000),
    ),
    (
        ProjectText(
            "胃肠镜检查", "消化内科", "住院楼3层内镜中心", "含术前评估", "请由家属陪同；前一天晚8点后禁食。", 30
        ),
        (45, 1, (1, 3), (MORNING,), 68_000),
    ),
    (
        ProjectText("体检套餐", "健康管理中心", "体检楼1层前台", "已购套餐到检", "早晨空腹，携带身份证。", 5),
        (30, 10, EVERY_DAY, ((7 * 60 + 30, 10 * 60 + 30),), 0),
    ),
)

REMARKS = ("复诊", "首次就诊", "需要轮椅", "家属陪同", "")


def fill(by: str) -> None:
    """Fill the roster of everybody, and book for some who have called."""
    today = clock.today()
    for text, (minutes, capacity, weekdays, spans, fee_fen) in PROJECTS:
        project_id = projects.add_project(text, by=by)
        for starts, ends in spans:
            work = Work(None, project_id, starts, ends, minutes, capacity, "", fee_fen)
            rosters.add_plans(Line(work, 0, today, None, 14, 420), weekdays, by=by)
    physicians = db.session.scalars(sa.select(Physician.id).order_by(Physician.position, Physician.id)).all()
    for number, physician_id in enumerate(physicians):
        starts, ends = (MORNING, AFTERNOON)[number % 2]
        work = Work(physician_id, None, starts, ends, 30, 3, f"门诊楼{3 + number % 2}层{number + 1:02d}诊室", 5_000)
        days = [(number + step) % 5 for step in (0, 1, 3)]
        rosters.add_plans(Line(work, 0, today, None, 14, 420), days, by=by)
    if physicians:
        _exceptions(physicians[-1], by)
        _calls(physicians[:4], by)


def _exceptions(physician_id: int, by: str) -> None:
    today = clock.today()
    away = Absence(physician_id, None, today + timedelta(days=9), today + timedelta(days=15), "外出学习")
    leaves.add_leave(away, by=by)
    evening = Work(physician_id, None, 18 * 60, 20 * 60 + 30, 30, 2, "门诊楼1层夜门诊", 5_000)
    rosters.add_session(evening, today + timedelta(days=2), by=by)


def _calls(physicians: Sequence[int], by: str) -> None:
    """Book today, if there is still time, and on the following days; each patient once."""
    patients = iter(db.session.scalars(sa.select(Patient).order_by(Patient.id.desc()).limit(24)).all())
    for physician_id in physicians:
        days = openings.free_days(
            f"physician:{physician_id}", since=clock.today(), until=clock.today() + timedelta(days=8)
        )
        for day in days[:2]:
            slots = openings.free_slots(f"physician:{physician_id}", day.day)
            for slot, patient in zip(slots[::2], islice(patients, 3), strict=False):
                contact = Contact(
                    patient.name, patient.phone, patient.id_number or "", remark=REMARKS[patient.id % len(REMARKS)]
                )
                book(
                    slot.id, contact, wechat_user_id=None, patient_id=patient.id, source=Source.PHONE, by=by,
                    once_key=f"demo-call-{patient.id}",
                )  # fmt: skip
