"""Staff pages: files that devices left, above all those that could not be matched (设备导入)."""

from __future__ import annotations

from flask import url_for

from wxapp.admin import audit, dashboard, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.audit import looked_at
from wxapp.admin.cells import Badge, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff, remember_names
from wxapp.admin.tables import Action, Table
from wxapp.core import clock
from wxapp.core.errors import Invalid
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.uploads import registry
from wxapp.uploads.queries import path_of
from wxapp.visits.admin.door import interface
from wxapp.visits.admin.exams import exam_url
from wxapp.visits.diagnostics_forms import MatchForm, WhyForm
from wxapp.visits.models import DeviceFile, ExamKind, FileStatus
from wxapp.visits.queries import get_visit
from wxapp.visits.queries.device_files import (
    device_files,
    get_device_file,
    here_on,
    visits_of_number,
    waiting_files,
)
from wxapp.visits.services import device_files as services

STATES = {
    FileStatus.PARKED: Badge(FileStatus.PARKED.label, "amber"),
    FileStatus.MATCHED: Badge(FileStatus.MATCHED.label, "green"),
    FileStatus.UNREADABLE: Badge(FileStatus.UNREADABLE.label, "red"),
    FileStatus.DISCARDED: Badge(FileStatus.DISCARDED.label, "grey"),
}

registry.may_see("device_file", lambda staff, _file_id: staff.may(Permission.DIAGNOSTICS_WRITE))


def file_url(file_id: int) -> str:
    return url_for("visits_admin.device_file_page", file_id=file_id)


LIST = Table(
    "visits.device_files",
    title="设备文件",
    columns=(
        Column("name", "文件名", link=lambda row: file_url(row.id)),
        Column("kind", "检查类别", value=lambda row: row.kind.label),
        Column("number", "识别到的编号", kind="code"),
        Column("status", "状态", kind="badge", badges=STATES),
        Column("reason", "说明"),
        Column("found_at", "导入时间", kind="moment", sort=(DeviceFile.found_at, DeviceFile.id)),
    ),
    filters=(
        Filter("status", "状态", kind="choice", choices=[(one.value, one.label) for one in FileStatus]),
        Filter("kind", "检查类别", kind="choice", choices=[(one.value, one.label) for one in ExamKind]),
    ),
    actions=(
        Action("匹配", lambda row: file_url(row.id), when=lambda row: row.status is FileStatus.PARKED),
        Action("查看", lambda row: file_url(row.id), when=lambda row: row.status is not FileStatus.PARKED),
    ),
    sort="-found_at",
    key=DeviceFile.id,
    empty="没有待处理的设备文件",
    is_exportable=False,
)


@interface("physical.devices", GET="/pc/physical/devices", permission=Permission.DIAGNOSTICS_WRITE)
def device_file_list() -> Page:
    """Files of devices that wait for somebody; by filter also what became of the others."""
    return Page("visits/admin/device_files.html", table=LIST.load(device_files))


@interface("physical.device", GET="/pc/physical/devices/<int:file_id>", permission=Permission.DIAGNOSTICS_WRITE)
def device_file_page(file_id: int) -> Page:
    """One file with its picture, and a form to say whose it is; the look is logged."""
    file = get_device_file(file_id)
    looked_at("device_file", file.id, "设备图片")
    remember_names([file.handled_by])
    is_parked = file.status is FileStatus.PARKED
    here = here_on(clock.today()) if is_parked else []
    options = {"visit_id": [(str(visit.id), f"{name}　{visit.visit_no}") for visit, name in here]}
    return Page(
        "visits/admin/device_file.html",
        file=file,
        _state=STATES[file.status],
        _path=path_of(file.upload_id) if file.upload_id is not None else "",
        _form=ShownForm(MatchForm, values={"number": file.number}, options=options),
        _why=ShownForm(WhyForm),
        _visit=get_visit(file.visit_id) if file.visit_id is not None else None,
        _visit_url=exam_url(file.visit_id) if file.visit_id is not None else "",
        _can_match=is_parked,
        _can_discard=file.status in (FileStatus.PARKED, FileStatus.UNREADABLE),
        _can_take_back=file.status is FileStatus.MATCHED,
    )


@interface(
    "physical.match_device",
    POST="/pc/physical/devices/<int:file_id>/match",
    permission=Permission.DIAGNOSTICS_WRITE,
    audit="匹配设备图片",
    form_page=device_file_page,
)
def match_device_file(file_id: int) -> Done:
    """Put a parked picture into a visit, named by its number or chosen from today's."""
    form = read_form(MatchForm)
    visit = get_visit(form.visit_id or _visit_of(form.number), seen_by=current_staff())
    services.match_file(file_id, visit.id, by=current_staff().actor)
    audit.about(f"visit:{visit.id}", f"设备文件{file_id}")
    kind = get_device_file(file_id).kind
    return Done("已匹配到该客户", location=f"{exam_url(visit.id)}#{kind.value}")


def _visit_of(number: str) -> int:
    if not number:
        raise Invalid({"visit_id": "请选择客户或填写编号"})
    found = visits_of_number(number.upper())
    if not found:
        raise Invalid({"number": f"没有编号为{number}且已到店的到院单"})
    if len(found) > 1:
        raise Invalid({"number": "有多张进行中的到院单，请从今日到店客户中选择"})
    return found[0].id


@interface(
    "physical.unmatch_device",
    POST="/pc/physical/devices/<int:file_id>/unmatch",
    permission=Permission.DIAGNOSTICS_WRITE,
    audit="取消匹配设备图片",
    form_page=device_file_page,
)
def unmatch_device_file(file_id: int) -> Done:
    """Take a picture out of a visit to which it does not belong."""
    form = read_form(WhyForm)
    services.unmatch_file(file_id, why=form.why, by=current_staff().actor)
    audit.about(f"device_file:{file_id}", form.why)
    return Done("已取消匹配，请重新选择客户", location=file_url(file_id))


@interface(
    "physical.discard_device",
    POST="/pc/physical/devices/<int:file_id>/discard",
    permission=Permission.DIAGNOSTICS_WRITE,
    audit="作废设备文件",
    form_page=device_file_page,
)
def discard_device_file(file_id: int) -> Done:
    """Put a file aside that is nobody's picture."""
    form = read_form(WhyForm)
    services.discard_file(file_id, why=form.why, by=current_staff().actor)
    audit.about(f"device_file:{file_id}", form.why)
    return Done("已作废", location=url_for("visits_admin.device_file_list"))


def _waiting(count: int) -> dashboard.Card | None:
    if not count:
        return None
    told = "设备上传后未能自动匹配"
    return dashboard.Card(
        "设备图片待匹配", str(count), told, url_for("visits_admin.device_file_list"), "photo", "attention"
    )


dashboard.dashboard_counts(32, Permission.DIAGNOSTICS_WRITE, lambda: [waiting_files()], _waiting)
menu.entry("医技科", "设备导入", "visits_admin.device_file_list", Permission.DIAGNOSTICS_WRITE, 20)
