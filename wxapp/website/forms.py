"""Input of the website's staff pages."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field, field_validator

from wxapp.core import clock, richtext
from wxapp.core.forms import Form, FormKey


class PhysicianForm(Form):
    """专家介绍."""

    form_key: FormKey = ""
    name: str = Field(title="姓名", max_length=30)
    department: str = Field(title="科室", max_length=40)
    title: str = Field(title="职称", max_length=20)
    academic_titles: str = Field("", title="学术职务", max_length=100)
    good_at: str = Field("", title="擅长", max_length=200)
    profile: str = Field("", title="医生简介", max_length=8_000)
    position: int = Field(100, title="排序", ge=0, le=9999)
    is_shown: bool = Field(False, title="在主页展示")
    version: int = Field(1, title="版本", ge=1)


class _ScheduledForm(Form):
    form_key: FormKey = ""
    is_published: bool = Field(False, title="发布")
    visible_from: datetime | None = Field(None, title="开始展示")
    visible_until: datetime | None = Field(None, title="结束展示")
    version: int = Field(1, title="版本", ge=1)

    @field_validator("visible_from", "visible_until", mode="before")
    @classmethod
    def _read_moment(cls, value: object) -> object:
        """Read what a field of date and time sends: the hospital's time without a zone."""
        if not isinstance(value, str):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("时间格式应如2026-01-31 08:00") from None
        if not 2000 <= moment.year < 2200:
            raise ValueError("时间应在2000年至2199年之间")
        return moment if moment.tzinfo else moment.replace(tzinfo=clock.HOSPITAL_ZONE)


class SlideForm(_ScheduledForm):
    """轮播图片."""

    title: str = Field(title="标题", max_length=40)
    target: str = Field("", title="点击后打开", max_length=200)
    path: str = Field("", title="其他页面的地址", max_length=200)
    position: int = Field(100, title="排序", ge=0, le=9999)


class EquipmentForm(_ScheduledForm):
    """先进设备."""

    name: str = Field(title="名称", max_length=60)
    summary: str = Field("", title="简短说明", max_length=200)
    remove: tuple[str, ...] = Field((), title="删除图片", max_length=20)
    body_html: str = Field("", title="详细介绍", max_length=richtext.MAX_LENGTH)
    position: int = Field(100, title="排序", ge=0, le=9999)


class ArticleForm(_ScheduledForm):
    """健康资讯."""

    title: str = Field(title="标题", max_length=60)
    category_id: int = Field(title="分类", ge=1)
    summary: str = Field("", title="摘要", max_length=200)
    body_html: str = Field("", title="正文", max_length=richtext.MAX_LENGTH)
    is_pinned: bool = Field(False, title="置顶")
    visible_from: datetime | None = Field(None, title="发布时间")


class CategoryForm(Form):
    """资讯分类."""

    form_key: FormKey = ""
    name: str = Field(title="名称", max_length=20)
    position: int = Field(100, title="排序", ge=0, le=9999)
    version: int = Field(1, title="版本", ge=1)


class SheetForm(Form):
    """医院简介、体检须知."""

    body_html: str = Field("", title="正文", max_length=richtext.MAX_LENGTH)
    version: int = Field(title="版本", ge=1)


class LayoutForm(Form):
    """首页楼层: all names from the top, the names of those that are shown, and what was moved by which button."""

    floors: tuple[str, ...] = Field(title="楼层", max_length=40)
    shown: tuple[str, ...] = Field((), title="展示", max_length=40)
    up: str = Field("", title="上移", max_length=40)
    down: str = Field("", title="下移", max_length=40)
    version: int = Field(title="版本", ge=1)
