"""Input of the pages about pictures and recording machines."""

from __future__ import annotations

from pydantic import Field

from wxapp.admin.wire import RowId, TextList, WireForm
from wxapp.core.forms import Form, FormKey
from wxapp.visits.models import ExamKind

MOST_PICTURES = 60


class PicturesForm(WireForm):
    """``physical.save_img``: the whole list of a kind."""

    id: RowId = Field(title="到院单")
    kind: ExamKind = Field(title="检查类别")
    images: TextList = Field((), title="图片", max_length=MOST_PICTURES)
    clear: bool = Field(False, title="清空")


class AddForm(WireForm):
    """Further pictures of a kind: sent before one by one, or as files with this form."""

    id: RowId = Field(title="到院单")
    kind: ExamKind = Field(title="检查类别")
    images: TextList = Field((), title="图片", max_length=MOST_PICTURES)
    form_key: FormKey = ""


class ArrangeForm(Form):
    """The pictures of a kind as the page showed them, their new places, and which are taken out."""

    id: RowId = Field(title="到院单")
    kind: ExamKind = Field(title="检查类别")
    picture: tuple[RowId, ...] = Field(title="图片", min_length=1, max_length=MOST_PICTURES)
    place: tuple[int, ...] = Field(title="顺序", max_length=MOST_PICTURES)
    out: tuple[RowId, ...] = Field((), title="移出的图片", max_length=MOST_PICTURES)


class MachineForm(WireForm):
    """``external.set_machine``. Name, phone and number are sent by old programs and looked up instead."""

    user_id: RowId = Field(title="客户")
    machine: str = Field(title="机器码", max_length=40)
    visit_id: RowId | None = Field(None, title="到院单")


class BindForm(Form):
    """The page's own form: a visit says who the patient is."""

    visit_id: RowId = Field(title="客户")
    machine: str = Field(title="电脑", max_length=40)


class ReleaseForm(Form):
    binding_id: RowId = Field(title="绑定")


class MatchForm(Form):
    """Whose a device's picture is: one of today's visits, or a number."""

    visit_id: RowId | None = Field(None, title="今日到店客户")
    number: str = Field("", title="到院编号或病历号", max_length=30)


class WhyForm(Form):
    why: str = Field(title="原因", max_length=60)
