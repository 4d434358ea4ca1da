"""Staff pages: the day sheet (当日预约)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import request, url_for

from wxapp.admin import menu
from wxapp.admin.answers import Page
from wxapp.admin.cells import Column
from wxapp.admin.filters import Filter
from wxapp.admin.tables import Action, Table
from wxapp.booking import hours, sheets
from wxapp.booking.admin.door import interface
from wxapp.booking.admin.shown import STATES, department_options, who_options
from wxapp.booking.models import Booking, BookingStatus, Source
from wxapp.core import clock
from wxapp.core.permissions import Permission


def _url(no: str) -> str:
    return url_for("booking_admin.booking", booking_no=no)


DAY_SHEET = Table(
    "booking.day",
    title="当日预约",
    columns=(
        Column("starts_at", "时间", kind="moment", sort=Booking.starts_at),
        Column("contact", "预约人", below=lambda row: row.phone),
        Column("who", "医生或项目", below=lambda row: row.department),
        Column("place", "地点"),
        Column("status", "状态", kind="badge", badges=STATES, sort=Booking.status),
        Column("source", "来源"),
        Column("remark", "备注"),
        Column("no", "预约号", kind="code", link=lambda row: _url(row.no), sort=Booking.no),
    ),
    filters=(
        Filter("q", "查找", placeholder="预约号、姓名或手机号，须完整", is_private=True),
        Filter("day", "日期", kind="day"),
        Filter("who", "医生或项目", kind="choice", choices=who_options),
        Filter("department", "科室", kind="choice", choices=department_options),
        Filter("status", "状态", kind="choice", choices=[(one.value, one.label) for one in BookingStatus]),
        Filter("source", "来源", kind="choice", choices=[(one.value, one.label) for one in Source]),
    ),
    actions=(
        Action(
            "签到",
            lambda row: url_for("booking_admin.check_in", booking_no=row.no),
            Permission.BOOKING_WRITE,
            post=True,
            when=lambda row: row.may_arrive and clock.hospital_day(row.starts_at) == clock.today(),
        ),
        Action(
            "改约",
            lambda row: url_for("booking_admin.move_page", booking_no=row.no),
            Permission.BOOKING_WRITE,
            when=lambda row: row.status in (BookingStatus.BOOKED, BookingStatus.TO_MOVE),
        ),
        Action("查看", lambda row: _url(row.no)),
    ),
    sort="starts_at",
    key=Booking.id,
    make=sheets.make_booking_row,
    empty="这一天没有预约",
    page_size=200,
)


@interface("booking.day", GET="/pc/booking/day", permission=Permission.BOOKING_READ)
def day_sheet() -> Page:
    """The bookings of a day, to be printed and exported too."""
    table = DAY_SHEET.load(sheets.day_sheet)
    day = table.values.get("day") or clock.today()
    names = ("who", "department", "status", "source")
    kept: dict[str, Any] = {name: value for name in names if (value := request.args.get(name))}
    return Page(
        "booking/admin/day.html",
        table=table,
        day=day,
        _day_text=f"{day:%Y-%m-%d} {hours.WEEKDAYS[day.weekday()]}",
        _before=url_for("booking_admin.day_sheet", day=day - timedelta(days=1), **kept),
        _after=url_for("booking_admin.day_sheet", day=day + timedelta(days=1), **kept),
        _today=url_for("booking_admin.day_sheet", **kept),
    )


menu.entry("预约", "当日预约", "booking_admin.day_sheet", Permission.BOOKING_READ, 20)
