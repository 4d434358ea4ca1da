"""Input of the pages of 医院配置."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from wxapp.core.forms import Form, FormKey
from wxapp.core.money import parse_yuan
from wxapp.hospital.models import CodeKind, MethodKind


def _parse_percent(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return parse_yuan(value.removesuffix("%").strip())  # hundredths of a percent
    except ValueError:
        raise ValueError("请填写百分数，最多两位小数，例如 80 或 82.5") from None


def _parse_price(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return parse_yuan(value)
    except ValueError:
        raise ValueError("金额格式不正确，例如 128 或 128.50") from None


def _parse_periods(value: object) -> object:
    if not isinstance(value, str):
        return value
    words = value.replace("、", " ").replace(",", " ").replace("，", " ").split()
    if not all(word.isascii() and word.isdigit() and len(word) <= 3 for word in words):
        raise ValueError("期数请用空格分开，例如 6 12 24")
    return " ".join(words)


def _is_share(basis_points: int) -> int:
    if not 0 <= basis_points <= 10_000:
        raise ValueError("百分数应在0至100之间")  # as it was typed, not as it is kept
    return basis_points


def _is_price(fen: int) -> int:
    if not 0 <= fen <= MOST_FEN:
        raise ValueError(f"金额应在0至{MOST_FEN // 100}元之间")
    return fen


MOST_FEN = 100_000_000
Percent = Annotated[int, BeforeValidator(_parse_percent), AfterValidator(_is_share)]
"""Typed in percent, handed on in basis points."""
Price = Annotated[int, BeforeValidator(_parse_price), AfterValidator(_is_price)]
"""Typed in yuan, handed on in fen; nothing is a price, too."""
Key = Annotated[int, Field(ge=0, le=2**53)]
Position = Annotated[int, Field(ge=0, le=9999)]
Version = Annotated[int, Field(ge=0, le=2**31)]


class CategoryForm(Form):
    form_key: FormKey = ""
    version: Version = 0
    name: str = Field(title="分类名称", max_length=40)
    position: Position = Field(100, title="排序")
    is_active: bool = Field(False, title="启用")


class ProjectForm(Form):
    """A project without its price."""

    version: Version = 0
    name: str = Field(title="项目名称", max_length=60)
    category_id: Key = Field(title="分类")
    operation_name: str = Field("", title="手术名称", max_length=60)
    english_name: str = Field("", title="英文名", max_length=80)
    share: Percent = Field(0, title="提成比例")
    exam_kinds: tuple[str, ...] = Field((), title="需要的检查", max_length=10)
    is_active: bool = Field(False, title="启用")


class NewProjectForm(ProjectForm):
    """A project with its code and first price."""

    form_key: FormKey = ""
    code: str = Field("", title="编码", max_length=10)
    price: Price = Field(title="价格")


class PriceForm(Form):
    form_key: FormKey = ""
    version: Version = 0
    price: Price = Field(title="新价格")
    valid_from: date | None = Field(None, title="生效日期", ge=date(2020, 1, 1), le=date(2199, 12, 31))


class ImportForm(Form):
    is_trial: bool = Field(False, title="只检查，不保存")


class FloorForm(Form):
    form_key: FormKey = ""
    role: str = Field(title="角色", max_length=40)
    category_id: Key = Field(0, title="分类")
    floor: Percent = Field(title="最低可到原价的百分之几")


class FloorChangeForm(Form):
    """Of a line in the list. Its field has a name of its own: the form for a further floor is on the same page."""

    version: Version = 0
    new_floor: Percent = Field(title="最低可到原价的百分之几")


class VersionForm(Form):
    """A button about a row as the page showed it."""

    form_key: FormKey = ""
    version: Version = 0


class MethodForm(Form):
    form_key: FormKey = ""
    version: Version = 0
    name: str = Field(title="名称", max_length=30)
    kind: MethodKind = Field(title="类型")
    periods: Annotated[str, BeforeValidator(_parse_periods)] = Field("", title="可选期数", max_length=80)
    least: Price = Field(1, title="最低金额")
    most: Price = Field(MOST_FEN, title="最高金额")
    fee_by: str = Field("", title="手续费承担方", max_length=20)
    position: Position = Field(100, title="排序")
    is_active: bool = Field(False, title="启用")


class DepartmentForm(Form):
    version: Version = 0
    label: str = Field(title="名称", max_length=30)
    roles: tuple[str, ...] = Field((), title="可以上传的角色", max_length=30)
    pictures_needed: int = Field(0, title="需要的张数", ge=0, le=50)
    for_first_visits: bool = Field(False, title="初诊必做")
    import_folder: str = Field("", title="设备导入文件夹", max_length=200)
    import_pattern: str = Field("", title="文件名规则", max_length=120)
    position: Position = Field(100, title="排序")
    is_active: bool = Field(False, title="启用")


class WorkstationForm(Form):
    version: Version = 0
    name: str = Field(title="名称", max_length=40)
    room: str = Field("", title="房间", max_length=40)
    staff_id: Key | None = Field(None, title="使用人")
    camera: str = Field("", title="摄像头", max_length=60)
    telephone: str = Field("", title="电话线路", max_length=20, pattern=r"^[0-9+*# -]*$")
    is_active: bool = Field(False, title="启用")


class NewWorkstationForm(WorkstationForm):
    form_key: FormKey = ""
    machine: str = Field(title="机器码", max_length=40, pattern=r"^[A-Za-z0-9_.:-]+$")


class CodeForm(Form):
    version: Version = 0
    label: str = Field(title="名称", max_length=40)
    position: Position = Field(100, title="排序")
    is_active: bool = Field(False, title="启用")


class NewCodeForm(CodeForm):
    form_key: FormKey = ""
    kind: CodeKind = Field(title="列表")
    code: int = Field(title="编号", ge=0, le=9999)


class MediaForm(Form):
    """The settings of videos and recordings; what may be typed is checked by the settings themselves."""

    seen: str = Field("", title="打开页面时的设置", max_length=64)
    video_folder: str = Field("", title="视频存放文件夹", max_length=100)
    recording_folder: str = Field("", title="录音存放文件夹", max_length=100)
    video_formats: tuple[str, ...] = Field((), title="视频格式", max_length=10)
    recording_formats: tuple[str, ...] = Field((), title="录音格式", max_length=10)
    video_megabytes: str = Field("", title="单个视频最大", max_length=10)
    recording_megabytes: str = Field("", title="单个录音最大", max_length=10)
    video_days: str = Field("", title="视频保存天数", max_length=10)
    recording_days: str = Field("", title="录音保存天数", max_length=10)
    play_roles: tuple[str, ...] = Field((), title="可以播放的角色", max_length=30)
    download_roles: tuple[str, ...] = Field((), title="可以下载的角色", max_length=30)
    watermark: bool = Field(False, title="播放时加水印（观看人姓名和时间）")
    consent_text: str = Field("", title="录制同意书", max_length=2000)
