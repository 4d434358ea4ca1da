"""Input of the staff pages."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from wxapp.core.forms import Form, FormKey
from wxapp.core.permissions import Permission


class _Passwords(Form):
    """Forms whose texts are taken as they were typed."""

    model_config = Form.model_config | {"str_strip_whitespace": False}


def _without_comma(value: str) -> str:
    # Names are joined by commas on the wire of the hospital's other programs.
    if "," in value:
        raise ValueError("姓名中不能有英文逗号")
    return value


Key = Annotated[int, Field(ge=1, le=2**53)]
Name = Annotated[str, AfterValidator(_without_comma)]


class LogInForm(_Passwords):
    username: str = Field(title="账号", max_length=100)
    password: str = Field(title="密码", max_length=200)
    code: str = Field("", title="动态验证码", max_length=40)
    next: str = Field("", title="登录后前往", max_length=500)


class CodeForm(Form):
    code: str = Field(title="动态验证码", max_length=40)
    next: str = Field("", title="登录后前往", max_length=500)


class PasswordForm(_Passwords):
    old: str = Field(title="原密码", max_length=200)
    new: str = Field(title="新密码", max_length=200)
    again: str = Field(title="再输一次新密码", max_length=200)


class TotpForm(Form):
    code: str = Field(title="6位验证码", max_length=10)


class ReplaceTotpForm(_Passwords):
    password: str = Field(title="当前密码", max_length=200)


class MemberForm(Form):
    """A new member; the user name can't be changed later."""

    form_key: FormKey = ""
    username: str = Field(title="账号", max_length=40)
    name: Name = Field(title="姓名", max_length=40)
    phone: str = Field("", title="手机号", max_length=11, pattern=r"^(1[3-9]\d{9})?$")
    role_ids: tuple[Key, ...] = Field((), title="角色", max_length=30)


class MemberChangeForm(Form):
    name: Name = Field(title="姓名", max_length=40)
    phone: str = Field("", title="手机号", max_length=11, pattern=r"^(1[3-9]\d{9})?$")
    role_ids: tuple[Key, ...] = Field((), title="角色", max_length=30)
    version: int


class FirstPasswordForm(Form):
    """A new first password asks nothing more."""

    form_key: FormKey = ""


class RoleForm(Form):
    form_key: FormKey = ""
    label: str = Field(title="角色名称", max_length=40)
    permissions: tuple[Permission, ...] = Field((), title="权限", max_length=200)
    requires_totp: bool = Field(False, title="要求两步验证")
    version: int = 1
