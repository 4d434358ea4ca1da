"""Input of the staff's pages."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from wxapp.booking import hours
from wxapp.core import clock
from wxapp.core.forms import Form, FormKey, Yuan
from wxapp.patients.forms import Document, Name, Phone
from wxapp.patients.rules import read_id_number


def _parse_time(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return hours.parse_minute(value)
    except ValueError:
        raise ValueError("时间格式不正确，例如 08:30") from None


TimeOfDay = Annotated[int, BeforeValidator(_parse_time), Field(ge=0, le=1440)]
"""Typed as ``08:30``, handed on in minutes after midnight."""

Key = Annotated[int, Field(ge=1, le=2**53)]
Weekday = Annotated[int, Field(ge=0, le=6)]
WHO = r"^(physician|project):[1-9][0-9]{0,14}$"
FIRST_DAY, LAST_DAY = date(2020, 1, 1), date(2199, 12, 31)
Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]

SLOT_MINUTES = 5
"""No slot is shorter."""


class DecisionForm(Form):
    """What becomes of sessions with people in them: ``seen`` are those the page listed, ``close`` the ticked ones."""

    seen: tuple[Key, ...] = Field((), title="受影响的班次", max_length=500)
    close: tuple[Key, ...] = Field((), title="停诊的班次", max_length=500)
    reason: str = Field("", title="停诊原因", max_length=40)


class WorkForm(Form):
    """Whose time, from when to when, in which pieces."""

    starts: TimeOfDay = Field(title="开始时间")
    ends: TimeOfDay = Field(title="结束时间")
    slot_minutes: int = Field(title="每个号时长（分钟）", ge=SLOT_MINUTES, le=480)
    capacity: int = Field(title="每个号人数", ge=1, le=200)
    place: str = Field("", title="地点", max_length=80)
    fee: Yuan | None = Field(None, title="挂号费", le=1_000_000)


class _LineForm(WorkForm):
    valid_from: Day = Field(title="生效日期")
    valid_until: Day | None = Field(None, title="截止日期")
    release_days: int = Field(title="提前几天放号", ge=0, le=90)
    release_at: TimeOfDay = Field(title="放号时间", lt=1440)


class NewPlanForm(_LineForm):
    """A new line of the roster, for one or several weekdays."""

    form_key: FormKey = ""
    who: str = Field(title="医生或项目", pattern=WHO)
    weekdays: tuple[Weekday, ...] = Field(title="星期", min_length=1, max_length=7)


class PlanForm(_LineForm, DecisionForm):
    """A line that is there; it stays with its physician or project."""

    version: int = Field(0, ge=0)
    weekday: Weekday = Field(title="星期")


class CopyForm(Form):
    form_key: FormKey = ""
    weekdays: tuple[Weekday, ...] = Field(title="复制到", min_length=1, max_length=7)


class EndForm(DecisionForm):
    version: int = Field(0, ge=0)
    last_day: Day = Field(title="最后一天")


class LeaveForm(DecisionForm):
    """Who is away; nobody named is the whole house."""

    form_key: FormKey = ""
    who: str = Field("", title="医生或项目", pattern=WHO)
    first_day: Day = Field(title="开始日期")
    last_day: Day = Field(title="结束日期")
    why: str = Field("", title="说明", max_length=100)


class ExtraForm(WorkForm):
    """A session by hand."""

    form_key: FormKey = ""
    who: str = Field(title="医生或项目", pattern=WHO)
    day: Day = Field(title="日期")


class CloseForm(Form):
    """Closing a session; those who are booked may be moved first."""

    reason: str = Field(title="停诊原因", max_length=40)
    move_to: Key | None = Field(None, title="整体改到")


class ProjectForm(Form):
    form_key: FormKey = ""
    version: int = Field(0, ge=0)
    name: str = Field(title="名称", max_length=60)
    department: str = Field("", title="科室", max_length=40)
    place: str = Field("", title="地点", max_length=80)
    summary: str = Field("", title="一句话说明", max_length=200)
    notice: str = Field("", title="预约须知", max_length=2000)
    position: int = Field(100, title="排序", ge=0, le=9999)
    is_shown: bool = Field(False, title="开放预约")


def _is_id_number(text: str) -> str:
    return read_id_number(text, today=clock.today()).number


IdNumber = Annotated[Document, AfterValidator(_is_id_number)]


# --- bookings --------------------------------------------------------------------------------------------------------


class PhoneBookingForm(Form):
    """A booking that staff make for somebody; a patient is named by the page, anybody else by name and phone."""

    form_key: FormKey = ""
    patient_id: Key | None = Field(None, title="患者")
    slot_id: Key = Field(title="时间")
    name: Name = Field("", title="姓名")
    phone: Phone = Field("", title="手机号")
    id_number: IdNumber = Field("", title="身份证号")
    remark: str = Field("", title="备注", max_length=200)


class MoveForm(Form):
    """Another time: by its slot, or (from the calendar) by who and when."""

    version: int = Field(title="版本", ge=1)
    slot_id: Key = Field(title="新时间")
    reason: str = Field("", title="改约原因", max_length=60)


class DropForm(Form):
    """Where a booking was dropped on the calendar."""

    version: int = Field(title="版本", ge=1)
    who: str = Field(title="医生或项目", pattern=WHO)
    day: Day = Field(title="日期")
    at: TimeOfDay = Field(title="时间", lt=1440)


class CancelForm(Form):
    reason: str = Field(title="取消原因", max_length=60)


class CheckInForm(Form):
    """``anyway`` checks in though it is another day."""

    anyway: bool = Field(False, title="仍要签到")


class FindForm(Form):
    """What a handheld scanner or a person types at the desk."""

    text: str = Field("", title="二维码、预约号、手机号或姓名", max_length=300)


class LiftForm(Form):
    why: str = Field("", title="原因", max_length=60)
    key: str = Field(title="预约人", max_length=40, pattern=r"^(patient|wechat|phone):[0-9a-f]{1,32}$")
