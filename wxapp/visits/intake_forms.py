"""Input of the front desk: adding patients, arrival, refusing and restoring."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from wxapp.admin.wire import RowId, WireForm, WireMoment, WireYuan
from wxapp.core.forms import Form, FormKey
from wxapp.core.money import MAX_FEN
from wxapp.patients.forms import Name, Phone


def _is_plain(text: str) -> str:
    if not text.isprintable():
        raise ValueError("含有不能使用的字符")
    return text


def _is_listed(text: str) -> str:
    if "," in text:
        raise ValueError("不能含有英文逗号")
    return _is_plain(text)


def _is_day(text: object) -> object:
    if isinstance(text, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text.strip()):
        raise ValueError("应为日期，如2000-01-31")
    return text


Text = Annotated[str, AfterValidator(_is_plain)]
Word = Annotated[str, AfterValidator(_is_listed)]
Remark = Annotated[str, Field(title="备注", min_length=2, max_length=200), AfterValidator(_is_plain)]
"""Why a visit is refused or restored; it stands in the history."""
Code = Annotated[int, Field(ge=0, le=9999)]


class AddForm(WireForm):
    """添加客户 (contract: user.add). What the contract does not know is for our own page.

    Name and phone may be left out only where ``patient_id`` names the record.
    """

    form_key: FormKey = ""
    phone: Phone | None = Field(None, title="客户电话")
    name: Name | None = Field(None, title="客户姓名", alias="username")
    birthday: Annotated[date, BeforeValidator(_is_day)] = Field(title="生日")
    age: int = Field(title="年龄", ge=0, le=130)
    sex: int = Field(title="性别", ge=1, le=2)
    referral_source: Code = Field(title="开发部门", alias="user_source")
    lead_referrer_id: RowId = Field(title="主开发人", alias="main_reg_user_id")
    referrer_ids: tuple[RowId, ...] = Field((), title="开发人", alias="reg_user_id", max_length=20)
    escort_ids: tuple[RowId, ...] = Field(title="陪同", alias="accompany_id", min_length=1, max_length=20)
    province: Text = Field(title="省", min_length=1, max_length=30)
    city: Text = Field("", title="市", max_length=30)
    area: Text = Field("", title="区", max_length=30)
    address: Text = Field("", title="具体地址", max_length=120)
    channel: Word = Field(title="来源", alias="source", min_length=1, max_length=60)
    social_account: Word = Field(title="开发号", alias="reg_user_wx", min_length=1, max_length=60)
    tag: Code = Field(title="医院标签", alias="user_type")
    category_ids: tuple[RowId, ...] = Field(
        title="意向项目", alias="project_id", min_length=1, max_length=30
    )  # fmt: skip
    deposit_fen: Annotated[WireYuan, Field(ge=0, le=MAX_FEN)] = Field(title="定金", alias="earnest_money")

    deposit_method: str = Field("", title="定金收款方式", max_length=30)
    appointed_at: WireMoment | None = Field(None, title="预约时间", alias="app_time")
    remark: Text = Field("", title="备注", max_length=500)
    booking_no: str = Field("", title="预约号", max_length=32)
    patient_id: RowId | None = Field(None, title="已有客户")
    is_other_person: bool = Field(False, title="这是另一位客户，新建档案")
    is_here: bool = Field(False, title="客户已在店，同时确认到店")
    pickup_place: Text = Field("", title="接送地点", max_length=120)
    pickup_at: WireMoment | None = Field(None, title="接送时间", alias="pickup_time")
    pickup_people: int = Field(1, title="接送人数", ge=1, le=20)
    pickup_note: Text = Field("", title="接送备注", max_length=200)


class NewPatientForm(AddForm):
    """The same as our page shows it for somebody who is new: name and phone are a must."""

    phone: Phone = Field(title="客户电话")
    name: Name = Field(title="客户姓名", alias="username")


class PhoneForm(Form):
    """Whether a phone is known."""

    phone: Phone


class ArriveForm(WireForm):
    """确认到店 (contract: user.is_do)."""

    visit_id: RowId = Field(title="到院单", alias="id")
    version: int | None = Field(None, title="版本", ge=1)


class RemarkForm(Form):
    """拒绝、恢复."""

    remark: Remark
    version: int = Field(title="版本", ge=1)
