"""Input of joining, and of what staff decide about distributors."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field

from wxapp.core.forms import Form, FormKey
from wxapp.patients.forms import Code, Name, Phone


def _is_agreed(text: str) -> str:
    if text != "1":
        raise ValueError("请先阅读并同意《分销员协议》")
    return text


class JoinForm(Form):
    """成为分销员."""

    once: str = Field(title="表单", min_length=8, max_length=40)
    name: Name
    phone: Phone
    code: Code
    invitation: str = Field("", title="邀请码", max_length=40)
    agreement_version: str = Field(title="协议版本", max_length=20)
    agreed: Annotated[str, AfterValidator(_is_agreed)] = Field("", title="同意", validate_default=True)


# --- staff -----------------------------------------------------------------------------------------------------------


class ApproveForm(Form):
    form_key: FormKey = ""


class ReasonForm(Form):
    """Why an application is refused, or a distributor frozen, freed or closed."""

    form_key: FormKey = ""
    reason: str = Field(title="原因", min_length=2, max_length=100)


class MoveForm(Form):
    """变更上级; an empty inviter means none. The version is that of the row the page showed."""

    form_key: FormKey = ""
    inviter: str = Field("", title="新上级的邀请码", max_length=40)
    reason: str = Field(title="变更原因", min_length=2, max_length=200)
    version: int = Field(title="版本", ge=1)


class CorrectForm(Form):
    """更正资料; what is left empty stays as it is. The version is that of the row the page showed."""

    form_key: FormKey = ""
    name: Name | None = Field(None, title="真实姓名")
    phone: Phone | None = Field(None, title="手机号")
    reason: str = Field(title="更正原因", min_length=2, max_length=200)
    version: int = Field(title="版本", ge=1)


class AgreementForm(Form):
    """A new version of 《分销员协议》."""

    form_key: FormKey = ""
    text: str = Field(title="协议内容", min_length=20, max_length=8000)
    valid_from: date = Field(title="生效日期")
