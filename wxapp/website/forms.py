"""Input of the website's staff pages."""

from __future__ import annotations

from pydantic import Field

from wxapp.core.forms import Form, FormKey


class PhysicianForm(Form):
    """专家介绍."""

    form_key: FormKey = ""
    name: str = Field(title="姓名", max_length=30)
    department: str = Field(title="科室", max_length=40)
    title: str = Field(title="职称", max_length=20)
    good_at: str = Field("", title="擅长", max_length=200)
    profile: str = Field("", title="医生简介", max_length=5000)
    position: int = Field(100, title="排序", ge=0, le=9999)
    is_shown: bool = Field(False, title="在主页展示")
    version: int = Field(1, title="版本", ge=1)
