"""Forms of staff's pages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator, Field

from wxapp.core import clock
from wxapp.core.forms import Form, FormKey
from wxapp.reports.incoming import ReportKind


def _parse_moment(value: object) -> object:
    """Read what a field for day and time sends, in the hospital's time."""
    if not isinstance(value, str):
        return value
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = None
    if moment is None or not 1990 <= moment.year <= 2200:
        raise ValueError("时间格式不正确，如2026-01-31 09:30")
    return moment if moment.tzinfo else moment.replace(tzinfo=clock.HOSPITAL_ZONE)


Moment = Annotated[datetime, BeforeValidator(_parse_moment)]


class _Words(Form):
    """What a report says, apart from its files."""

    kind: ReportKind = Field(title="报告种类")
    title: str = Field(title="报告名称", max_length=80)
    department: str = Field("", title="科室", max_length=60)
    ordered_by: str = Field("", title="申请医生", max_length=60)
    reported_by: str = Field("", title="报告医生", max_length=60)
    collected_at: Moment | None = Field(None, title="采样时间")
    issued_at: Moment | None = Field(None, title="报告时间")
    conclusion: str = Field("", title="结论", max_length=8000)
    advice: str = Field("", title="建议", max_length=8000)
    lines: str = Field("", title="检验项目", max_length=200_000)


class UploadForm(_Words):
    form_key: FormKey = ""
    record_no: str = Field(title="病历号", max_length=60)
    patient_name: str = Field(title="患者姓名", max_length=60)
    report_no: str = Field("", title="报告编号", max_length=60)


class CorrectForm(_Words):
    version: int = Field(title="版本", ge=1)
    why: str = Field(title="更正原因", max_length=200)
    drop_document: bool = Field(default=False, title="不再使用原来的PDF")
    drop_pictures: bool = Field(default=False, title="不再使用原来的图片")


class ReasonForm(Form):
    reason: str = Field(title="原因", max_length=100)


class MatchForm(Form):
    is_checked: bool = Field(default=False, title="已核对身份，确认是同一人")
