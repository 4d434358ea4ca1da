"""What the invented hospital offers and how it works: projects, lenders, floors, workstations, the flow."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.clock import day_bounds
from wxapp.core.db import db
from wxapp.hospital import queries
from wxapp.hospital import services as hospital
from wxapp.hospital.models import Method, MethodKind, Project
from wxapp.hospital.rules.flows import BUILT_IN
from wxapp.hospital.services import CategoryText, MethodText, ProjectText, WorkstationText
from wxapp.staff import queries as staff

ALL_EXAMS = ("preoperative", "radiation", "electrocardiogram", "ct", "blood")

PROJECTS: dict[str, tuple[tuple[str, str, str, int, tuple[str, ...]], ...]] = {
    "眼部整形": (
        ("双眼皮（埋线）", "埋线法重睑术", "Suture double eyelid", 6800, ("preoperative", "blood")),
        ("双眼皮（切开）", "切开法重睑术", "Incisional double eyelid", 9800, ("preoperative", "blood")),
        ("内眼角矫正", "内眦赘皮矫正术", "Epicanthoplasty", 5800, ("preoperative", "blood")),
        ("上睑下垂矫正", "提上睑肌缩短术", "Ptosis repair", 16_800, ALL_EXAMS),
        ("下眼袋去除", "下睑袋整复术", "Lower blepharoplasty", 8800, ("preoperative", "blood")),
    ),
    "鼻部整形": (
        ("假体隆鼻", "硅胶假体隆鼻术", "Implant rhinoplasty", 18_800, ALL_EXAMS),
        ("肋软骨隆鼻", "自体肋软骨隆鼻术", "Rib cartilage rhinoplasty", 46_800, ALL_EXAMS),
        ("鼻翼缩小", "鼻翼缩小术", "Alar reduction", 9800, ("preoperative", "blood")),
        ("驼峰鼻矫正", "驼峰鼻整形术", "Hump reduction", 22_800, ALL_EXAMS),
        ("鼻尖塑形", "鼻尖整形术", "Tip plasty", 15_800, ("preoperative", "blood", "ct")),
    ),
    "皮肤美容": (
        ("光子嫩肤", "", "IPL rejuvenation", 1280, ()),
        ("皮秒激光祛斑", "", "Picosecond laser", 2680, ("preoperative",)),
        ("点阵激光", "", "Fractional laser", 1980, ("preoperative",)),
        ("面部射频紧致", "", "Radiofrequency lifting", 19_800, ("preoperative",)),
        ("果酸焕肤", "", "Fruit acid peel", 480, ()),
        ("黄金微针", "", "Microneedle RF", 3980, ("preoperative",)),
    ),
    "注射美容": (
        ("玻尿酸填充", "透明质酸注射", "Hyaluronic acid filler", 3680, ("preoperative",)),
        ("瘦脸注射", "咬肌注射", "Masseter injection", 2980, ("preoperative",)),
        ("除皱注射", "面部除皱注射", "Wrinkle injection", 1980, ("preoperative",)),
        ("水光注射", "", "Skin booster", 980, ()),
        ("胶原蛋白填充", "胶原蛋白注射", "Collagen filler", 5980, ("preoperative",)),
    ),
    "口腔": (
        ("种植牙（单颗）", "牙种植术", "Dental implant", 9800, ("radiation", "blood")),
        ("全瓷冠", "全瓷冠修复", "Ceramic crown", 3600, ("radiation",)),
        ("隐形矫正", "无托槽隐形矫治", "Clear aligner", 28_800, ("preoperative", "radiation")),
        ("冷光美白", "", "Teeth whitening", 1680, ()),
        ("洁牙", "龈上洁治术", "Dental cleaning", 198, ()),
        ("智齿拔除", "阻生牙拔除术", "Wisdom tooth removal", 1280, ("radiation", "blood")),
    ),
    "形体": (
        ("腰腹吸脂", "腰腹部脂肪抽吸术", "Abdominal liposuction", 19_800, ALL_EXAMS),
        ("大腿吸脂", "大腿脂肪抽吸术", "Thigh liposuction", 17_800, ALL_EXAMS),
        ("自体脂肪面部填充", "自体脂肪移植术", "Fat grafting", 15_800, ALL_EXAMS),
        ("假体隆胸", "假体隆乳术", "Breast augmentation", 38_800, ALL_EXAMS),
        ("副乳切除", "副乳切除术", "Accessory breast excision", 12_800, ALL_EXAMS),
    ),
}
"""By category: name, operation, English name, price in yuan, examinations."""

METHODS = (
    MethodText("银行转账", MethodKind.TRANSFER, position=7),
    MethodText("安和银行分期", MethodKind.BANK, (6, 12, 24), 100_000, 10_000_000, "patient", position=8),
    MethodText("和美分期", MethodKind.LENDER, (3, 6, 12), 100_000, 5_000_000, "hospital", position=9),
    MethodText("院内分期", MethodKind.IN_HOUSE, (3, 6), 50_000, 3_000_000, position=10),
)

FLOORS = (("consultant", "", 9000), ("consultant", "皮肤美容", 8000), ("super_admin", "", 6000))
"""Role, category (none: all others) and the lowest share of the list price in basis points."""

WORKSTATIONS = (
    WorkstationText("MACHINE-01", "咨询室一", "301", camera="摄像头A", telephone="8001"),
    WorkstationText("MACHINE-02", "咨询室二", "302", camera="摄像头B", telephone="8002"),
    WorkstationText("MACHINE-03", "拍照室", "205", camera="单反相机"),
    WorkstationText("MACHINE-04", "前台", "大厅", telephone="8000"),
)

WARN_MINUTES = {"arrival": 10, "triage": 15, "consultation": 60, "review": 20, "collection": 15, "assignment": 30}


def fill(by: str) -> None:
    """Set the hospital up as its staff would have done. The methods of every hospital are there already."""
    for position, (category, projects) in enumerate(PROJECTS.items(), start=1):
        category_id = hospital.add_category(CategoryText(category, position), by=by)
        for name, operation, english, price, exams in projects:
            text = ProjectText(category_id, name, operation, english, share_bp=200, exam_kinds=exams)
            hospital.add_project(text, price_fen=price * 100, by=by)
    known = set(db.session.scalars(sa.select(Method.name)))
    for method in METHODS:
        if method.name not in known:
            hospital.add_method(method, by=by)
    _floors(by)
    _workstations(by)
    _flow(by)
    _coming_price(by)


def _floors(by: str) -> None:
    categories = {one.name: one.id for one in queries.categories()}
    for role, category, floor_bp in FLOORS:
        hospital.add_floor(role, categories.get(category, 0), floor_bp, by=by)


def _workstations(by: str) -> None:
    consultants = staff.active_by_name("咨询师")
    for number, text in enumerate(WORKSTATIONS):
        staff_id = consultants[0] if number == 0 and consultants else None
        hospital.add_workstation(replace(text, staff_id=staff_id), by=by)


def _flow(by: str) -> None:
    steps = tuple(replace(step, warn_minutes=WARN_MINUTES.get(step.name, step.warn_minutes)) for step in BUILT_IN.steps)
    hospital.save_flow(replace(BUILT_IN, steps=steps), seen=0, by=by)


def _coming_price(by: str) -> None:
    """Let one project become cheaper next week."""
    project = db.session.scalars(sa.select(Project).where(Project.name == "光子嫩肤")).one()
    starts, _ = day_bounds(clock.today() + timedelta(days=7))
    hospital.set_price(project.id, 98_000, valid_from=starts, seen_version=project.version, by=by)
