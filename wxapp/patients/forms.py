"""Input of the patients' forms and of staff's."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from wxapp.core.forms import Form, FormKey
from wxapp.patients.consent_models import Decision, Purpose
from wxapp.patients.models import Sex
from wxapp.patients.reply_models import AnswerKind, Match
from wxapp.patients.rules import PHONE


def _without_blanks(text: object) -> object:
    return "".join(text.split()) if isinstance(text, str) else text


def _is_name(text: str) -> str:
    if not text.isprintable() or any(char in "<>&\"'" for char in text):
        raise ValueError("姓名中含有不能使用的字符")
    return text


def _is_document(text: str) -> str:
    if not (text.isascii() and text.isalnum()):
        raise ValueError("请填写身份证号或病历号")
    return text.upper()


def _is_agreed(text: str) -> str:
    if text != "1":
        raise ValueError("请先阅读并同意个人信息处理说明")
    return text


def _knows(text: str) -> str:
    if text != "1":
        raise ValueError("请先确认您已了解删除的范围")
    return text


# Lengths and patterns stand first: behind a validator of ours pydantic would not know that they are about text.
Name = Annotated[str, Field(title="姓名", min_length=1, max_length=30), AfterValidator(_is_name)]
Phone = Annotated[str, Field(title="手机号", pattern=rf"^{PHONE}$"), BeforeValidator(_without_blanks)]
Code = Annotated[str, Field(title="短信验证码", pattern=r"^[0-9]{6}$"), BeforeValidator(_without_blanks)]
Document = Annotated[
    str, Field(title="身份证号或病历号", max_length=20), BeforeValidator(_without_blanks), AfterValidator(_is_document)
]
PatientShown = Annotated[int, Field(title="就诊人", ge=0, le=2**53)]
"""Whom the page of a form has shown, 0 when the sender does not say; see ``access.patient_shown``."""
Password = Annotated[str, Field(title="余额密码", max_length=20)]


class BindForm(Form):
    """信息绑定."""

    once: str = Field(title="表单", min_length=8, max_length=40)
    next: str = Field("", max_length=500)
    name: Name
    document: Document
    phone: Phone
    code: Code
    consent: Annotated[str, AfterValidator(_is_agreed)] = Field("", title="同意", validate_default=True)


class PhoneForm(Form):
    """The phone to which a code goes."""

    phone: Phone


class SwitchForm(Form):
    """切换就诊人."""

    next: str = Field("", max_length=500)
    patient: int = Field(title="就诊人", ge=1)


class CodeForm(Form):
    """A form with nothing but an SMS code."""

    code: Code


class ConsentForm(Form):
    """Yes or no to one purpose, in the words of the version that the page showed."""

    purpose: Purpose = Field(title="用途")
    decision: Decision = Field(title="选择")
    version: str = Field("", title="版本", max_length=20)


class ErasureForm(Form):
    """删除请求."""

    reason: str = Field("", title="说明", max_length=200)
    agreed: Annotated[str, AfterValidator(_knows)] = Field("", title="确认", validate_default=True)


class ConsentTextForm(Form):
    """A new version of the words of a purpose."""

    form_key: FormKey = ""
    text: str = Field(title="说明内容", min_length=20, max_length=2000)
    valid_from: date = Field(title="生效日期")


class DecisionForm(Form):
    """What staff answer to a request to delete."""

    decision: str = Field(title="答复", min_length=2, max_length=200)


class ChangePasswordForm(Form):
    """修改余额密码."""

    original: str = Field(title="原密码", max_length=20)
    new: str = Field(title="新密码", max_length=20)
    repeated: str = Field(title="确认新密码", max_length=20)


class ForgottenPasswordForm(Form):
    """忘记余额密码."""

    id_number: Document = Field(title="身份证号")
    code: Code
    new: str = Field(title="新密码", max_length=20)
    repeated: str = Field(title="确认新密码", max_length=20)


class PatientForm(Form):
    """建档."""

    form_key: FormKey = ""
    name: Name
    phone: Phone
    id_number: Document = Field("", title="身份证号")
    sex: Sex = Field(Sex.UNKNOWN, title="性别")
    birthday: date | None = Field(None, title="出生日期")


class ChangePatientForm(PatientForm):
    """修改资料; the version is that of the row the form showed. Numbers left empty stay as they are."""

    phone: Phone = Field("", title="手机号")
    version: int = Field(title="版本", ge=1)


class EndBindingForm(Form):
    """解除绑定 by staff."""

    why: str = Field(title="原因", min_length=2, max_length=100)


class IssuePasswordForm(Form):
    """发放余额密码."""

    form_key: FormKey = ""
    by_sms: str = Field("", title="短信发送", max_length=1)


class ReplyForm(Form):
    """An answer to keywords."""

    form_key: FormKey = ""
    keywords: str = Field(title="关键词", max_length=400)
    match: Match = Field(title="匹配方式")
    kind: AnswerKind = Field(title="回复方式")
    title: str = Field("", title="卡片标题", max_length=60)
    answer: str = Field("", title="回复内容", max_length=600)
    entry: str = Field("", title="打开的页面", max_length=20)
    position: int = Field(100, title="排序", ge=0, le=9999)
    is_active: bool = Field(False, title="启用")
    version: int = Field(1, title="版本", ge=1)
