"""Input of the patients' pages."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from wxapp.booking.timetable import Period
from wxapp.core.forms import Form
from wxapp.patients.forms import Name, Phone

Key = Annotated[str, Field(title="提交编号", min_length=10, max_length=60)]
RowId = Annotated[int, Field(ge=1, le=2**53)]


class ChooseForm(Form):
    """A time of the list."""

    slot_id: RowId = Field(title="时间")


class ContactForm(Form):
    """Who comes. For a bound patient the record says it; then name, phone and ID number are not asked.

    ``patient_id`` is whom the page showed, 0 for nobody: somebody else now is told, not booked.
    """

    once: Key
    patient_id: int = Field(0, title="就诊人", ge=0, le=2**53)
    name: Name | None = Field(None, title="姓名")
    phone: Phone | None = Field(None, title="手机号")
    id_number: str = Field("", title="身份证号", max_length=24)
    order_no: str = Field("", title="体检订单", max_length=20)
    remark: str = Field("", title="备注", max_length=100)


class ProjectForm(ContactForm):
    """The form of a project: when, besides who."""

    day: date = Field(title="日期")
    period: Period = Field(title="时段")


class LineForm(Form):
    """Standing in line."""

    session_id: RowId = Field(title="场次")
    patient_id: int = Field(0, title="就诊人", ge=0, le=2**53)
    name: Name | None = Field(None, title="姓名")
    phone: Phone | None = Field(None, title="手机号")


class MoveForm(Form):
    """Another time. ``version`` is the booking's on the page."""

    slot_id: RowId = Field(title="时间")
    version: int = Field(title="版本", ge=1, le=2**31)


class AcceptForm(Form):
    once: Key


class PressForm(Form):
    """A button that asks nothing more."""
