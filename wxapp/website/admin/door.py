"""What the modules of this folder share: the blueprint, and how their forms are read and shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import request

from wxapp.admin.cells import Badge, Column
from wxapp.admin.fields import refusal
from wxapp.admin.interface import Interfaces
from wxapp.core import clock, files
from wxapp.core.forms import Form
from wxapp.website import rules

blueprint = Interfaces("website", "wxapp.website")
interface = blueprint.interface

SCHEDULE_HELP = {
    "is_published": "不勾选则保存为草稿，只有员工可以预览",
    "visible_from": "不填则发布后立即展示",
    "visible_until": "不填则一直展示；到时自动从页面消失",
}
STATES = {
    "draft": Badge("草稿", "grey"),
    "waiting": Badge("待展示", "blue"),
    "shown": Badge("展示中", "green"),
    "over": Badge("已结束", "grey"),
}


def state_column() -> Column:
    return Column("state", "状态", "badge", badges=STATES)


def state_of(row: Any) -> str:
    """Say what patients see of a row at this moment, as a key of STATES."""
    return _state(row.is_published, row.visible_from, row.visible_until, now=clock.now())


def _state(is_published: bool, since: datetime | None, until: datetime | None, *, now: datetime) -> str:
    if not is_published:
        return "draft"
    if rules.is_visible(is_published=True, since=since, until=until, now=now):
        return "shown"
    return "over" if until is not None and until <= now else "waiting"


def values_of(row: Any, form: type[Form]) -> dict[str, Any]:
    """Return what a form shows of a row."""
    return {name: getattr(row, name) for name in form.model_fields if hasattr(row, name)}


def new_pictures(by: str) -> list[str]:
    """Keep the uploaded pictures and return their names, in the order in which they were chosen.

    :raises Invalid: one of them is no picture, or too large; none is kept
    """
    chosen = [upload for upload in request.files.getlist("picture") if upload.filename]
    read = [(files.read_picture(upload.stream), upload.filename or "") for upload in chosen[: rules.MAX_PICTURES + 1]]
    return [files.keep_picture(picture, name=name, by=by).token for picture, name in read]


def new_picture(by: str) -> str | None:
    """Keep the uploaded picture and return its name; None when there was none."""
    return next(iter(new_pictures(by)), None)


def picture_error() -> str:
    back = refusal()
    return back.errors.get("picture", "") if back else ""
